import { EnvelopeError } from '../index.js'
import { environment, keyText, warnIfOpen } from './key-file.js'
import { unlockKeys } from './passphrase.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Terminal } from './terminal.js'

export const PRIVATE_KEY_FILE = '.otaseal_key'
export const SECRET_FILE = '.otaseal_secret'
export const READER_FILE = '.otaseal_reader'
export const SECRET_SIZE = 32

const secretText = /^[A-Za-z0-9_-]{43}$/

/** Private keys, from the first source that is there: `--key`, OTASEAL_PRIVATE_KEY, the file that keygen writes; decrypted. */
export interface PrivateKeySource {
  readonly keys: readonly string[]
  /** Which files they came from. */
  readonly files: readonly string[]
}

/** Where a private key is that no flag names. */
interface KeyPlaces {
  readonly variable: string
  readonly file: string
  /** The command that makes one. */
  readonly maker: string
}

const places: KeyPlaces = { variable: 'OTASEAL_PRIVATE_KEY', file: PRIVATE_KEY_FILE, maker: 'otaseal keygen' }

/** @throws EnvelopeError, FileError, UsageError */
export async function privateKeys(
  files: readonly string[] | undefined,
  flags: PassphraseFlags,
  terminal: Terminal,
): Promise<PrivateKeySource> {
  const source = await keyTexts(files, places, terminal)
  return { ...source, keys: await unlockKeys(source.keys, flags, terminal) }
}

/**
 * The same as they are: from the files of `--key`, from the environment, or from the file that keygen writes.
 *
 * @throws FileError, UsageError
 */
export async function keyTexts(
  files: readonly string[] | undefined,
  { variable, file: usual, maker }: KeyPlaces,
  terminal: Terminal,
): Promise<PrivateKeySource> {
  const text = environment(variable)
  if (files === undefined && text !== undefined) return { keys: [text], files: [] }
  const chosen = files ?? [usual]
  const hint = `make one with \`${maker}\`, pass --key FILE, or set ${variable}`
  const keys = await Promise.all(chosen.map(async (file) => keyText(file, '--key', hint)))
  for (const file of chosen) await warnIfOpen(file, terminal)
  return { keys, files: chosen }
}

/** The secret in OTASEAL_READER_SECRET; `undefined` where it is not set. */
export function environmentSecret(): Uint8Array | undefined {
  const text = environment('OTASEAL_READER_SECRET')
  return text === undefined ? undefined : secretBytes(text, 'OTASEAL_READER_SECRET')
}

/** The 32 bytes of a secret as text; `source` is where it comes from. */
export function secretBytes(text: string, source: string): Uint8Array {
  const trimmed = text.trim()
  const bytes = Buffer.from(trimmed, 'base64url')
  if (secretText.test(trimmed) && bytes.toString('base64url') === trimmed) return bytes
  throw new EnvelopeError(
    'bad-key',
    `${source} holds no reader secret: it must be 43 characters of base64url, as \`otaseal keygen --type secret\` writes them, or 32 bytes`,
  )
}
