/*
 * What stands for a key service in the tests of docs/adapters. It signs digests by itself, as services do: padded here by RFC 8017
 * section 9.1.1, and raised to the private exponent by node:crypto.
 */
import { constants, createHash, privateEncrypt, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A key in the service, as tests set it. */
export interface ServiceKey {
  readonly id: string
  readonly key: KeyObject
}

interface Shared {
  otasealTestService?: ServiceKey & { readonly requests: unknown[] }
}

const shared = globalThis as Shared

/** Sets the one key of the service; gives the list of the requests from then on. The adapters are bundled with a copy of this module. */
export function setKey(key: ServiceKey): readonly unknown[] {
  const requests: unknown[] = []
  shared.otasealTestService = { ...key, requests }
  return requests
}

/** The key, for a request that names it. */
export function keyFor(id: string | undefined, request: unknown): KeyObject {
  const service = shared.otasealTestService
  if (service === undefined || id !== service.id) throw new Error(`NotFoundException: ${id ?? 'no key'}`)
  service.requests.push(request)
  return service.key
}

/** RSASSA-PSS of a SHA-256 digest, with MGF1 with SHA-256. */
export function signDigest(key: KeyObject, digest: Uint8Array, saltLength = 32): Buffer {
  if (digest.length !== 32) throw new Error(`ValidationException: Digest is invalid length for algorithm: ${digest.length}`)
  const length = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  const salt = randomBytes(saltLength)
  const hash = sha256(Buffer.alloc(8), digest, salt)
  const data = Buffer.concat([Buffer.alloc(length - saltLength - hash.length - 2), Buffer.of(1), salt])
  const mask = Buffer.concat(Array.from({ length: Math.ceil(data.length / 32) }, (_, i) => sha256(hash, Buffer.of(0, 0, 0, i))))
  const masked = data.map((byte, i) => byte ^ (mask[i] as number))
  masked[0] = (masked[0] as number) & 0x7f
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, hash, Buffer.of(0xbc)]))
}

export function signEd25519(key: KeyObject, message: Uint8Array): Buffer {
  return sign(null, message, key)
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}
