import { publicJwk } from '../index.js'
import { UsageError, mayBeKey } from './errors.js'
import { keyText } from './key-file.js'
import { exists } from './output.js'
import { naming } from './trust-file.js'
import type { KeyMember, TrustStoreKey } from '../index.js'
import type { StoreFile } from './trust-file.js'

/** A public key of the command line, and where the store has it. */
export interface NamedKey {
  readonly kid: string
  readonly jwk: KeyMember
  /** In the list of the store's keys; -1 where it is not there. */
  readonly index: number
}

const kidPrefix = /^[A-Za-z0-9_-]{6,43}$/

/** @throws FileError, UsageError, EnvelopeError `bad-key` */
export async function publicKeyOf(file: string, flag: string, hint = 'pass the public key, for example .otaseal_key.pub'): Promise<Omit<NamedKey, 'index'>> {
  const text = await keyText(file, flag, hint)
  return naming(file, async () => publicJwk(text))
}

/**
 * The key that `name` means: a kid of the store, the beginning of one, or the file of a public key. What could mean two
 * keys is refused.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`
 */
export async function findKey(file: StoreFile, name: string): Promise<NamedKey> {
  const found = kidPrefix.test(name) ? file.kids.flatMap((kid, index) => (kid.startsWith(name) ? [{ kid, index }] : [])) : []
  if (found.length > 1) throw new UsageError(`${name} begins ${found.length} kids of ${file.path}: pass more of the kid`)
  const [match] = found
  if (match === undefined) return fromFile(file, name)
  if (match.kid !== name && exists(name)) throw new UsageError(`${name} is a file and begins a kid of ${file.path}: pass ./${name}, or more of the kid`)
  return { ...match, jwk: (file.store.keys[match.index] as TrustStoreKey).key }
}

/** What may be a key that was passed by mistake is not shown; a whole kid may be a reader's secret. */
async function fromFile(file: StoreFile, name: string): Promise<NamedKey> {
  if (kidPrefix.test(name) && !exists(name)) {
    const shown = mayBeKey(name) ? 'that kid' : `a kid that begins with ${name}`
    throw new UsageError(`${file.path} has no key of ${shown}, and there is no such file: \`otaseal trust list\` shows the kids`)
  }
  const key = await publicKeyOf(name, 'KEY', 'pass the file of the public key, or the first 6 characters of its kid or more')
  return { ...key, index: file.kids.indexOf(key.kid) }
}
