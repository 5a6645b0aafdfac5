import { asBytes } from '../bytes.js'
import { splitEnvelope } from '../format/container.js'
import { lengthError, spanOf } from '../format/geometry.js'
import { headText } from '../format/head.js'
import { checkAborted, closedOnFailure, objectOption } from '../options.js'
import { bytesSource, isByteStream } from '../stream/source.js'
import { chunkPieces } from './chunk-pieces.js'
import { chunkReader, readIndexBlock } from './chunk-reader.js'
import { envelopeSource, parsedHead } from './envelope-stream.js'
import { readPolicy } from './options.js'
import { badChunk, signedBody, verifyIndex } from './signed-index.js'
import { orTell, orTellHead, tellAccepted } from './tell.js'
import { verifyHead } from './verify-head.js'
import type { Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { ByteSource } from '../stream/source.js'
import type { SealedChunk } from './chunk-reader.js'
import type { EnvelopeSource, EnvelopeStream } from './envelope-stream.js'
import type { DeviceOptions, Policy, RequiredClaim } from './options.js'
import type { DigestCheck } from './signed-index.js'
import type { EnvelopeInput } from './verify-and-decrypt.js'
import type { VerifiedHead } from './verify-head.js'

/** As for a device, but without a reader key; a claim that is left out is not checked, save the expiry. */
export type VerifyOptions = Omit<DeviceOptions, RequiredClaim | 'reader' | 'checksum'> & Partial<Pick<DeviceOptions, RequiredClaim>>

/** What a publisher has signed. */
export interface VerifiedEnvelope {
  /** The signed header; its checksum is still sealed. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
}

/**
 * Checks all of an envelope that can be checked without a reader key, for a server: signatures, claims, lengths, index and
 * the signed digest of every encrypted chunk. The key slots are not signed, and whether a device can open one is not
 * known by this. Bytes must not change before the call has ended.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyEnvelope(envelope: EnvelopeInput | EnvelopeStream, options: VerifyOptions): Promise<VerifiedEnvelope> {
  const policy = readVerifyPolicy(options)
  const verified = await verifyEnvelopeBy(envelope, policy)
  tellAccepted(verified.header, policy)
  return verified
}

/**
 * Reads a server's options.
 *
 * @throws TypeError, RangeError
 */
export function readVerifyPolicy(options: VerifyOptions): Policy {
  return readPolicy(options, { app: null, channel: null, lastSequence: null })
}

/** The same, with options that are read already. Whether what it says is accepted is still to be told. */ // R54
export async function verifyEnvelopeBy(envelope: EnvelopeInput | EnvelopeStream, policy: Policy): Promise<VerifiedEnvelope> {
  const { head, source, length } = orTellHead(policy, () => receive(envelope))
  return closedOnFailure(source, policy.signal, async () => {
    checkAborted(policy.signal)
    const verified = await verifyHead(await parsedHead(head, policy), policy)
    await orTell(policy, 'bundle-refused', verified.header, async () => verifyPayload(source, length, verified, policy))
    return { header: verified.header, signers: verified.signers.map(({ kid }) => kid) }
  })
}

/** The payload's length is known where all of it is at hand. */
function receive(envelope: EnvelopeInput | EnvelopeStream): EnvelopeSource & { readonly length?: number } {
  if (ArrayBuffer.isView(envelope)) return received(splitEnvelope(envelope))
  if (isByteStream(envelope)) return envelopeSource(envelope)
  const { head, payload } = objectOption('envelope', envelope)
  return ArrayBuffer.isView(payload) ? received({ head, payload }) : envelopeSource({ head, payload })
}

function received({ head, payload }: Exclude<EnvelopeInput, Uint8Array>): EnvelopeSource & { readonly length: number } {
  const bytes = asBytes(payload, 'payload')
  return { head: async () => headText(head), source: bytesSource(bytes), length: bytes.length }
}

async function verifyPayload(source: ByteSource, length: number | undefined, { header, geometry }: VerifiedHead, policy: Policy): Promise<void> {
  const refused = length === undefined ? undefined : lengthError(geometry, length)
  if (refused !== undefined) throw refused
  const isSigned = await verifyIndex(signedBody(header), await readIndexBlock(source, geometry), policy.backend)
  await verifyChunks(source, geometry, isSigned, policy)
}

/**
 * Holds all encrypted chunks of a payload against its index, and demands the end of the source behind them.
 *
 * @throws EnvelopeError `bad-chunk`, `truncated`, `trailing-data`, `aborted`
 */
export async function verifyChunks(source: ByteSource, geometry: Geometry, isSigned: DigestCheck, policy: Policy): Promise<void> {
  const read = chunkReader(source, geometry, spanOf(geometry, 0, geometry.chunks), policy.lanes)
  const work = async ({ i, ciphertext, tag }: SealedChunk): Promise<number> => {
    if (await isSigned(i, ciphertext, tag)) return ciphertext.length
    throw badChunk(i)
  }
  let done = 0
  const pieces = chunkPieces(source, read, work, policy, (length) => {
    if (length === undefined) return
    done += length
    policy.onProgress({ done, total: geometry.size })
  })
  while ((await pieces.next()) !== undefined);
}
