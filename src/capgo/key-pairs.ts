import { badKey } from '../keys/bad-key.js'
import { objectOption } from '../options.js'
import { ascii } from '../text.js'
import { capgoPrivatePem, capgoPublicPem, checkSamePair, readCapgoPrivateKey, readCapgoPublicKey } from './keys.js'
import { backendOf } from './options.js'
import { valueOpener, valueSigner } from './signed-value.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { CapgoKeyInput, CapgoPrivateKey, CapgoPublicKey, PrivateKeyFormat, PublicKeyFormat } from './keys.js'
import type { CapgoCallOptions } from './options.js'

const PROBE = ascii('otaseal key pair')

/** A key pair of one app, as text for files and secret stores. */
export interface CapgoKeyPair {
  /** For `plugins.CapacitorUpdater.publicKey` of the app, and `.capgo_key_v2.pub`: PKCS#1 in PEM. */
  readonly publicKey: string
  /** For the publisher alone, as `.capgo_key_v2` holds it: PKCS#1 in PEM, not encrypted. */
  readonly privateKey: string
  /** First 20 characters of the public key in base64, for people. */
  readonly keyId: string
}

/**
 * A new RSA-2048 key pair from the platform's cryptographic generator, after it was tried.
 *
 * @throws EnvelopeError `unsupported` on the noble backend, `backend-unavailable`, `bad-key` where the platform made one that does not work
 * @throws TypeError for a backend without what this needs
 */
export async function generateCapgoKeyPair(options: Pick<CapgoCallOptions, 'backend'> = {}): Promise<CapgoKeyPair> {
  const backend = backendOf(objectOption('options', options))
  const key = readCapgoPrivateKey(await backend.generateKey({ algorithm: 'PS256', bits: 2048 }))
  await tryPair(key, key.publicKey, backend)
  return { publicKey: capgoPublicPem(key.publicKey), privateKey: capgoPrivatePem(key), keyId: key.publicKey.keyId }
}

/**
 * The canonical PEM of an app's public key, however it came: lost newlines are put back. Deployed plugins read `pkcs1` alone; an SPKI
 * makes Android apps crash at their start.
 *
 * @param format `pkcs1` (RFC 8017 appendix A.1.1) or `spki` (RFC 5280 section 4.1)
 * @throws EnvelopeError `bad-key`
 * @throws TypeError for another `format`, or where `key` is no key at all
 */
export function capgoPublicKey(key: CapgoKeyInput, format: PublicKeyFormat = 'pkcs1'): string {
  return capgoPublicPem(readCapgoPublicKey(key), format)
}

/**
 * The canonical PEM of a publisher's private key, not encrypted, however it came: lost newlines are put back. The Capgo CLI reads `pkcs1`.
 *
 * @param format `pkcs1` (RFC 8017 appendix A.1.2) or `pkcs8` (RFC 5208 section 5)
 * @throws EnvelopeError `bad-key`
 * @throws TypeError for another `format`, or where `key` is no key at all
 */
export function capgoPrivateKey(key: CapgoKeyInput, format: PrivateKeyFormat = 'pkcs1'): string {
  return capgoPrivatePem(readCapgoPrivateKey(key), format)
}

/**
 * The first 20 characters of the public key's PKCS#1 in base64, as devices send it in `key_id`. It tells keys apart for people, and
 * proves nothing: 8 of the characters differ between keys.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError where `publicKey` is no key at all
 */
export function capgoKeyId(publicKey: CapgoKeyInput): string {
  return readCapgoPublicKey(publicKey).keyId
}

/**
 * The key id of two keys that belong together, which a value signed with one and opened with the other shows.
 *
 * @throws EnvelopeError `bad-key` where they don't, where the private key's own numbers don't, or for either key
 * @throws TypeError where one is no key at all
 */
export async function checkCapgoKeyPair(
  privateKey: CapgoKeyInput,
  publicKey: CapgoKeyInput,
  options: Pick<CapgoCallOptions, 'backend'> = {},
): Promise<string> {
  const backend = backendOf(objectOption('options', options))
  const [signing, opening] = [readCapgoPrivateKey(privateKey), readCapgoPublicKey(publicKey)]
  checkSamePair(signing, opening)
  await tryPair(signing, opening, backend)
  return opening.keyId
}

async function tryPair(privateKey: CapgoPrivateKey, publicKey: CapgoPublicKey, backend: CapgoBackend): Promise<void> {
  const [sign, open] = [await valueSigner(privateKey, backend), await valueOpener(publicKey, backend)]
  const value = await open(await sign(PROBE), PROBE.length)
  if (value === undefined) throw badKey('what the private key signs does not open with its public key: make the key pair again with `otaseal capgo keygen`')
}
