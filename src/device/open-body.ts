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
  /** SHA-256 of the bundle, 32 bytes. */
  readonly checksum: Bytes
  /** The chunk step, for an index block that is the signed one. */
  readonly withIndex: (indexBlock: Bytes) => Promise<ChunkStep>
}

/**
 * Decrypts encrypted chunk `i`: first its digest must be the signed one, then its tag must hold.
 * `sealed` must stay unchanged until the promise settles.
 */
export type ChunkStep = (i: number, sealed: Bytes) => Promise<Bytes>

/**
 * Finds the session key that fits the signed commitment and opens what the header seals.
 *
 * @throws EnvelopeError `no-reader-key`
 */
export async function openBody(head: VerifiedHead, policy: Policy): Promise<OpenedBody> {
  const { sessionKey, keys } = await findSessionKey(head, policy)
  const pad = await checksumPad(policy.backend, sessionKey, signedBytes(head.header.body.salt))
  const checksum = xorBytes(signedBytes(head.header.bundle.checksum), pad)
  const { bundle } = head.header
  return {
    header: { ...head.header, bundle: { ...bundle, checksum: hexEncode(checksum) } },
    checksum,
    withIndex: async (indexBlock) => {
      await checkIndexBlock(head, indexBlock, policy)
      return chunkStep(keys, indexBlock, policy)
    },
  }
}

/** Binary members have passed the header's checks, so they decode. */
function signedBytes(text: string): Bytes {
  return base64urlDecode(text) as Bytes
}

async function findSessionKey(head: VerifiedHead, { backend, secret }: Policy): Promise<{ sessionKey: Bytes; keys: BodyKeys }> {
  const { salt, commitment, chunk } = head.header.body
  const readers = await Promise.all(
    secret === undefined ? head.signers.map((key) => signerReader(key, backend)) : [secretReader(secret, backend)],
  )
  for (const slot of head.slots) {
    const sessionKey = await openSlot(slot, readers, backend)
    if (sessionKey === undefined) continue
    const keys = await deriveBodyKeys(backend, sessionKey, signedBytes(salt), chunkContext(chunk))
    // R36
    if (equalBytes(keys.commitment, signedBytes(commitment))) return { sessionKey, keys }
  }
  throw new EnvelopeError(
    'no-reader-key',
    secret === undefined
      ? 'no key slot is for the trusted key: pass the reader that the publisher encrypted for'
      : 'no key slot is for this reader: check that publisher and app share the same secret',
  )
}

/** Refuses an index block that is not the signed one: its salt and commitment, then its digest. */
async function checkIndexBlock(head: VerifiedHead, indexBlock: Bytes, { backend }: Policy): Promise<void> {
  const { salt, commitment, index } = head.header.body
  const prefix = concatBytes(signedBytes(salt), signedBytes(commitment))
  const digest = await backend.sha256(indexBlock)
  // R39, R40
  const holds = equalBytes(indexBlock.subarray(-prefix.length), prefix) && equalBytes(digest, signedBytes(index))
  if (!holds) throw new EnvelopeError('bad-index', 'the start of the payload is not the signed one: download it again')
}

async function chunkStep(keys: BodyKeys, indexBlock: Bytes, { backend }: Policy): Promise<ChunkStep> {
  const opener = await backend.gcmOpener(keys.key)
  return async (i, sealed) => {
    // R41
    const { start, end } = digestRange(i)
    if (!equalBytes(await backend.sha256(sealed), indexBlock.subarray(start, end))) throw badChunk(i)
    const plaintext = await opener.open(chunkNonce(keys.baseNonce, i), sealed)
    if (plaintext === undefined) throw badChunk(i)
    return plaintext
  }
}

function badChunk(i: number): EnvelopeError {
  return new EnvelopeError('bad-chunk', `chunk ${i} is not the signed one: download it again`)
}
