import { ByteReader, asBytes, concatBytes, equalBytes } from '../../src/bytes.js'
import { chunkNonce, deriveBodyKeys } from '../../src/crypto/chunked.js'
import { geometryOf, plainRange, sealedRange, sizeOfBody } from '../../src/format/geometry.js'
import { COMMITMENT_SIZE, SALT_SIZE } from '../../src/format/limits.js'
import { KEY_SIZE } from '../../src/keys/slots.js'
import { openSealed } from '../backends.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend, DeviceBackend } from '../../src/crypto/backend.js'

const CHUNK = 16_384

/** A C2SP ciphertext is a payload without its index: the same geometry, moved. */
function bodyRange(size: number, i: number): readonly [number, number] {
  const geometry = geometryOf(size, CHUNK)
  const bodyStart = geometry.indexRange.end - SALT_SIZE - COMMITMENT_SIZE
  const { start, end } = sealedRange(geometry, i)
  return [start - bodyStart, end - bodyStart]
}

/** Opens a C2SP chunked-encryption ciphertext with the library's own parts; `undefined` where it is not one. */
export async function openC2sp(
  backend: DeviceBackend,
  key: Bytes,
  context: Bytes,
  ciphertext: Bytes,
): Promise<Bytes | undefined> {
  const size = sizeOfBody(ciphertext.length, CHUNK)
  if (size === undefined || key.length !== KEY_SIZE) return undefined
  const reader = new ByteReader(ciphertext)
  const salt = asBytes(reader.take(SALT_SIZE, 'truncated', 'salt'), 'salt')
  const keys = await deriveBodyKeys(backend, key, salt, context)
  if (!equalBytes(keys.commitment, reader.take(COMMITMENT_SIZE, 'truncated', 'commitment'))) return undefined
  const opener = await backend.gcmOpener(keys.key)
  const parts: Bytes[] = []
  for (let i = 0; i < geometryOf(size, CHUNK).chunks; i++) {
    const part = await openSealed(opener, chunkNonce(keys.baseNonce, i), ciphertext.subarray(...bodyRange(size, i)))
    if (part === undefined) return undefined
    parts.push(part)
  }
  return concatBytes(...parts)
}

/** What {@link openC2sp} opens, under a given salt. */
export async function sealC2sp(
  backend: Backend,
  key: Bytes,
  context: Bytes,
  salt: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  const keys = await deriveBodyKeys(backend, key, salt, context)
  const geometry = geometryOf(plaintext.length, CHUNK)
  const sealer = await backend.gcmSealer(keys.key)
  const parts = [salt, keys.commitment]
  for (let i = 0; i < geometry.chunks; i++) {
    const { start, end } = plainRange(geometry, i)
    parts.push(await sealer.seal(chunkNonce(keys.baseNonce, i), plaintext.subarray(start, end)))
  }
  return concatBytes(...parts)
}
