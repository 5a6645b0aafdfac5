import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvelopeError } from '../index.js'
import { folderStorage } from '../node.js'
import { FileError, fileError } from './errors.js'
import { PIECE, counted, plainFilePieces, statInput } from './input.js'
import { tally } from './progress.js'
import type { Progress } from '../index.js'
import type { HaveFile, ManifestFile } from '../manifest.js'

/** How a folder differs from a release, by paths in their order. */
export interface FolderDifferences {
  readonly missing: readonly string[]
  /** Of another size or content, or no file. */
  readonly damaged: readonly string[]
  readonly extra: readonly string[]
}

/** Something in a folder that is no folder. */
interface FoundFile {
  /** Below the folder, in NFC, with forward slashes. */
  readonly path: string
  readonly place: string
  /** Bytes; -1 for links and special files. */
  readonly size: number
}

/**
 * Where the files of a folder's release lie: of one that `otaseal manifest apply` has written, the installed release; else it is the
 * release itself, which may have a file that is named as the record of the installed one.
 *
 * @throws EnvelopeError `bad-storage`; FileError
 */
async function releaseFolder(folder: string): Promise<string> {
  if (!(await statInput(folder)).isDirectory()) throw new FileError(`${folder} is no folder: pass the one with the files of a release`)
  const storage = folderStorage(folder)
  const installed = await storage.installed().catch(async (error: unknown) => {
    if (!(error instanceof EnvelopeError)) throw fileError('read', folder, error)
    if ((await storage.releases()).length > 0) throw error
    return undefined
  })
  return installed === undefined ? folder : storage.releasePath(installed.releaseId)
}

/** The files of a folder, for a plan; what is no file has no content. */
export async function haveOf(folder: string): Promise<readonly HaveFile[]> {
  const have: HaveFile[] = []
  for (const { path, place, size } of await filesIn(await releaseFolder(folder))) have.push({ path, sha256: size < 0 ? '' : await digestOf(place) })
  return have
}

/** Compares names, sizes and SHA-256 of all that is in a folder with the files of a release. */
export async function differencesIn(folder: string, files: readonly ManifestFile[], onProgress: (progress: Progress) => void): Promise<FolderDifferences> {
  const there = new Map((await filesIn(await releaseFolder(folder))).map((file) => [file.path, file]))
  const onPiece = tally(files.reduce((sum, { size }) => sum + size, 0), onProgress)
  const missing: string[] = []
  const damaged: string[] = []
  for (const { path, size, sha256 } of files) {
    const found = there.get(path)
    there.delete(path)
    if (found === undefined) missing.push(path)
    else if (found.size !== size || (await digestOf(found.place, onPiece)) !== sha256) damaged.push(path)
  }
  return { missing, damaged, extra: [...there.keys()].sort() }
}

/** All that lies in a folder and those in it. */
async function filesIn(folder: string, prefix = ''): Promise<readonly FoundFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read', folder, error)
  })
  const found: FoundFile[] = []
  for (const entry of entries) {
    const place = join(folder, entry.name)
    const path = prefix + entry.name.normalize('NFC')
    if (entry.isDirectory()) for (const file of await filesIn(place, `${path}/`)) found.push(file)
    else found.push({ path, place, size: entry.isFile() ? await sizeOf(place) : -1 })
  }
  return found
}

async function sizeOf(place: string): Promise<number> {
  const { size } = await lstat(place).catch((error: unknown) => {
    throw fileError('read', place, error)
  })
  return size
}

const memory = new Uint8Array(PIECE)

/** Hex SHA-256 of a file; tells the length of each piece. */
async function digestOf(place: string, onPiece: (length: number) => void = () => undefined): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of counted(plainFilePieces(place, memory), onPiece)) hash.update(piece)
  return hash.digest('hex')
}
