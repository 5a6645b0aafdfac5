import { concatBytes, equalBytes, xorBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { checksumPad, chunkContext, chunkNonce, deriveBodyKeys } from '../crypto/chunked.js'
import { digestRange } from '../format/geometry.js'
import { openSlot, secretReader, signerReader } from '../keys/slots.js'
import { base64urlDecode, hexEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { BodyKeys } from '../crypto/chunked.js'
import type { Header } from '../format/header.js'
import type { Policy } from './options.js'
import type { VerifiedHead } from './verify-head.js'

/** A verified head with its session key: what can decrypt, once the index is known. */
export interface OpenedBody {
  /** The signed header, its checksum opened to the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
  /** SHA-256 of the bundle, 32 bytes. */
  readonly checksum: Bytes
  /** The chunk step, for an index block that is the signed one. */
  readonly withIndex: (indexBlock: Bytes) => Promise<ChunkStep>
}

/**
 * Decrypts encrypted chunk `i`: first its digest must be the signed one, then its tag must hold.
 * `ciphertext` and `tag` must stay unchanged until the promise settles.
 */
export type ChunkStep = (i: number, ciphertext: Bytes, tag: Bytes) => Promise<Bytes>

/** The binary members of a signed header, decoded once: what is handed out may be changed, what is checked may not. */
interface SignedBody {
  readonly salt: Bytes
  readonly commitment: Bytes
  readonly indexDigest: Bytes
}

/**
 * Finds the session key that fits the signed commitment and opens what the header seals.
 *
 * @throws EnvelopeError `no-reader-key`
 */
export async function openBody(head: VerifiedHead, policy: Policy): Promise<OpenedBody> {
  const { body, bundle } = head.header
  const signed: SignedBody = {
    salt: decoded(body.salt),
    commitment: decoded(body.commitment),
    indexDigest: decoded(body.index),
  }
  const { sessionKey, keys } = await findSessionKey(head, signed, policy)
  const checksum = xorBytes(decoded(bundle.checksum), await checksumPad(policy.backend, sessionKey, signed.salt))
  return {
    header: openedHeader(head.header, hexEncode(checksum)),
    signers: Object.freeze(head.signers.map(({ kid }) => kid)),
    checksum,
    withIndex: async (indexBlock) => {
      await checkIndexBlock(signed, indexBlock, policy)
      return chunkStep(keys, indexBlock, policy)
    },
  }
}

/** Binary members have passed the header's checks, so they decode. */
function decoded(text: string): Bytes {
  return base64urlDecode(text) as Bytes
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

async function findSessionKey(
  head: VerifiedHead,
  { salt, commitment }: SignedBody,
  { backend, secret }: Policy,
): Promise<{ sessionKey: Bytes; keys: BodyKeys }> {
  const readers = await Promise.all(
    secret === undefined ? head.signers.map((key) => signerReader(key, backend)) : [secretReader(secret, backend)],
  )
  const context = chunkContext(head.geometry.chunkSize)
  for (const slot of head.slots) {
    const sessionKey = await openSlot(slot, readers, backend)
    if (sessionKey === undefined) continue
    const keys = await deriveBodyKeys(backend, sessionKey, salt, context)
    // R36
    if (equalBytes(keys.commitment, commitment)) return { sessionKey, keys }
  }
  throw new EnvelopeError(
    'no-reader-key',
    secret === undefined
      ? 'no key slot is for the trusted key: pass the reader that the publisher encrypted for'
      : 'no key slot is for this reader: check that publisher and app share the same secret',
  )
}

/** Refuses an index block that is not the signed one: its salt and commitment, then its digest. */
async function checkIndexBlock(signed: SignedBody, indexBlock: Bytes, { backend }: Policy): Promise<void> {
  const prefix = concatBytes(signed.salt, signed.commitment)
  const digest = await backend.sha256(indexBlock)
  // R39, R40
  const holds = equalBytes(indexBlock.subarray(-prefix.length), prefix) && equalBytes(digest, signed.indexDigest)
  if (!holds) throw new EnvelopeError('bad-index', 'the start of the payload is not the signed one: download it again')
}

async function chunkStep(keys: BodyKeys, indexBlock: Bytes, { backend }: Policy): Promise<ChunkStep> {
  const opener = await backend.gcmOpener(keys.key)
  return async (i, ciphertext, tag) => {
    // R41
    const { start, end } = digestRange(i)
    if (!equalBytes(await backend.sha256(ciphertext, tag), indexBlock.subarray(start, end))) throw badChunk(i)
    const plaintext = await opener.open(chunkNonce(keys.baseNonce, i), ciphertext, tag)
    if (plaintext?.length !== ciphertext.length) throw badChunk(i)
    return plaintext
  }
}

function badChunk(i: number): EnvelopeError {
  return new EnvelopeError('bad-chunk', `chunk ${i} is not the signed one: download it again`)
}
