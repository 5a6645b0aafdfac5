import { concatBytes, xorBytes, bigEndian } from '../bytes.js'
import { ascii } from '../text.js'
import { hkdfExpand } from './hkdf.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from './backend.js'

const KEY_SIZE = 32
const NONCE_SIZE = 12
const COMMITMENT_SIZE = 32
const C2SP_INFO = 'c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'

/** What one session key and salt give for a body: c2sp.org/chunked-encryption with AES-256-GCM and HKDF-SHA-512. */
export interface BodyKeys {
  /** AES-256-GCM key, 32 bytes. */
  readonly key: Bytes
  /** 12 bytes. */
  readonly baseNonce: Bytes
  /** 32 bytes, public: it binds the body to one session key. */
  readonly commitment: Bytes
}

/**
 * Derives the keys of a body.
 *
 * @param sessionKey 32 bytes
 * @param salt 24 bytes
 * @param context bound into the keys; empty is C2SP to the byte
 */
export async function deriveBodyKeys(
  backend: DeviceBackend,
  sessionKey: Bytes,
  salt: Bytes,
  context: Bytes,
): Promise<BodyKeys> {
  // R29
  const info = concatBytes(ascii(C2SP_INFO), salt, context)
  const output = await hkdfExpand(backend, 'SHA-512', sessionKey, info, KEY_SIZE + NONCE_SIZE + COMMITMENT_SIZE)
  return {
    key: output.slice(0, KEY_SIZE),
    baseNonce: output.slice(KEY_SIZE, KEY_SIZE + NONCE_SIZE),
    commitment: output.slice(KEY_SIZE + NONCE_SIZE),
  }
}

/** The context of a chunk size: 16 KiB is C2SP's own, any other is named. */ // R30
export function chunkContext(chunkSize: number): Bytes {
  return ascii(chunkSize === 16_384 ? '' : `otaseal chunk=${chunkSize}`)
}

/** The nonce of chunk `i`: base nonce XOR i. The only place where a body's nonces are made. */ // R31
export function chunkNonce(baseNonce: Bytes, i: number): Bytes {
  return xorBytes(baseNonce, bigEndian(i, NONCE_SIZE))
}

/** The 32-byte pad that seals and opens the checksum of the plaintext. */ // R32
export async function checksumPad(backend: DeviceBackend, sessionKey: Bytes, salt: Bytes): Promise<Bytes> {
  return hkdfExpand(backend, 'SHA-512', sessionKey, concatBytes(ascii('otaseal v2 checksum'), salt), 32)
}
