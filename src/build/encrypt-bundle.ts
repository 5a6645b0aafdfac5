import { asBytes, copyBytes } from '../bytes.js'
import { joinEnvelope } from '../format/container.js'
import { geometryOf } from '../format/geometry.js'
import { readPrivateKey } from '../keys/private.js'
import { sealSlot } from '../keys/seal-slot.js'
import { secretReader, signerReader } from '../keys/slots.js'
import { readPlan } from './options.js'
import { sealBody } from './seal-body.js'
import { signHead } from './sign-head.js'
import type { Bytes } from '../bytes.js'
import type { EnvelopeParts } from '../format/container.js'
import type { PrivateKey } from '../keys/types.js'
import type { Reader } from '../keys/slots.js'
import type { EncryptOptions, Plan } from './options.js'

/** A signed and encrypted bundle: `head` goes to the update endpoint, `payload` to storage, or both into one file. */
export interface Envelope extends EnvelopeParts {
  /** The bytes of an `.otaseal` file. */
  readonly toBytes: () => Uint8Array<ArrayBuffer>
}

/**
 * Signs and encrypts a bundle, which may be empty. It is copied at the call, so its memory may be re-used at once.
 *
 * @throws EnvelopeError `bad-key`, `limit-exceeded`, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptBundle(bundle: Uint8Array, options: EncryptOptions): Promise<Envelope> {
  const plan = readPlan(options)
  const copy = copyBytes(asBytes(bundle, 'bundle'))
  const signers = await readSigners(plan)
  const sealed = await sealBody(copy, geometryOf(copy.length, plan.chunkSize), plan)
  const slots = await sealSlots(sealed.sessionKey, signers, plan)
  const header = { ...plan.claims, bundle: sealed.bundle, body: sealed.body }
  const head = await signHead(header, signers, slots, plan.backend)
  return { head, payload: sealed.payload, toBytes: () => joinEnvelope(head, sealed.payload) }
}

/** The signers, each once however often it was given. */
async function readSigners({ signers, backend }: Plan): Promise<readonly PrivateKey[]> {
  const keys = await Promise.all(signers.map((key) => readPrivateKey(key, backend)))
  return [...new Map(keys.map((key) => [key.publicKey.kid, key])).values()]
}

async function sealSlots(sessionKey: Bytes, signers: readonly PrivateKey[], plan: Plan): Promise<readonly string[]> {
  // R37
  const readers: readonly Promise<Reader>[] =
    plan.secrets.length > 0
      ? plan.secrets.map((secret) => secretReader(secret, plan.backend))
      : signers.map(({ publicKey }) => signerReader(publicKey, plan.backend))
  const slots: string[] = []
  for (const reader of await Promise.all(readers)) slots.push(await sealSlot(sessionKey, reader, plan.backend))
  return slots
}
