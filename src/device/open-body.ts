import { equalBytes, xorBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checksumPad, chunkNonce } from '../crypto/chunked.js'
import { hexEncode } from '../text.js'
import { findSessionKey } from './session-key.js'
import { badChunk, signedBody, verifyIndex } from './signed-index.js'
import type { Bytes } from '../bytes.js'
import type { GcmOpener } from '../crypto/backend.js'
import type { BodyKeys } from '../crypto/chunked.js'
import type { Header } from '../format/header.js'
import type { Policy } from './options.js'
import type { DigestCheck } from './signed-index.js'
import type { VerifiedHead } from './verify-head.js'

/** A verified head with its session key: what can decrypt, once the index is known. */
export interface OpenedBody {
  /** The signed header, its checksum opened to the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
  /** SHA-256 of the bundle, 32 bytes. */
  readonly checksum: Bytes
  readonly keys: BodyKeys
  /**
   * What the first bytes of the payload open, if they are the signed ones.
   *
   * @throws EnvelopeError `bad-index`
   */
  readonly withIndex: (indexBlock: Bytes) => Promise<OpenedIndex>
}

/** Encrypted chunks can be judged now. */
export interface OpenedIndex {
  readonly isSigned: DigestCheck
  readonly step: ChunkStep
}

/**
 * Decrypts encrypted chunk `i`: first its digest must be the signed one, then its tag must hold.
 * `ciphertext` and `tag` must stay unchanged until the promise settles.
 */
export type ChunkStep = (i: number, ciphertext: Bytes, tag: Bytes) => Promise<Bytes>

/**
 * Finds the session key that fits the signed commitment and opens what the header seals.
 *
 * @throws EnvelopeError `no-reader-key`, `bad-key`, `backend-unavailable`, `aborted`
 */
export async function openBody(head: VerifiedHead, policy: Policy): Promise<OpenedBody> {
  const { backend } = policy
  const signed = signedBody(head.header)
  const { sessionKey, keys } = await findSessionKey(head, policy)
  const checksum = xorBytes(signed.checksum, await checksumPad(backend, sessionKey, signed.salt))
  return {
    header: openedHeader(head.header, hexEncode(checksum)),
    signers: Object.freeze(head.signers.map(({ kid }) => kid)),
    checksum,
    keys,
    withIndex: async (indexBlock) => {
      const isSigned = await verifyIndex(signed, indexBlock, backend)
      return { isSigned, step: chunkStep(isSigned, keys, await backend.gcmOpener(keys.key)) }
    },
  }
}

function openedHeader(header: Header, checksum: string): Header {
  const { bundle, body, meta } = header
  return Object.freeze({
    ...header,
    bundle: Object.freeze({ ...bundle, checksum }),
    body: Object.freeze({ ...body }),
    ...(meta !== undefined && { meta: Object.freeze({ ...meta }) }),
  })
}

/** The step for chunks that `isSigned` judges. */
export function chunkStep(isSigned: DigestCheck, keys: BodyKeys, opener: GcmOpener): ChunkStep {
  return async (i, ciphertext, tag) => {
    // R41
    if (!(await isSigned(i, ciphertext, tag))) throw badChunk(i)
    const plaintext = await opener.open(chunkNonce(keys.baseNonce, i), ciphertext, tag)
    if (plaintext?.length !== ciphertext.length) throw badChunk(i)
    return plaintext
  }
}

/**
 * Holds SHA-256 of the whole bundle against the opened checksum.
 *
 * @throws EnvelopeError `bad-checksum`
 */
export function checkChecksum(digest: Bytes, { checksum }: OpenedBody): void {
  if (equalBytes(digest, checksum)) return // R42
  throw new EnvelopeError('bad-checksum', 'the bundle does not have its signed checksum: the publisher must publish it again')
}
