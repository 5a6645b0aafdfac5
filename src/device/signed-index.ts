import { concatBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { digestRange } from '../format/geometry.js'
import { base64urlDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { Header } from '../format/header.js'

/** The binary members of a signed header, decoded once: what is handed out may be changed, what is checked may not. */
export interface SignedBody {
  readonly checksum: Bytes
  readonly salt: Bytes
  readonly commitment: Bytes
  readonly indexDigest: Bytes
}

/** Whether encrypted chunk `i`, its ciphertext and its tag, is the one that the publisher signed. */
export type DigestCheck = (i: number, ...sealed: readonly Bytes[]) => Promise<boolean>

/** They have passed the header's checks, so they decode. */
export function signedBody({ bundle, body }: Header): SignedBody {
  const [checksum, salt, commitment, indexDigest] = [bundle.checksum, body.salt, body.commitment, body.index].map(
    (text) => base64urlDecode(text) as Bytes,
  ) as [Bytes, Bytes, Bytes, Bytes]
  return { checksum, salt, commitment, indexDigest }
}

/**
 * Believes the first bytes of a payload: salt and commitment, then the digest of it all. It is not copied.
 *
 * @throws EnvelopeError `bad-index`
 */
export async function verifyIndex(signed: SignedBody, indexBlock: Bytes, backend: DeviceBackend): Promise<DigestCheck> {
  const prefix = concatBytes(signed.salt, signed.commitment)
  const digest = await backend.sha256(indexBlock)
  // R39, R40
  const holds = equalBytes(indexBlock.subarray(-prefix.length), prefix) && equalBytes(digest, signed.indexDigest)
  if (!holds) throw badIndex()
  return digestCheck(indexBlock, backend)
}

/** Judges encrypted chunks by an index that is believed. It is not copied. */
export function digestCheck(index: Bytes, backend: DeviceBackend): DigestCheck {
  return async (i, ...sealed) => {
    const { start, end } = digestRange(i)
    return equalBytes(await backend.sha256(...sealed), index.subarray(start, end))
  }
}

export function badIndex(): EnvelopeError {
  return new EnvelopeError('bad-index', 'the start of the payload is not the signed one: download it again')
}

export function badChunk(i: number): EnvelopeError {
  return new EnvelopeError('bad-chunk', `chunk ${i} is not the signed one: download it again`)
}
