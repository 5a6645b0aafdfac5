import { encryptBundle, generateKeyPair } from '../../src/build.js'
import { buildBackend as webBackend } from '../../src/backend/build-web.js'
import { nobleBackend } from '../../src/noble.js'
import { CHUNK } from './data.js'
import type { Backend, EncryptOptions, Envelope, KeyPair } from '../../src/build.js'
import type { DeviceOptions } from '../../src/device.js'

export { webBackend }

/** A backend as it is passed; `undefined` is the one that the package chooses in this engine. */
export interface NamedBackend {
  readonly title: string
  readonly backend: Backend | undefined
}

export const backends: readonly NamedBackend[] = [
  { title: 'the default backend', backend: undefined },
  { title: 'WebCrypto', backend: webBackend },
  { title: 'noble', backend: nobleBackend },
]

/** Makes something at its first use, and gives the same ever after. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => (made ??= make())
}

/** Key pairs that this engine makes, each once. */
export const keys: Readonly<Record<'ed25519' | 'other' | 'rsa' | 'x25519' | 'p256', () => Promise<KeyPair>>> = {
  ed25519: once(async () => generateKeyPair('Ed25519')),
  other: once(async () => generateKeyPair('Ed25519')),
  rsa: once(async () => generateKeyPair()),
  x25519: once(async () => generateKeyPair('X25519')),
  p256: once(async () => generateKeyPair('P-256')),
}

export const claims = { app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production', chunkSize: CHUNK } as const

/** An envelope by the Ed25519 key, unless another signs. */
export async function seal(bundle: Uint8Array, more: Partial<EncryptOptions> = {}): Promise<Envelope> {
  return encryptBundle(bundle, { signer: (await keys.ed25519()).privateKey, ...claims, ...more })
}

/** A device that accepts what {@link seal} makes. */
export async function accepting(more: Partial<DeviceOptions> = {}): Promise<DeviceOptions> {
  return { trust: (await keys.ed25519()).publicKey, app: claims.app, channel: claims.channel, lastSequence: 999, ...more }
}
