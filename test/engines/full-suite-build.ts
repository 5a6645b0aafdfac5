import { addReaders, encryptBundle, generateKeyPair, joinEnvelope, splitEnvelope } from '../../src/build.js'
import { EnvelopeError, openEnvelope, verifyAndDecrypt, verifyEnvelope } from '../../src/device.js'
import { check, hex, refused, same } from './assert.js'
import { CHUNK, flipped, joined, pattern } from './data.js'
import { accepting, backends, claims, keys, seal } from './fixtures.js'
import type { NamedBackend } from './fixtures.js'
import type { EngineTest } from './contract.js'
import type { ErrorCode } from '../../src/device.js'

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 500]
const SECRET = pattern(32, 9)

/** Who may read, as a publisher names them and as a device has them. */
const readerKinds = {
  'whoever has the public key': async () => ({ readers: undefined, reader: undefined }),
  'a shared secret': async () => ({ readers: [SECRET], reader: SECRET }),
  'an X25519 key': async () => ({ readers: [(await keys.x25519()).publicKey], reader: (await keys.x25519()).privateKey }),
  'a P-256 key': async () => ({ readers: [(await keys.p256()).publicKey], reader: (await keys.p256()).privateKey }),
} as const

const signerKinds = { Ed25519: keys.ed25519, 'RSA-4096': keys.rsa } as const

/** Lengths from the specification's own words, not from the library's geometry. */
function payloadLength(size: number): number {
  const chunks = Math.floor(size / CHUNK) + 1
  return 32 * chunks + 24 + 32 + size + 16 * chunks
}

const roundTrips = Object.entries(signerKinds).flatMap(([type, signer]) =>
  Object.entries(readerKinds).map(([who, kind]): EngineTest => ({
    name: `bundles of each size, signed by ${type} for ${who}, come back`,
    run: async () => {
      const [{ privateKey, publicKey }, { readers, reader }] = [await signer(), await kind()]
      for (const size of SIZES) {
        const bundle = pattern(size, size + 1)
        const envelope = await seal(bundle, { signer: privateKey, readers })
        same(envelope.payload.length, payloadLength(size), `the payload of ${size} bytes`)
        const opened = await verifyAndDecrypt(envelope.toBytes(), await accepting({ trust: publicKey, reader }))
        same(opened.bundle, bundle, `the bundle of ${size} bytes`)
        same(opened.header.bundle.checksum, hex(new Uint8Array(await sha256(bundle))), 'the checksum')
      }
    },
  })),
)

