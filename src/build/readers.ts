import { SLOTS_MAX } from '../format/limits.js'
import { secretReader, signerReader } from '../keys/slots.js'
import { sealSlot } from '../keys/seal-slot.js'
import { secretOption } from '../options.js'
import type { Bytes } from '../bytes.js'
import type { Backend } from '../crypto/backend.js'
import type { Reader } from '../keys/slots.js'
import type { PublicKey } from '../keys/types.js'

/** Who may read an envelope: a 32-byte secret shared with them. */
export type ReaderInput = Uint8Array

/** The same, copied at the call. */
export type ReaderOption = Bytes

/**
 * Readers as a caller gives them.
 *
 * @throws TypeError, RangeError
 */
export function readersOption(readers: readonly ReaderInput[]): readonly ReaderOption[] {
  if (!Array.isArray(readers)) throw new TypeError('readers must be an array of 32-byte secrets')
  if (readers.length === 0) throw new RangeError('readers is empty, so nobody could read: leave it out, or name readers')
  if (readers.length > SLOTS_MAX) throw new RangeError(`at most ${SLOTS_MAX} readers fit in an envelope`)
  return readers.map((reader, i) => secretOption(`readers[${i}]`, reader))
}

/** One slot for each reader; where none is named, one for each of `owners`, the trust-store keys that the signatures stand for. */
export async function sealSlots(
  sessionKey: Bytes,
  readers: readonly ReaderOption[],
  owners: readonly PublicKey[],
  backend: Backend,
): Promise<readonly string[]> {
  // R37
  const sealFor: readonly Promise<Reader>[] =
    readers.length > 0 ? readers.map((reader) => secretReader(reader, backend)) : owners.map((key) => signerReader(key, backend))
  const slots: string[] = []
  for (const reader of await Promise.all(sealFor)) slots.push(await sealSlot(sessionKey, reader, backend))
  return slots
}
