import { InvalidArgumentError } from 'commander'
import { EnvelopeError } from '../build.js'
import { UsageError } from './errors.js'
import { environment, keyText } from './key-file.js'
import { PRIVATE_KEY_FILE, environmentSecret } from './keys.js'
import { readManifest, sourceName } from './manifest-source.js'
import { single } from './options.js'
import { exists } from './output.js'
import { openersOf } from './reader-files.js'
import { trusted, trustedOrEnvironment } from './trusted.js'
import type { Option } from 'commander'
import type { Encoding, PreviousManifest, ReaderInput } from '../build.js'
import type { PassphraseFlags } from './passphrase.js'
import type { ReleaseFlags } from './release-flags.js'
import type { Trusted } from './trusted.js'
import type { Terminal } from './terminal.js'

/** The flags of a release that follows another. */
export interface PreviousFlags extends ReleaseFlags {
  readonly previous?: string
  readonly trust?: readonly string[]
  readonly previousReader?: readonly string[]
}

/** The release before, and the files that were read for it but its manifest, which may be replaced. */
export interface Previous {
  readonly previous: PreviousManifest | undefined
  readonly files: readonly string[]
}

/** `--compress ENCODINGS`. */
export function encodingsFlag(): Option {
  return single('--compress <encodings>', 'br, gzip, or br,gzip: files become the smallest of these before they are encrypted', (text) => {
    const names = text.split(',')
    if (names.every(isEncoding) && new Set(names).size === names.length) return names
    throw new InvalidArgumentError('It must be br, gzip, or br,gzip.')
  })
}

function isEncoding(name: string): name is Encoding {
  return name === 'br' || name === 'gzip'
}

/** Flags that would do nothing. */
export function refuseIdleFlags({ previous, trust, previousReader }: PreviousFlags): void {
  if (previous !== undefined) return
  if (trust !== undefined) throw new UsageError('--trust is for the --previous, which is missing')
  if (previousReader !== undefined) throw new UsageError('--previous-reader is for the --previous, which is missing')
}

/**
 * Reads the release before, whom it must be signed by, and what opens it: the publisher's own secrets, given as --reader, as well.
 *
 * @throws EnvelopeError, FileError, UsageError
 */
export async function previousOf(flags: PreviousFlags, readers: readonly ReaderInput[] | undefined, terminal: Terminal): Promise<Previous> {
  const { previous, previousReader } = flags
  if (previous === undefined) return { previous: undefined, files: [] }
  const { trust, files } = await trustOf(flags)
  const openers = previousReader === undefined ? environmentSecret() : await openersOf(previousReader, await passphraseFor(previousReader, flags), terminal)
  const own = [...[openers ?? []].flat(), ...secretsOf(readers)] as const
  const manifest = await readManifest(previous)
  return {
    previous: { manifest, trust: trust.trust, ...(own.length > 0 && { reader: own }) },
    files: [...files, ...(previousReader ?? [])],
  }
}

/** The passphrase may be for the keys that sign alone. */
async function passphraseFor(files: readonly string[], { passphraseFile }: PreviousFlags): Promise<PassphraseFlags> {
  const texts = await Promise.all(files.map(async (file) => keyText(file, '--previous-reader', 'pass your own private key or secret')))
  return texts.some((text) => text.includes('ENCRYPTED PRIVATE KEY')) ? { passphraseFile } : {}
}

/** What names trusted keys, in the order in which it is asked for: --trust, the root of links, the public keys of who signs. */
async function trustOf(flags: PreviousFlags): Promise<{ readonly trust: Trusted; readonly files: readonly string[] }> {
  const files = flags.trust ?? flags.root ?? signerFiles(flags)
  if (files.length > 0) return { trust: await trusted(files, '--trust'), files }
  const trust = await trustedOrEnvironment(undefined)
  if (trust === undefined) throw new UsageError('no public key to check the --previous by: pass --trust FILE, or set OTASEAL_PUBLIC_KEY')
  return { trust, files }
}

function signerFiles({ key, signKey = [] }: PreviousFlags): readonly string[] {
  const isUsual = signKey.length === 0 && environment('OTASEAL_PRIVATE_KEY') === undefined
  const beside = (key ?? (isUsual ? [PRIVATE_KEY_FILE] : [])).map((file) => `${file}.pub`)
  return [...beside.filter(exists), ...signKey]
}

function secretsOf(readers: readonly ReaderInput[] = []): readonly Uint8Array[] {
  return readers.filter((reader) => reader instanceof Uint8Array)
}

/** What making a release can fail with by itself. */
const OWN_CODES: readonly string[] = ['bad-key', 'bad-path', 'limit-exceeded', 'input-changed', 'signer-failed', 'backend-unavailable', 'aborted']

/** Has an error name the release before, where that is at fault. */
export function ofPrevious({ previous }: PreviousFlags, error: unknown): unknown {
  if (previous === undefined || !(error instanceof EnvelopeError) || OWN_CODES.includes(error.code)) return error
  const hint = error.code === 'no-reader-key' ? '; pass --previous-reader with a key that opens it, or leave --previous out' : ''
  return new EnvelopeError(error.code, `${sourceName(previous)}: ${error.message}${hint}`, { cause: error })
}

/** Who can't read a release can't use its objects for the next one. */
export function tellOwnReader({ previousReader }: PreviousFlags, readers: readonly ReaderInput[] | undefined, terminal: Terminal): void {
  if (readers === undefined || secretsOf(readers).length > 0 || previousReader !== undefined) return
  terminal.note('none of the readers is known to be you: the next release can use these objects again only if --previous-reader opens this manifest')
}
