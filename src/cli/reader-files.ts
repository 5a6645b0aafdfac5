import { EnvelopeError, readerKid } from '../index.js'
import { readKeyFile, warnIfOpen } from './key-file.js'
import { SECRET_SIZE, environmentSecret, secretBytes } from './keys.js'
import { unlockKeys } from './passphrase.js'
import { naming } from './trust-file.js'
import type { DeviceReader, ReaderInput } from '../index.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Terminal } from './terminal.js'

/** Who may read, and which of their files are secret. */
export interface Recipients {
  readonly readers: readonly ReaderInput[]
  /** The kid of each of them. */
  readonly kids: readonly string[]
  readonly secretFiles: readonly string[]
  readonly publicFiles: readonly string[]
}

/** What a reader's file holds. */
type Content = { readonly file: string } & ({ readonly secret: Uint8Array } | { readonly key: string })

const HINT = 'make one with `otaseal keygen --type secret`, or a key pair with --type X25519'

/**
 * Those who may read, by the files of their secrets and of their public keys.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`
 */
export async function recipientsOf(files: readonly string[], terminal: Terminal): Promise<Recipients> {
  const contents = await readAll(files)
  for (const content of contents) if ('secret' in content) refuseText(content.file, content.secret)
  const secretFiles = contents.flatMap((content) => ('secret' in content ? [content.file] : []))
  for (const file of secretFiles) await warnIfOpen(file, terminal)
  const readers = contents.map((content) => ('secret' in content ? content.secret : content.key))
  const kids = await Promise.all(contents.map(async ({ file }, i) => naming(file, async () => readerKid(readers[i] as ReaderInput))))
  const publicFiles = contents.flatMap((content) => ('key' in content ? [content.file] : []))
  return { readers, kids, secretFiles, publicFiles }
}

/**
 * What opens an envelope: the secrets and private keys of files, or else OTASEAL_READER_SECRET; `undefined` where neither is there.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`
 */
export async function openersOf(
  files: readonly string[] | undefined,
  flags: PassphraseFlags,
  terminal: Terminal,
): Promise<DeviceReader | undefined> {
  const contents = await readAll(files ?? [])
  for (const { file } of contents) await warnIfOpen(file, terminal)
  const keys = await unlockKeys(contents.flatMap((content) => ('key' in content ? [content.key] : [])), flags, terminal)
  if (files === undefined) return environmentSecret()
  return [...contents.flatMap((content) => ('secret' in content ? [content.secret] : [])), ...keys]
}

/** What is typed or printed has far less than 256 bits; chance makes no such secret. */
function refuseText(file: string, secret: Uint8Array): void {
  if (secret.some((byte) => !isText(byte))) return
  throw new EnvelopeError(
    'bad-key',
    `${file} holds text of ${SECRET_SIZE} characters, and no ${SECRET_SIZE} random bytes, so that it could be guessed: make a secret with \`otaseal keygen --type secret\``,
  )
}

/** Printable ASCII, tab, newline, carriage return. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

async function readAll(files: readonly string[]): Promise<readonly Content[]> {
  return Promise.all(files.map(readOne))
}

async function readOne(file: string): Promise<Content> {
  const bytes = await readKeyFile(file, '--reader', HINT)
  if (bytes.length === SECRET_SIZE) return { file, secret: bytes }
  const text = Buffer.from(bytes).toString('utf8')
  return /^\s*\{|-----BEGIN /.test(text) ? { file, key: text } : { file, secret: secretBytes(text, file) }
}
