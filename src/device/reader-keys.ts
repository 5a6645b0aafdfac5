import { deriveBits } from '../crypto/web-agree.js'
import { EnvelopeError } from '../errors.js'
import { agreementKid, AGREEMENT, checkSecret, readAgreementPublic, sharedSecret } from '../keys/agreement.js'
import { agreementRow } from '../keys/agreement-rows.js'
import { checkedPrivate, readAgreementPrivate } from '../keys/agreement-private.js'
import { badKey } from '../keys/bad-key.js'
import { checkCryptoKey, isCryptoKey } from '../keys/input.js'
import { untilAborted } from '../options.js'
import { base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { AgreementPublicJwk, Awaitable, DeviceBackend } from '../crypto/backend.js'
import type { AgreementReader } from '../keys/slots.js'
import type { CryptoKeyLike, KeyInput } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'

/** Both halves of a reader's key, of which the private one, an X25519 or P-256 `CryptoKey`, need not be extractable. */
export interface ReaderKeyPair {
  readonly publicKey: KeyInput
  readonly privateKey: KeyInput
}

/** A reader's private key that lies elsewhere: in the Secure Enclave, in the Android Keystore, in another library. */
export interface ReaderKey {
  /** X25519 or P-256: PEM, JWK or `CryptoKey`. */
  readonly publicKey: KeyInput
  /**
   * The 32 bytes of ECDH with the public key of a slot: u on X25519 (RFC 7748 section 6.1), x on P-256, without any KDF. What it throws,
   * and `undefined`, mean that the slot does not fit; the next one is tried, of one head at most four. `signal` is aborted when nobody waits any more.
   */
  deriveSharedSecret(
    ephemeral: AgreementPublicJwk,
    options: { readonly signal: AbortSignalLike },
  ): Awaitable<Uint8Array | undefined>
}

/** What opening takes besides the key. */
export interface ReaderMeans {
  readonly backend: DeviceBackend
  readonly signal: AbortSignalLike | undefined
}

/** A reader that was read at the call; what takes time comes when it is needed. */
export type PendingReader<Reader> = (means: ReaderMeans) => Promise<Reader>

/** A private key as PEM, JWK or `CryptoKey`. */
export function privateKeyReader(input: KeyInput): PendingReader<AgreementReader> {
  if (isHidden(input)) return hiddenReader(input, undefined)
  const numbers = told(readAgreementPrivate(input))
  return async ({ backend }) => {
    const key = await checkedPrivate(await numbers, backend)
    const deriveSharedSecret = async (peer: AgreementPublicJwk): Promise<Bytes | undefined> => sharedSecret(backend, key, peer)
    return { kid: await agreementKid(key, backend), curve: key.crv, deriveSharedSecret }
  }
}

/** Both halves, which must belong together. */
export function keyPairReader({ publicKey, privateKey }: ReaderKeyPair): PendingReader<AgreementReader> {
  const expected = told(readAgreementPublic(publicKey))
  const pending = isHidden(privateKey) ? hiddenReader(privateKey, expected) : privateKeyReader(privateKey)
  return async (means) => {
    const reader = await pending(means)
    if (reader.kid === (await agreementKid(await expected, means.backend))) return reader
    throw notOnePair()
  }
}

function notOnePair(): EnvelopeError {
  return badKey('the public and the private key of the reader do not belong together: pass the two of one pair')
}

/** Whether a key can be used, but not read. */
function isHidden(input: unknown): input is CryptoKeyLike {
  return typeof input === 'object' && input !== null && isCryptoKey(input) && !input.extractable
}

/** A private key that WebCrypto keeps for itself, whatever the backend. */
function hiddenReader(key: CryptoKeyLike, expected: Awaitable<AgreementPublicJwk> | undefined): PendingReader<AgreementReader> {
  checkCryptoKey(key, 'private', AGREEMENT)
  if (!key.usages.includes('deriveBits')) throw badKey('the CryptoKey lacks the usage deriveBits: generate or import it with that')
  const { curve, base } = agreementRow((row) => (key.algorithm.name === 'X25519') === (row.curve === 'X25519'))
  const deriveSharedSecret = async (peer: AgreementPublicJwk): Promise<Bytes | undefined> => deriveBits(key as CryptoKey, peer)
  return async ({ backend }) => {
    if (expected === undefined) return { kid: undefined, curve, deriveSharedSecret }
    const publicKey = await expected
    const own = await deriveSharedSecret(base)
    if (publicKey.crv !== curve || own === undefined || publicKey.x !== base64urlEncode(own)) throw notOnePair()
    return { kid: await agreementKid(publicKey, backend), curve, deriveSharedSecret }
  }
}

/** How often one head may have such a key used: an honest one has one slot for it, and each use may ask a person. */
const ASKED_MAX = 4

/** A key that somebody else uses for us. */
export function customReader(reader: ReaderKey): PendingReader<AgreementReader> {
  const publicKey = told(readAgreementPublic(reader.publicKey))
  const derive = reader.deriveSharedSecret.bind(reader)
  return async ({ backend, signal }) => {
    const key = await publicKey
    const ask = async (peer: AgreementPublicJwk): Promise<unknown> => derive(Object.freeze({ ...peer }), { signal: signal ?? { aborted: false } })
    let asked = 0
    return {
      kid: await agreementKid(key, backend),
      curve: key.crv,
      deriveSharedSecret: async (peer) => {
        // R36
        if (++asked > ASKED_MAX) return undefined
        return checkSecret(await answerOf(async () => ask(peer), signal), peer)
      },
    }
  }
}

/** What a reader gives; its own error becomes the cause of one that lets the next slot be tried. */
async function answerOf(ask: () => Promise<unknown>, signal: AbortSignalLike | undefined): Promise<unknown> {
  return untilAborted(signal, async () =>
    ask().catch((cause: unknown) => {
      throw new EnvelopeError('no-reader-key', 'the reader could not use its key, and no other slot fits: its own error is the cause of this one', { cause })
    }),
  )
}

/** Whoever waits is told of a failure; until then it is nobody's. */
function told<T>(value: Awaitable<T>): Awaitable<T> {
  if (value instanceof Promise) value.catch(() => undefined)
  return value
}
