import { equalBytes } from '../bytes.js'
import { chunkContext, deriveBodyKeys } from '../crypto/chunked.js'
import { EnvelopeError } from '../errors.js'
import { releaseOf } from '../events.js'
import { openSlot, parseSlot } from '../keys/slots.js'
import { checkAborted } from '../options.js'
import { slotReaders } from './readers.js'
import { signedBody } from './signed-index.js'
import { orTell } from './tell.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { BodyKeys } from '../crypto/chunked.js'
import type { SlotReader } from '../keys/slots.js'
import type { Policy } from './options.js'
import type { SignedBody } from './signed-index.js'
import type { VerifiedHead } from './verify-head.js'

/** The session key that fits the signed commitment, and what follows from it. */
export interface FoundSessionKey {
  /** 32 bytes. */
  readonly sessionKey: Bytes
  readonly keys: BodyKeys
}

/**
 * Finds the slot that fits: one that a reader opens, and whose session key gives the signed commitment.
 *
 * @throws EnvelopeError `no-reader-key`, `bad-key`, `backend-unavailable`, `aborted`
 */
export async function findSessionKey(head: VerifiedHead, policy: Policy): Promise<FoundSessionKey> {
  const { kid, ...found } = await orTell(policy, 'reader-refused', head.header, async () => tryAll(head, policy))
  policy.onEvent({ event: 'reader-used', time: policy.now, ...releaseOf(head.header), kid })
  return found
}

async function tryAll(head: VerifiedHead, policy: Policy): Promise<FoundSessionKey & { readonly kid: string }> {
  const { backend, reader, signal } = policy
  const { readers, unavailable } = await slotReaders(reader, head.signers, { backend, signal })
  const signed = signedBody(head.header)
  const context = chunkContext(head.geometry.chunkSize)
  let failure = unavailable
  for (const slot of new Set(head.slots)) {
    for (const one of readers) {
      checkAborted(signal)
      try {
        const found = await trySlot(slot, one, signed, context, backend)
        if (found !== undefined) return { ...found, kid: parseSlot(slot)?.kid ?? '' }
      } catch (error) {
        failure ??= passable(error)
      }
    }
  }
  throw failure ?? noReaderKey(reader === undefined)
}

async function trySlot(
  slot: string,
  reader: SlotReader,
  { salt, commitment }: SignedBody,
  context: Bytes,
  backend: DeviceBackend,
): Promise<FoundSessionKey | undefined> {
  const sessionKey = await openSlot(slot, [reader], backend)
  if (sessionKey === undefined) return undefined
  const keys = await deriveBodyKeys(backend, sessionKey, salt, context)
  // R36
  return equalBytes(keys.commitment, commitment) ? { sessionKey, keys } : undefined
}

/** What must not hide that another slot or reader fits: a missing curve, and a reader's own failure. */
function passable(error: unknown): EnvelopeError {
  if (error instanceof EnvelopeError && (error.code === 'backend-unavailable' || error.code === 'no-reader-key')) return error
  throw error
}

function noReaderKey(isSigner: boolean): EnvelopeError {
  return new EnvelopeError(
    'no-reader-key',
    isSigner
      ? 'no key slot is for the trusted key: pass the reader that the publisher encrypted for'
      : 'no key slot is for this reader: check that publisher and app share the same secret, or that the public key of this reader is ' +
        'among those that the publisher encrypted for',
  )
}
