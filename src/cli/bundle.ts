import { basename, resolve } from 'node:path'
import { UsageError } from './errors.js'
import { packFolder } from './folder.js'
import { counted, inputName, inputPieces, statInput } from './input.js'
import { isSameFile, refuseInside } from './output.js'
import { tally } from './progress.js'
import { refuseSecretName, withoutSecret } from './secret-files.js'
import type { Stats } from 'node:fs'
import type { Progress } from '../index.js'
import type { Pieces } from './input.js'
import type { Target } from './output.js'

/** What is to be encrypted: a file, a folder, or stdin. */
export interface Bundle {
  readonly path: string
  readonly isFolder: boolean
  /** Of a file or folder. */
  readonly stats: Stats | undefined
}

const NO_KEYS = 'a private key must never be in a bundle'

/** @throws FileError where there is none */
export async function bundleAt(path: string): Promise<Bundle> {
  const stats = path === '-' ? undefined : await statInput(path)
  return { path, stats, isFolder: stats?.isDirectory() === true }
}

/** The name of what becomes of a bundle, beside it; stdout where it comes from stdin. */
export function outputBeside(path: string, ending: string): string {
  if (path === '-') return '-'
  const trimmed = path.replace(/(?<=.)[/\\]+$/, '')
  return `${['.', '..'].includes(basename(trimmed)) ? resolve(path) : trimmed}${ending}`
}

/** Refuses private keys in place of a bundle or in it, and a result in the folder that is packed. */
export async function checkBundle({ path, isFolder }: Bundle, target: Target, secretFiles: readonly string[]): Promise<void> {
  if (!isFolder) {
    refuseSecretName(path)
    if (secretFiles.some((file) => isSameFile(file, path))) throw new UsageError(`${path} is the key: ${NO_KEYS}`)
    return
  }
  if (target.path !== '-') await refuseInside(path, target.path, 'pass -o FILE with a place outside')
  for (const file of secretFiles) await refuseInside(path, file, NO_KEYS)
}

/** The bytes of a file or of stdin, or a folder as a ZIP file. */
export async function bundlePieces({ path, isFolder, stats }: Bundle, onProgress: (progress: Progress) => void): Promise<Pieces> {
  if (isFolder) return packFolder(path, onProgress)
  const size = stats?.isFile() === true ? stats.size : Infinity
  return counted(withoutSecret(inputName(path), inputPieces(path)), tally(size, onProgress))
}
