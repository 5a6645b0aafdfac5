import { bigEndian, concatBytes } from '../bytes.js'
import { ascii } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { DeviceBackend } from './backend.js'

const HASH_SIZE = 32

/** What a key is derived for: RFC 7518 section 4.6.2. */
export interface KdfInfo {
  /** The JWA name that stands for AlgorithmID. */
  readonly algorithm: string
  /** PartyUInfo, decoded. */
  readonly apu: Bytes
  /** PartyVInfo, decoded. */
  readonly apv: Bytes
  /** Bytes of the key, at most 32: one round of the hash. */
  readonly size: number
}

/** A key from a shared secret: the Concat KDF of NIST SP 800-56A section 5.8.1 with SHA-256, as JWA has it. */
export async function concatKdf(backend: Pick<DeviceBackend, 'sha256'>, secret: Bytes, info: KdfInfo): Promise<Bytes> {
  if (info.size > HASH_SIZE) throw new RangeError(`one round of the Concat KDF makes at most ${HASH_SIZE} bytes`)
  const parts = [ascii(info.algorithm), info.apu, info.apv].map((part) => concatBytes(bigEndian(part.length, 4), part))
  const digest = await backend.sha256(concatBytes(bigEndian(1, 4), secret, ...parts, bigEndian(8 * info.size, 4)))
  return digest.slice(0, info.size)
}