/** By the platform's own hash, which is asked past the package. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', bytes)
}

const pairs = backends.flatMap((publisher) => backends.map((device): EngineTest => crossed(publisher, device)))

function crossed(publisher: NamedBackend, device: NamedBackend): EngineTest {
  return {
    name: `what ${publisher.title} has sealed is opened by ${device.title}`,
    run: async () => {
      const bundle = pattern(2 * CHUNK + 500)
      for (const kind of Object.values(readerKinds)) {
        const { readers, reader } = await kind()
        const envelope = await seal(bundle, { readers, backend: publisher.backend })
        const opened = await verifyAndDecrypt(envelope, await accepting({ reader, backend: device.backend }))
        same(opened.bundle, bundle, 'the bundle')
      }
      const { privateKey, publicKey } = await keys.rsa()
      const envelope = await seal(bundle, { signer: privateKey, backend: publisher.backend })
      same((await verifyAndDecrypt(envelope, await accepting({ trust: publicKey, backend: device.backend }))).bundle, bundle, 'by RSA')
    },
  }
}

const generated = backends.map(({ title, backend }): EngineTest => ({
  name: `keys that ${title} makes sign, and open`,
  run: async () => {
    const publisher = await generateKeyPair('Ed25519', { backend })
    for (const type of ['X25519', 'P-256'] as const) {
      const reader = await generateKeyPair(type, { backend })
      const envelope = await encryptBundle(pattern(100), { signer: publisher.privateKey, ...claims, readers: [reader.publicKey] })
      const opened = await verifyAndDecrypt(envelope, await accepting({ trust: publisher.publicKey, reader: reader.privateKey }))
      same(opened.bundle, pattern(100), type)
      same(opened.signers, [publisher.kid], 'the signers')
    }
  },
}))

const refusals: readonly (readonly [string, ErrorCode, (parts: { head: string; payload: Uint8Array<ArrayBuffer> }) => Uint8Array])[] = [
  ['a changed chunk', 'bad-chunk', ({ head, payload }) => joinEnvelope(head, flipped(payload, payload.length - 1))],
  ['a changed index', 'bad-index', ({ head, payload }) => joinEnvelope(head, flipped(payload, 0))],
  ['a cut payload', 'truncated', ({ head, payload }) => joinEnvelope(head, payload.subarray(0, -1))],
  ['a longer payload', 'trailing-data', ({ head, payload }) => joinEnvelope(head, joined(payload, Uint8Array.of(0)))],
  ['a changed header', 'bad-signature', ({ head, payload }) => joinEnvelope(head.replace(/"payload":"(.)/, (_, c: string) => `"payload":"${c === 'e' ? 'f' : 'e'}`), payload)],
]

const refusing = backends.flatMap(({ title, backend }) => refusals.map(([what, code, damage]): EngineTest => ({
  name: `${what} is refused by ${title} as ${code}`,
  run: async () => {
    const envelope = await seal(pattern(CHUNK + 7))
    const damaged = damage({ head: envelope.head, payload: envelope.payload })
    const device = await accepting({ backend })
    // A changed first letter of the signed member may be no JSON any more, which is seen before its signature is looked at.
    const codes = code === 'bad-signature' ? [code, 'malformed-head'] : [code]
    const error = await verifyAndDecrypt(damaged, device).then(() => undefined, (error: unknown) => error)
    check(error instanceof EnvelopeError && codes.includes(error.code), `it ends with ${String(error)}`)
  },
})))

const calls: readonly EngineTest[] = [
  {
    name: 'a head is opened first, and its chunks in any order',
    run: async () => {
      const bundle = pattern(3 * CHUNK + 77)
      const { head, payload } = splitEnvelope((await seal(bundle)).toBytes())
      const opened = await openEnvelope(head, await accepting())
      const part = ({ start, end }: { readonly start: number; readonly end: number }): Uint8Array => payload.subarray(start, end)
      await opened.setIndex(part(opened.indexRange))
      for (const i of [3, 0, 2, 1, 0]) {
        same(await opened.decryptChunk(i, part(opened.chunkRange(i))), bundle.subarray(i * CHUNK, (i + 1) * CHUNK), `chunk ${i}`)
      }
      await refused(() => opened.decryptChunk(1, part(opened.chunkRange(2))), 'bad-chunk')
    },
  },
  {
    name: 'a server without a reader key verifies an envelope',
    run: async () => {
      const envelope = await seal(pattern(CHUNK), { readers: [SECRET] })
      const { publicKey } = await keys.ed25519()
      same((await verifyEnvelope(envelope, { trust: publicKey })).header.sequence, 1000, 'the sequence')
      const { head, payload } = envelope
      await refused(() => verifyEnvelope({ head, payload: flipped(payload, payload.length - 1) }, { trust: publicKey }), 'bad-chunk')
    },
  },
  {
    name: 'a reader is added to a head afterwards',
    run: async () => {
      const { head, payload } = await seal(pattern(100), { readers: [SECRET] })
      const { privateKey, publicKey } = await keys.x25519()
      await refused(async () => verifyAndDecrypt({ head, payload }, await accepting({ reader: privateKey })), 'no-reader-key')
      const { publicKey: trust } = await keys.ed25519()
      const added = await addReaders(head, { trust, reader: SECRET, readers: [publicKey] })
      same((await verifyAndDecrypt({ head: added, payload }, await accepting({ reader: privateKey }))).bundle, pattern(100), 'the bundle')
    },
  },
  {
    name: 'the memory of a bundle and of an envelope may be used again at once',
    run: async () => {
      const bundle = pattern(CHUNK + 9)
      const given = new Uint8Array(bundle)
      const { privateKey } = await keys.ed25519()
      const sealing = encryptBundle(given, { signer: privateKey, ...claims })
      given.fill(0)
      const envelope = (await sealing).toBytes()
      const view = joined(new Uint8Array(5), envelope).subarray(5)
      const opening = verifyAndDecrypt(view, await accepting())
      view.fill(0)
      same((await opening).bundle, bundle, 'the bundle')
    },
  },
]

export const buildTests: readonly EngineTest[] = [...roundTrips, ...pairs, ...generated, ...refusing, ...calls]
