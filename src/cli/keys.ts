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

/** @throws EnvelopeError, FileError, UsageError */
export async function privateKeys(
  files: readonly string[] | undefined,
  flags: PassphraseFlags,
  terminal: Terminal,
): Promise<PrivateKeySource> {
  const text = environment('OTASEAL_PRIVATE_KEY')
  if (files === undefined && text !== undefined) return { keys: await unlockKeys([text], flags, terminal), files: [] }
  const chosen = files ?? [PRIVATE_KEY_FILE]
  const hint = 'make one with `otaseal keygen`, pass --key FILE, or set OTASEAL_PRIVATE_KEY'
  const keys = await Promise.all(chosen.map(async (file) => keyText(file, '--key', hint)))
  for (const file of chosen) await warnIfOpen(file, terminal)
  return { keys: await unlockKeys(keys, flags, terminal), files: chosen }
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
