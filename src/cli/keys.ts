import { EnvelopeError } from '../index.js'
import { FileError, UsageError, mayBeKey } from './errors.js'
import { inputPieces, startOf, statInput } from './input.js'
import type { Terminal } from './terminal.js'

export const PRIVATE_KEY_FILE = '.otaseal_key'
export const SECRET_FILE = '.otaseal_secret'
export const SECRET_SIZE = 32

const KEY_FILE_MAX = 65_536
const secretText = /^[A-Za-z0-9_-]{43}$/

/** Private keys, from the first source that is there: `--key`, OTASEAL_PRIVATE_KEY, the file that keygen writes. */
export interface PrivateKeySource {
  readonly keys: readonly string[]
  /** Which files they came from. */
  readonly files: readonly string[]
}

/** @throws FileError, UsageError */
export async function privateKeys(files: readonly string[] | undefined, terminal: Terminal): Promise<PrivateKeySource> {
  const text = environment('OTASEAL_PRIVATE_KEY')
  if (files === undefined && text !== undefined) return { keys: [text], files: [] }
  const chosen = files ?? [PRIVATE_KEY_FILE]
  const hint = 'make one with `otaseal keygen`, pass --key FILE, or set OTASEAL_PRIVATE_KEY'
  const keys = await Promise.all(chosen.map(async (file) => keyText(file, '--key', hint)))
  for (const file of chosen) await warnIfOpen(file, terminal)
  return { keys, files: chosen }
}

/** Public keys from `--key` or OTASEAL_PUBLIC_KEY; `undefined` where neither is there. */
export async function publicKeys(files: readonly string[] | undefined): Promise<readonly string[] | undefined> {
  const text = environment('OTASEAL_PUBLIC_KEY')
  if (files === undefined) return text === undefined ? undefined : [text]
  return Promise.all(files.map(async (file) => keyText(file, '--key', 'pass the public key, for example .otaseal_key.pub')))
}

/** The 32 bytes of a file made by `otaseal keygen --type secret`. */
export async function readerSecret(file: string, terminal: Terminal): Promise<Uint8Array> {
  const bytes = await readKeyFile(file, '--reader', 'make one with `otaseal keygen --type secret`')
  await warnIfOpen(file, terminal)
  return bytes.length === SECRET_SIZE ? bytes : secretBytes(Buffer.from(bytes).toString('latin1'), file)
}

/** The secret in OTASEAL_READER_SECRET; `undefined` where it is not set. */
export function environmentSecret(): Uint8Array | undefined {
  const text = environment('OTASEAL_READER_SECRET')
  return text === undefined ? undefined : secretBytes(text, 'OTASEAL_READER_SECRET')
}

/** A CI variable without a value is as good as none. */
function environment(name: string): string | undefined {
  const text = process.env[name]
  return text === undefined || text.trim() === '' ? undefined : text
}

function secretBytes(text: string, source: string): Uint8Array {
  const trimmed = text.trim()
  const bytes = Buffer.from(trimmed, 'base64url')
  if (secretText.test(trimmed) && bytes.toString('base64url') === trimmed) return bytes
  throw new EnvelopeError(
    'bad-key',
    `${source} holds no reader secret: it must be 43 characters of base64url, as \`otaseal keygen --type secret\` writes them, or 32 bytes`,
  )
}

async function keyText(file: string, flag: string, hint: string): Promise<string> {
  return Buffer.from(await readKeyFile(file, flag, hint)).toString('utf8')
}

/** Whoever passes a key where its file's name belongs must not find it in a log. */
async function readKeyFile(file: string, flag: string, hint: string): Promise<Uint8Array> {
  if (/-----BEGIN|^\s*\{|\n/.test(file)) throw new UsageError(`${flag} takes the name of a file, not the key itself`)
  try {
    return await readSmall(file === '-' ? './-' : file)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (mayBeKey(file)) {
      throw new UsageError(`${flag} takes the name of a file, and there is none of this one (not shown, for it may be a key)`)
    }
    throw new FileError(`${error.message}; ${hint}`, { cause: error })
  }
}

async function readSmall(file: string): Promise<Uint8Array> {
  const pieces = inputPieces(file)
  const bytes = await startOf(pieces, KEY_FILE_MAX + 1).finally(async () => pieces.return())
  if (bytes.length > KEY_FILE_MAX) throw new FileError(`${file} is larger than ${KEY_FILE_MAX} bytes, the most that a key takes`)
  return bytes
}

/** Windows keeps no such bits; pipes, as of a shell's `<(command)`, are nobody else's. */
async function warnIfOpen(file: string, terminal: Terminal): Promise<void> {
  if (process.platform === 'win32') return
  const stats = await statInput(file)
  if (stats.isFile() && (stats.mode & 0o077) !== 0) terminal.warn(`${file} can be read by other users: run chmod 600 on it`)
}
