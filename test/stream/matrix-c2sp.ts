import { createHash } from 'node:crypto'
import { concatBytes, xorBytes } from '../../src/bytes.js'
import { readPlan } from '../../src/build/options.js'
import { sealHead } from '../../src/build/seal-head.js'
import { readSigners } from '../../src/build/signers.js'
import { checksumPad, chunkContext, deriveBodyKeys } from '../../src/crypto/chunked.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { geometryOf, sealedRange, sizeOfBody } from '../../src/format/geometry.js'
import { base64urlEncode } from '../../src/text.js'
import { CHUNK } from '../envelope/helpers.js'
import type { Bytes } from '../../src/bytes.js'
import type { ChunkSize, EnvelopeParts } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

const SALT = 24
const PREFIX = 56

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest())

/** The size that a body of `length` bytes has, or the smallest one whose body is longer. */
function sizeFor(length: number): number {
  for (let more = 0; ; more++) {
    const size = sizeOfBody(length + more, CHUNK)
    if (size !== undefined) return size
  }
}

/**
 * An envelope whose body is a C2SP ciphertext as it is, under a session key. Its publisher signs whatever it is given: salt,
 * commitment and the digest of every chunk are those of the ciphertext. So only the commitment, the tags and the lengths
 * are left to refuse it.
 *
 * @param plaintext what the ciphertext holds, for the checksum; where it holds nothing valid, anything
 */
export async function envelopeAround(
  signer: TestSigner,
  key: Bytes,
  ciphertext: Bytes,
  plaintext: Bytes = new Uint8Array(0),
): Promise<EnvelopeParts> {
  const plan = readPlan({
    signer: signer.privateKey, app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production',
    chunkSize: CHUNK, backend: nodeBackend,
  })
  const geometry = geometryOf(sizeFor(ciphertext.length), CHUNK)
  const bodyStart = geometry.indexRange.end - PREFIX
  const digests = Array.from({ length: geometry.chunks }, (_, i) => {
    const { start, end } = sealedRange(geometry, i)
    return sha256(ciphertext.subarray(start - bodyStart, end - bodyStart))
  })
  // Where the ciphertext ends before they do, they are what the key would give: the length alone is wrong then.
  const salt = concatBytes(ciphertext.subarray(0, SALT), new Uint8Array(SALT)).slice(0, SALT)
  const derived = await deriveBodyKeys(nodeBackend, key, salt, chunkContext(CHUNK))
  const commitment = ciphertext.length < PREFIX ? derived.commitment : ciphertext.slice(SALT, PREFIX)
  const indexBlock = concatBytes(...digests, salt, commitment)
  const described = {
    bundle: {
      size: geometry.size,
      checksum: base64urlEncode(xorBytes(sha256(plaintext), await checksumPad(nodeBackend, key, salt))),
      type: plan.type,
    },
    body: {
      alg: 'AES-256-GCM' as const,
      chunk: CHUNK as ChunkSize,
      salt: base64urlEncode(salt),
      commitment: base64urlEncode(commitment),
      index: base64urlEncode(sha256(indexBlock)),
    },
  }
  return { head: await sealHead(described, key, await readSigners(plan), plan), payload: concatBytes(...digests, ciphertext) }
}
