import { EnvelopeError } from '../errors.js'
import type { Bytes } from '../bytes.js'

const NOBLE_INSTEAD =
  "use the pure JavaScript backend: import { nobleDeviceBackend } from 'otaseal/noble', " +
  'or nobleBackend from there where bundles are built, or nobleCapgoBackend for otaseal/capgo, and pass it as `backend`'

/** The platform's WebCrypto, looked up at each use so that loading this module needs none. */
export function webCrypto(): Crypto {
  const found = (globalThis as { readonly crypto?: Partial<Crypto> }).crypto
  if (found?.subtle !== undefined) return found as Crypto
  throw new EnvelopeError(
    'backend-unavailable',
    `This engine has no WebCrypto, or the page is not a secure context (HTTPS): ${NOBLE_INSTEAD}`,
  )
}

/** The result of an import or generation, where WebCrypto may turn out not to have the algorithm. */
export async function supported<T>(algorithm: string, result: Promise<T>, instead = ''): Promise<T> {
  try {
    return await result
  } catch (cause) {
    if (nameOf(cause) !== 'NotSupportedError') throw cause
    throw new EnvelopeError('backend-unavailable', `WebCrypto has no ${algorithm} here: ${instead}${NOBLE_INSTEAD}`, { cause })
  }
}

/** A raw AES or HMAC key for one use. */
export async function importSecret(
  key: Bytes, algorithm: { readonly name: string; readonly hash?: string }, usage: KeyUsage, extractable = false,
): Promise<CryptoKey> {
  return supported(algorithm.name, webCrypto().subtle.importKey('raw', key, algorithm, extractable, [usage]))
}

/** `undefined` where the platform says that a tag or check value does not hold; every other failure stays one. */
export async function unlessRefused<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (nameOf(error) === 'OperationError') return undefined
    throw error
  }
}

/** The name of an exception, whatever was thrown. */
export function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined
}
