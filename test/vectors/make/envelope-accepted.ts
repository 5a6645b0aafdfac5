import { CHUNK, CREATED, NOW, fromBase64url, keys, link, seal } from './publisher.js'
import { acceptedEnvelope as accepted, jwk, pemOf, publicOf, publisher, storeOf } from './vectors.js'
import type { EncryptOptions } from '../../../src/build/options.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { Vector } from '../vector.js'

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 500]

/** Envelopes of which nothing is wrong. */
export async function acceptedVectors(): Promise<readonly Vector[]> {
  return [...(await sizes()), ...(await signers()), ...(await readers()), ...(await claims())]
}

async function sizes(): Promise<readonly Vector[]> {
  const vectors: Vector[] = []
  for (const size of SIZES) vectors.push(accepted(`Ed25519, a bundle of ${size} bytes`, size, await seal(size), { trust: pemOf(publisher) }))
  return vectors
}

async function signers(): Promise<readonly Vector[]> {
  const rsa = publicOf(keys.rsa4096)
  const both = await seal(100, { signer: [keys.ed25519, keys.rsa4096] })
  const scope = { notBefore: CREATED, notAfter: 4_000_000_000, apps: ['com.example.app'], channels: ['production'], maxSequence: 2000 }
  const chain = await link(keys.ed25519, { key: publicOf(keys.second), ...scope })
  return [
    accepted('RSA-4096', 100, await seal(100, { signer: keys.rsa4096 }), { trust: pemOf(rsa) }),
    accepted('two signatures, Ed25519 and RSA-4096, of a trust store that demands two', 100, both, {
      trust: storeOf([{ key: publisher }, { key: rsa }], { threshold: 2 }),
    }),
    accepted('two signatures, of which the device knows one key', 100, both),
    accepted('a release key that a link names', 100, await seal(100, { signer: keys.second, chain, roots: publisher })),
    accepted('a retired key, up to its lastSequence', 100, await seal(100), { trust: storeOf([{ key: publisher, status: 'retired', lastSequence: 1000 }, { key: rsa }]) }),
  ]
}

async function readers(): Promise<readonly Vector[]> {
  const secret = fromBase64url(keys.secret)
  const { kty, crv, x, y } = keys.p256
  const recipients = { secret, x25519: publicOf(keys.x25519), p256: { kty, crv, x, y } }
  const sealFor = async (...list: NonNullable<EncryptOptions['readers']>): Promise<EnvelopeParts> => seal(100, { readers: list })
  return [
    accepted('a key slot for a secret', 100, await sealFor(secret), { reader: { secret: keys.secret } }),
    accepted('a key slot for an X25519 key', 100, await sealFor(recipients.x25519), { reader: jwk(keys.x25519) }),
    accepted('a key slot for a P-256 key', 100, await sealFor(recipients.p256), { reader: jwk(keys.p256) }),
    accepted('three key slots, of which the last fits', 100, await sealFor(recipients.x25519, recipients.p256, secret), { reader: { secret: keys.secret } }),
  ]
}

async function claims(): Promise<readonly Vector[]> {
  const all = await seal(100, { runtime: 'ios-7', type: 'application/zip', expires: NOW + 1, meta: { note: 'Zug fährt ab 🚂' } })
  return [
    accepted('all optional members, and a device that demands them', 100, all, { runtime: 'ios-7', type: 'application/zip', maxSize: 100 }),
    accepted('expired a minute ago, which clockTolerance forgives', 100, all, { now: NOW + 61, clockTolerance: 61 }),
    accepted('no channel, and no demand', 100, await seal(100, { channel: undefined }), { app: null, channel: null, lastSequence: null }),
    accepted('chunks of 262,144 bytes', 100, await seal(100, { chunkSize: 262_144 })),
  ]
}
