import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EnvelopeError, encryptManifestForCapgo } from '../capgo.js'
import { writeWhole } from '../node/temporary-file.js'
import { inCommands } from './capgo-words.js'
import { FileError, UsageError, fileError } from './errors.js'
import { folderFiles } from './folder.js'
import { PIECE, plainFilePieces, statInput } from './input.js'
import { exists, refuseInside } from './output.js'
import { withoutSecret } from './secret-files.js'
import type { CapgoFile } from '../capgo.js'
import type { CapgoEncryptedFile, FileOutput } from '../node.js'
import type { Bundle } from './bundle.js'
import type { PluginForm } from './capgo-version.js'
import type { Target } from './output.js'
import type { Terminal } from './terminal.js'

/** A release as a ZIP and file by file. */
export interface Release {
  readonly bundle: Bundle
  /** Of the encrypted ZIP. */
  readonly target: Target
  /** Of the encrypted files. */
  readonly folder: string
}

/** How its files are encrypted. */
interface Plan extends PluginForm {
  readonly privateKey: string
  readonly signal: AbortSignal
  readonly terminal: Terminal
}

const LIST = 'manifest.json'

/** Refuses before the work begins what would be refused after it. */
export async function checkManifestFolder({ bundle, folder, target }: Release, { pluginVersions }: PluginForm): Promise<void> {
  if (pluginVersions.length > 1) throw new UsageError(`the files of --manifest are for one plugin, not for ${pluginVersions.join(' and ')}: pass --plugin-version`)
  if (!bundle.isFolder) throw new UsageError('--manifest is for a folder, whose files devices can load one by one')
  if (target.path === '-') throw new UsageError('with --manifest the encrypted ZIP is written to a file only: pass -o FILE')
  if (resolve(folder) === resolve(target.path)) throw new UsageError('--manifest is a folder and --output a file: pass two names')
  if (exists(folder)) throw new FileError(`${folder} exists already: pass another --manifest FOLDER`)
  await refuseInside(bundle.path, folder, 'pass --manifest FOLDER with a place outside')
}

/** What is in the folder. */
export interface EncryptedWithFiles extends CapgoEncryptedFile {
  readonly files: number
}

/** Both the ZIP and the folder of the files, or neither. */
export async function encryptWithFiles(
  { bundle, folder, target }: Release,
  encryptZip: (output: FileOutput) => Promise<CapgoEncryptedFile>,
  plan: Plan,
): Promise<EncryptedWithFiles> {
  const made = { isWhole: false }
  try {
    return await writeWhole(target.path, { overwrite: target.force, check: () => plan.signal.throwIfAborted() }, async (zip) => {
      const encrypted = await encryptZip(zip.write)
      const files = await writeFiles(bundle.path, folder, encrypted.sessionKey, plan)
      made.isWhole = true
      return { ...encrypted, files }
    })
  } catch (error) {
    if (made.isWhole) await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Makes the folder under another name, which it changes when it is complete. */
async function writeFiles(from: string, folder: string, sessionKey: string, plan: Plan): Promise<number> {
  const place = resolve(folder)
  const temporary = join(dirname(place), `.otaseal-${randomBytes(12).toString('hex')}.tmp`)
  try {
    await mkdir(temporary)
    const count = await encryptFiles(from, temporary, sessionKey, plan)
    plan.signal.throwIfAborted()
    await rename(temporary, place)
    return count
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (error instanceof EnvelopeError) throw new EnvelopeError(error.code, inCommands(error.message), { cause: error })
    throw fileError('write', folder, error)
  }
}

async function encryptFiles(from: string, to: string, sessionKey: string, plan: Plan): Promise<number> {
  const { privateKey, pluginVersions, checksumForm, signal, terminal } = plan
  const [pluginVersion] = pluginVersions
  const form = pluginVersion === undefined ? { checksumForm } : { pluginVersion }
  const { files } = await encryptManifestForCapgo(filesOf(from, terminal), { privateKey, sessionKey, signal, ...form })
  const list: object[] = []
  for await (const { file_name, file_hash, payload } of files) {
    // Of the encrypted bytes, which nobody can guess: a name that is safe to upload under.
    const file = createHash('sha256').update(payload).digest('hex')
    await writeFile(join(to, file), payload)
    list.push({ file_name, file_hash, file })
  }
  if (list.length === 0) throw new FileError(`${from} holds no file that devices can load by itself: leave --manifest out`)
  await writeFile(join(to, LIST), `${JSON.stringify(list, null, 2)}\n`)
  return list.length
}

/** All files that the delta form can hold; what it can't is told. */
async function* filesOf(folder: string, terminal: Terminal): AsyncGenerator<CapgoFile, void, undefined> {
  for (const { path, name } of await folderFiles(folder)) {
    const { size } = await statInput(path)
    if (size === 0) terminal.warn(`${path} is empty, and left out of the manifest: devices fail on such a file`)
    else if (name.endsWith('.br')) terminal.warn(`${path} ends in .br, and is left out of the manifest: devices would decompress it`)
    else yield { path: name, bytes: await contentOf(path) }
  }
}

async function contentOf(path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of withoutSecret(path, plainFilePieces(path, new Uint8Array(PIECE)))) parts.push(Buffer.from(piece))
  return Buffer.concat(parts)
}
