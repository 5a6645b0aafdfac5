import { FileError, UsageError, mayBeKey } from './errors.js'
import { inputPieces, startOf, statInput } from './input.js'
import type { Terminal } from './terminal.js'

/** Bytes that a key may take. */
const KEY_FILE_MAX = 65_536

/** A CI variable without a value is as good as none. */
export function environment(name: string): string | undefined {
  const text = process.env[name]
  return text === undefined || text.trim() === '' ? undefined : text
}

export async function keyText(file: string, flag: string, hint: string, most: number = KEY_FILE_MAX): Promise<string> {
  return Buffer.from(await readKeyFile(file, flag, hint, most)).toString('utf8')
}

/**
 * The text of a regular file as it stands, with its byte order mark, so that it can be written back.
 *
 * @throws FileError where it is not UTF-8 as well
 */
export async function exactText(file: string, flag: string, hint: string, most: number): Promise<string> {
  const bytes = await underFlag(file, flag, hint, async () => readRegular(file, most))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new FileError(`${file} is not UTF-8: save it as UTF-8`)
  }
}

export async function readKeyFile(file: string, flag: string, hint: string, most: number = KEY_FILE_MAX): Promise<Uint8Array> {
  return underFlag(file, flag, hint, async () => readSmall(file, most))
}

/** Whoever passes a key where its file's name belongs must not find it in a log. */
async function underFlag(file: string, flag: string, hint: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
  if (/-----BEGIN|^\s*\{|\n/.test(file)) throw new UsageError(`${flag} takes the name of a file, not the key itself`)
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (mayBeKey(file)) {
      throw new UsageError(`${flag} takes the name of a file, and there is none of this one (not shown, for it may be a key)`)
    }
    throw new FileError(`${error.message}; ${hint}`, { cause: error })
  }
}

/** A regular file of at most so many bytes: what is none may keep its reader waiting, or never end. */
export async function readRegular(file: string, most: number): Promise<Uint8Array> {
  const stats = await statInput(file)
  if (stats.isFile() || stats.isDirectory()) return readSmall(file, most)
  throw new FileError(`cannot read ${file}: it is neither a file nor a link to one`)
}

/** A file of at most 64 KiB, or so many bytes; `-` is one of that name, never stdin. */
export async function readSmall(file: string, most: number = KEY_FILE_MAX): Promise<Uint8Array> {
  const pieces = inputPieces(file === '-' ? './-' : file)
  const bytes = await startOf(pieces, most + 1).finally(async () => pieces.return())
  if (bytes.length > most) throw new FileError(`${file} is larger than ${most} bytes, the most that is read of such a file`)
  return bytes
}

/** Windows keeps no such bits; pipes, as of a shell's `<(command)`, are nobody else's. */
export async function warnIfOpen(file: string, terminal: Terminal): Promise<void> {
  if (process.platform === 'win32') return
  const stats = await statInput(file)
  if (stats.isFile() && (stats.mode & 0o077) !== 0) terminal.warn(`${file} can be read by other users: run chmod 600 on it`)
}
