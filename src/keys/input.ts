import { badKey, wrongHalf } from './bad-key.js'
import type { Wanted } from './bad-key.js'
import { jwkMembers } from './jwk.js'
import type { JwkMembers } from './jwk.js'
import type { CryptoKeyLike } from './types.js'

/** Longer texts are refused. */
export const MAX_TEXT_CHARACTERS = 65_536

/** What a `CryptoKey` must be for: WebCrypto's names of the algorithms, each with its hash or curve, and in words. */
export interface KeyPurpose {
  readonly algorithms: readonly string[]
  readonly words: string
}

const SIGNING: KeyPurpose = { algorithms: ['RSA-PSS SHA-256', 'Ed25519'], words: 'RSA-PSS with SHA-256, or for Ed25519' }

/**
 * A caller's key as PEM text or as the members of a JWK; everything of it is read before the first `await`,
 * but the export of a `CryptoKey`.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of text, JWK and `CryptoKey`
 */
export async function keyMaterial(input: unknown, wanted: Wanted): Promise<string | JwkMembers> {
  return materialOf(input, wanted, SIGNING)
}

/**
 * The same for keys of any purpose, and at once, but for a `CryptoKey`.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `input` is none of text, JWK and `CryptoKey`
 */
export function materialOf(input: unknown, wanted: Wanted, purpose: KeyPurpose): string | JwkMembers | Promise<JwkMembers> {
  if (typeof input === 'string') return textMaterial(input)
  if (typeof input !== 'object' || input === null) throw wrongArgument()
  if (Object.hasOwn(input, 'kty')) return jwkMembers(input)
  if (isCryptoKey(input)) return exportJwk(input, wanted, purpose)
  if ('asymmetricKeyType' in input) {
    throw new TypeError(
      "a KeyObject of Node is not taken: pass keyObject.export({ type: 'spki', format: 'pem' }), " +
        "or of a private key keyObject.export({ format: 'jwk' })",
    )
  }
  if (Object.prototype.toString.call(input) !== '[object Object]') throw wrongArgument()
  return jwkMembers(input)
}

function textMaterial(text: string): string | JwkMembers {
  if (text.length > MAX_TEXT_CHARACTERS) throw badKey('the text is longer than 64 KiB: pass the key alone')
  if (!text.trimStart().startsWith('{')) return text
  let jwk: object
  try {
    jwk = JSON.parse(text.trim()) as object
  } catch {
    // The parser's own message quotes the text.
    throw badKey('the text begins with { but is not JSON: pass the whole JWK, or a PEM')
  }
  return jwkMembers(jwk)
}

/** Whether an object has the members of a `CryptoKey`. */
export function isCryptoKey(input: object): input is CryptoKeyLike {
  return ['type', 'extractable', 'algorithm', 'usages'].every((name) => name in input)
}

/**
 * Refuses a `CryptoKey` of the other half, or for something else.
 *
 * @throws EnvelopeError `bad-key`
 */
export function checkCryptoKey(key: CryptoKeyLike, wanted: Wanted, { algorithms, words }: KeyPurpose): void {
  if (key.type !== wanted && key.type !== 'secret') throw wrongHalf(wanted)
  if (!algorithms.includes(purposeOf(key.algorithm))) {
    throw badKey(`the CryptoKey must be for ${words}. One key, one purpose: make a key pair of its own for otaseal`)
  }
}

function exportJwk(key: CryptoKeyLike, wanted: Wanted, purpose: KeyPurpose): Promise<JwkMembers> {
  checkCryptoKey(key, wanted, purpose)
  if (!key.extractable) {
    throw badKey('the CryptoKey is not extractable: generate or import it with extractable = true')
  }
  return exported(key)
}

async function exported(key: CryptoKeyLike): Promise<JwkMembers> {
  try {
    return jwkMembers(await globalThis.crypto.subtle.exportKey('jwk', key as CryptoKey))
  } catch {
    // No cause: what a platform says about a key it fails to export is not ours to vouch for.
    throw badKey('the CryptoKey could not be exported as a JWK by this platform: pass the key as PEM or JWK')
  }
}

function purposeOf(algorithm: unknown): string {
  const { name, hash, namedCurve } = Object(algorithm) as Readonly<Record<'name' | 'hash' | 'namedCurve', unknown>>
  const variant = hash === undefined ? namedCurve : (Object(hash) as { readonly name?: unknown }).name
  return typeof variant === 'string' ? `${String(name)} ${variant}` : String(name)
}

function wrongArgument(): TypeError {
  return new TypeError(
    'a key must be a string (PEM text or JSON of a JWK), a JWK object, or a CryptoKey; ' +
      'bytes and file names are not taken: read the file as text, for example with readFile(path, "utf8")',
  )
}
