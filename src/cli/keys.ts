import { EnvelopeError } from '../index.js'
import { environment, keyText, readKeyFile, warnIfOpen } from './key-file.js'
import { unlockKeys } from './passphrase.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Terminal } from './terminal.js'

export const PRIVATE_KEY_FILE = '.otaseal_key'
export const SECRET_FILE = '.otaseal_secret'
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

function secretBytes(text: string, source: string): Uint8Array {
  const trimmed = text.trim()
  const bytes = Buffer.from(trimmed, 'base64url')
  if (secretText.test(trimmed) && bytes.toString('base64url') === trimmed) return bytes
  throw new EnvelopeError(
    'bad-key',
    `${source} holds no reader secret: it must be 43 characters of base64url, as \`otaseal keygen --type secret\` writes them, or 32 bytes`,
  )
}
