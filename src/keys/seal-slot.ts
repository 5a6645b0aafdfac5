import { EnvelopeError } from '../errors.js'
import { GCM_NONCE } from '../crypto/shape.js'
import { ascii, base64urlEncode } from '../text.js'
import { publicNumbers, sharedSecret } from './agreement.js'
import { badKey } from './bad-key.js'
import { AGREEMENT_HEADER, agreedKey, KEY_SIZE, SLOT_HEADER } from './slots.js'
import type { Bytes } from '../bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk, Backend } from '../crypto/backend.js'
import type { Reader } from './slots.js'

/** Who is to open a slot with a private key. */
export interface AgreementRecipient {
  readonly kid: string
  readonly publicKey: AgreementPublicJwk
}

/** Who is to open a slot. */
export type Recipient = Reader | AgreementRecipient

/**
 * A slot that lets `recipient` open `sessionKey` (32 bytes): JWE compact, A256KW or ECDH-ES+A256KW, and A256GCM.
 *
 * @throws EnvelopeError `bad-key` where a public key is no point that secrets can be made with; `backend-unavailable`
 */
export async function sealSlot(sessionKey: Bytes, recipient: Recipient, backend: Backend): Promise<string> {
  const { kid } = recipient
  if ('wrappingKey' in recipient) return sealWith(recipient.wrappingKey, { ...SLOT_HEADER, kid }, sessionKey, backend)
  const { epk, wrappingKey } = await agree(recipient.publicKey, backend)
  return sealWith(wrappingKey, { ...AGREEMENT_HEADER, kid, epk }, sessionKey, backend)
}

/**
 * A new key of a reader, or of a slot.
 *
 * @throws EnvelopeError `backend-unavailable`
 */
export async function newAgreementKey(curve: AgreementCurve, backend: Backend): Promise<AgreementPrivateJwk> {
  if (typeof backend.generateAgreementKey === 'function') return backend.generateAgreementKey(curve)
  throw new EnvelopeError(
    'backend-unavailable',
    `the backend ${backend.name} has no generateAgreementKey, which X25519 and P-256 keys take: pass another backend`,
  )
}

/** A wrapping key for one slot, under a key pair that is used for nothing else. */
async function agree(
  publicKey: AgreementPublicJwk,
  backend: Backend,
): Promise<{ readonly epk: AgreementPublicJwk; readonly wrappingKey: Bytes }> {
  const ephemeral = await newAgreementKey(publicKey.crv, backend)
  const secret = await sharedSecret(backend, ephemeral, publicKey)
  if (secret === undefined) {
    throw badKey(`the ${publicKey.crv} public key of a reader is none that secrets can be made with (of small order): let the reader make another`)
  }
  return { epk: publicNumbers(ephemeral), wrappingKey: await agreedKey(secret, backend) }
}

async function sealWith(wrappingKey: Bytes, header: object, sessionKey: Bytes, backend: Backend): Promise<string> {
  const encoded = base64urlEncode(ascii(JSON.stringify(header)))
  const contentKey = backend.randomBytes(KEY_SIZE)
  const iv = backend.randomBytes(GCM_NONCE)
  const sealer = await backend.gcmSealer(contentKey)
  const sealed = await sealer.seal(iv, sessionKey, ascii(encoded))
  const parts = [
    await backend.wrapKey(wrappingKey, contentKey),
    iv,
    sealed.subarray(0, KEY_SIZE),
    sealed.subarray(KEY_SIZE),
  ]
  return [encoded, ...parts.map(base64urlEncode)].join('.')
}
