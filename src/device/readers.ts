import { EnvelopeError } from '../errors.js'
import { isKeyInput } from '../keys/recipients.js'
import { secretReader, signerReader } from '../keys/slots.js'
import { secretOption } from '../options.js'
import { customReader, keyPairReader, privateKeyReader } from './reader-keys.js'
import type { SlotReader } from '../keys/slots.js'
import type { KeyInput, PublicKey } from '../keys/types.js'
import type { PendingReader, ReaderKey, ReaderKeyPair, ReaderMeans } from './reader-keys.js'

const READERS_MAX = 16

/**
 * What opens an envelope: a 32-byte secret shared with the publisher, or an X25519 or P-256 private key, as PEM (PKCS#8), JWK or
 * `CryptoKey`, with its public key, or lying elsewhere. Of a `CryptoKey` that is not extractable and comes without its public key,
 * the kid is not known, and every slot of its curve is tried.
 */
export type SingleReader = Uint8Array | KeyInput | ReaderKeyPair | ReaderKey

/** One reader or a list, since the key of a group is changed from time to time; the first slot that fits any of them is used. */
export type DeviceReader = SingleReader | readonly SingleReader[]

/** The same, read or copied at the call. */
export type DeviceReaderOption = readonly PendingReader<SlotReader>[]

/**
 * Readers as a caller gives them.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError
 */
export function readerOption(reader: DeviceReader): DeviceReaderOption {
  if (!Array.isArray(reader)) return [pendingReader('reader', reader as SingleReader)]
  const list = Array.from(reader as readonly SingleReader[])
  if (list.length === 0) throw new RangeError('reader is an empty list, so nothing could be read: leave it out, or name readers')
  if (list.length > READERS_MAX) throw new RangeError(`at most ${READERS_MAX} readers can be tried`)
  return list.map((one, i) => pendingReader(`reader[${i}]`, one))
}

function pendingReader(name: string, reader: SingleReader): PendingReader<SlotReader> {
  if (ArrayBuffer.isView(reader)) {
    const secret = secretOption(name, reader)
    return async ({ backend }) => secretReader(secret, backend)
  }
  if (!isKeyInput(reader)) {
    throw new TypeError(
      `${name} must be a Uint8Array of 32 bytes, an X25519 or P-256 private key as PEM, JWK or CryptoKey, a key pair, or a ReaderKey`,
    )
  }
  if (isReaderKey(reader)) return customReader(reader)
  return isPair(reader) ? keyPairReader(reader) : privateKeyReader(reader)
}

function isReaderKey(reader: KeyInput | ReaderKey): reader is ReaderKey {
  return typeof reader === 'object' && 'deriveSharedSecret' in reader && typeof reader.deriveSharedSecret === 'function'
}

function isPair(reader: KeyInput | ReaderKeyPair): reader is ReaderKeyPair {
  return typeof reader === 'object' && 'publicKey' in reader && 'privateKey' in reader
}

/** Readers that are ready, and what keeps others from it. */
export interface SlotReaders {
  readonly readers: readonly SlotReader[]
  /** A platform without the curve of one reader must not hide another. */
  readonly unavailable: EnvelopeError | undefined
}

/**
 * The readers whose slots are tried: the caller's own, else that of each trust-store key that counts.
 *
 * @throws EnvelopeError `bad-key`
 */
export async function slotReaders(
  option: DeviceReaderOption | undefined,
  signers: readonly PublicKey[],
  means: ReaderMeans,
): Promise<SlotReaders> {
  if (option === undefined) {
    return { readers: await Promise.all(signers.map((key) => signerReader(key, means.backend))), unavailable: undefined }
  }
  const readers: SlotReader[] = []
  let unavailable: EnvelopeError | undefined
  for (const pending of option) {
    try {
      readers.push(await pending(means))
    } catch (error) {
      if (!(error instanceof EnvelopeError) || error.code !== 'backend-unavailable') throw error
      unavailable = error
    }
  }
  return { readers, unavailable }
}
