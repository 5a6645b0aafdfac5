import { UsageError } from './errors.js'
import { environment, keyText } from './key-file.js'
import { STORE_MAX, checkStore, isStoreText, refuseOther } from './trust-file.js'
import type { TrustStore } from '../index.js'

/** Whom the caller trusts. */
export interface Trusted {
  readonly trust: string | readonly string[]
  /** The trust store, where it is one. */
  readonly store: TrustStore | undefined
}

/**
 * Public keys, or one trust store, from files.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`
 */
export async function trusted(files: readonly string[], flag: string): Promise<Trusted> {
  const hint = 'pass the public key, for example .otaseal_key.pub, or a trust store'
  const texts = await Promise.all(files.map(async (file) => keyText(file, flag, hint, STORE_MAX)))
  return trustOf(texts, files, flag)
}

/** The same of `--key`, or else of OTASEAL_PUBLIC_KEY; `undefined` where neither is there. */
export async function trustedOrEnvironment(files: readonly string[] | undefined): Promise<Trusted | undefined> {
  if (files !== undefined) return trusted(files, '--key')
  const text = environment('OTASEAL_PUBLIC_KEY')
  return text === undefined ? undefined : trustOf([text], ['OTASEAL_PUBLIC_KEY'], '--key')
}

async function trustOf(texts: readonly string[], names: readonly string[], flag: string): Promise<Trusted> {
  const index = texts.findIndex(isStoreText)
  const [text, name] = [texts[index], names[index]]
  if (text === undefined || name === undefined) return { trust: texts, store: undefined }
  refuseOther(name, text)
  if (texts.length > 1) throw new UsageError(`${name} is a trust store, which says alone who is trusted: leave the other ${flag} out, or add the keys to the store`)
  const { store } = await checkStore(name, text)
  return { trust: text, store }
}
