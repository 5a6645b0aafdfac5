import { SLOTS_MAX } from '../format/limits.js'
import { readRecipients, recipientsOption } from '../keys/recipients.js'
import { sealSlot } from '../keys/seal-slot.js'
import { signerReader } from '../keys/slots.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { ReaderInput, ReaderOption } from '../keys/recipients.js'
import type { PublicKey } from '../keys/types.js'

export type { ReaderInput, ReaderOption } from '../keys/recipients.js'

/**
 * Readers as a caller gives them.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError
 */
export function readersOption(readers: readonly ReaderInput[]): readonly ReaderOption[] {
  return recipientsOption(readers, SLOTS_MAX)
}

/** One slot for each reader; where none is named, one for each of `owners`, the trust-store keys that the signatures stand for. */
export async function sealSlots(
  sessionKey: Bytes,
  readers: readonly ReaderOption[],
  owners: readonly PublicKey[],
  backend: Backend,
): Promise<readonly string[]> {
  // R37
  const recipients =
    readers.length > 0 ? await readRecipients(readers, backend) : await Promise.all(owners.map((key) => signerReader(key, backend)))
  const slots: string[] = []
  for (const recipient of recipients) slots.push(await sealSlot(sessionKey, recipient, backend))
  return slots
}
