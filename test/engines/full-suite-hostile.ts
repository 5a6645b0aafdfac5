import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { nobleBackend } from '../../src/noble.js'
import { check, hex, same, thrown } from './assert.js'
import { base64url, flipped, joined, pattern } from './data.js'
import { webBackend } from './fixtures.js'
import { fromHex } from './vectors.js'
import type { Backend } from '../../src/build.js'
import type { EngineTest } from './contract.js'
import type { VerifyingKey } from './keys.js'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const SEED = pattern(32, 3)
const MESSAGE = pattern(8)
const OWN = ed25519.getPublicKey(SEED)
const KEY = pattern(32, 4)
const NONCE = pattern(12, 5)

function keyOf(x: Uint8Array): VerifyingKey {
  return { algorithm: 'Ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url(x) }, spki: joined(fromHex('302a300506032b6570032100'), x) }
}

const littleEndian = (number: bigint): Uint8Array<ArrayBuffer> => fromHex(number.toString(16).padStart(64, '0')).reverse()
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${hex(new Uint8Array(bytes).reverse())}`)

/** What RFC 8032 section 5.1.6 computes, with R moved by a point of small order: only the equation with cofactor holds. */
function signWithTorsion(nonce: bigint, torsion: number): Uint8Array<ArrayBuffer> {
  const { scalar } = ed25519.utils.getExtendedPublicKey(SEED)
  const r = Point.BASE.multiplyUnsafe(nonce).add(Point.fromHex(ED25519_TORSION_SUBGROUP[torsion] as string)).toBytes()
  const k = Point.Fn.create(numberOf(sha512(joined(r, OWN, MESSAGE))))
  return joined(r, littleEndian(Point.Fn.create(nonce + k * scalar)))
}

async function holds(backend: Backend, signature: Uint8Array<ArrayBuffer>, x: Uint8Array = OWN): Promise<boolean> {
  return backend.verify(keyOf(x), signature, MESSAGE)
}

const signatures = (backend: Backend): readonly EngineTest[] => [
  {
    name: 'refuses Ed25519 signatures whose R has a torsion component, or is of small order',
    run: async () => {
      check(await holds(backend, signWithTorsion(12_345n, 0)), 'the honest signature is refused')
      for (let i = 1; i < 8; i++) {
        const signature = signWithTorsion(12_345n, i)
        check(ed25519.verify(signature, MESSAGE, OWN, { zip215: false }), 'the equation with cofactor does not hold')
        check(!(await holds(backend, signature)), `torsion ${i} is taken`)
      }
      for (let i = 0; i < 8; i++) check(!(await holds(backend, signWithTorsion(0n, i))), `R of small order ${i} is taken`)
    },
  },
  {
    name: 'refuses Ed25519 signatures with S plus the group order, and of other lengths',
    run: async () => {
      const signature = new Uint8Array(ed25519.sign(MESSAGE, SEED))
      check(await holds(backend, signature), 'the honest signature is refused')
      const [r, s] = [signature.slice(0, 32), numberOf(signature.slice(32))]
      for (let i = 1n; s + i * ORDER < 2n ** 256n; i++) check(!(await holds(backend, joined(r, littleEndian(s + i * ORDER)))), `S + ${i}L is taken`)
      for (const length of [0, 1, 32, 63, 65, 128]) check(!(await holds(backend, joined(signature, signature).slice(0, length))), `${length} bytes are taken`)
    },
  },
  {
    name: 'refuses Ed25519 public keys of small order, under which anyone can sign',
    run: async () => {
      for (const point of ED25519_TORSION_SUBGROUP) {
        for (const r of ED25519_TORSION_SUBGROUP) check(!(await holds(backend, joined(fromHex(r), new Uint8Array(32)), fromHex(point))), `${point} signs`)
      }
    },
  },
]

const ciphers = (backend: Backend): readonly EngineTest[] => [
  {
    name: 'refuses GCM tags that are short, cut or changed, and nonces of other lengths',
    run: async () => {
      const sealed = await (await backend.gcmSealer(KEY)).seal(NONCE, MESSAGE)
      const [ciphertext, tag] = [sealed.slice(0, -16), sealed.slice(-16)]
      const opener = await backend.gcmOpener(KEY)
      same(await opener.open(NONCE, ciphertext, tag), MESSAGE, 'the honest message')
      for (let length = 0; length < 16; length++) same(await opener.open(NONCE, ciphertext, tag.slice(0, length)), undefined, `a tag of ${length} bytes`)
      for (let i = 0; i < 16; i++) same(await opener.open(NONCE, ciphertext, flipped(tag, i)), undefined, `a tag with byte ${i} changed`)
      for (const length of [0, 1, 8, 11, 13, 16, 32]) same(await opener.open(new Uint8Array(length), ciphertext, tag), undefined, `a nonce of ${length} bytes`)
    },
  },
  {
    name: 'makes no GCM message under a nonce of another length, and takes no key of another length',
    run: async () => {
      const sealer = await backend.gcmSealer(KEY)
      for (const length of [0, 8, 16]) check((await thrown(async () => sealer.seal(new Uint8Array(length), MESSAGE))) instanceof RangeError, `a nonce of ${length} bytes`)
      for (const length of [0, 16, 24, 33]) check((await thrown(async () => backend.gcmOpener(new Uint8Array(length)))) instanceof RangeError, `a key of ${length} bytes`)
    },
  },
  {
    name: 'finds no secret with a point that is not on P-256, nor with a private number that is none',
    run: async () => {
      const [own, peer] = [await backend.generateAgreementKey?.('P-256'), await backend.generateAgreementKey?.('P-256')]
      if (own?.kty !== 'EC' || peer?.kty !== 'EC') throw new Error('no keys were made')
      const [zeros, full] = [base64url(new Uint8Array(32)), base64url(new Uint8Array(32).fill(255))]
      for (const [x, y] of [[zeros, zeros], [peer.x, zeros], [peer.x, peer.x], [full, full], [peer.y, peer.x]] as const) {
        same(await backend.deriveSharedSecret?.(own, { kty: 'EC', crv: 'P-256', x, y }), undefined, `${x} ${y}`)
      }
      for (const d of [zeros, full]) same(await backend.deriveSharedSecret?.({ ...own, d }, peer), undefined, d)
      same(await backend.deriveSharedSecret?.(own, peer), await backend.deriveSharedSecret?.(peer, own), 'what both have in common')
    },
  },
]

/** This engine's WebCrypto, and pure JavaScript, against what only a hostile party makes; no data from elsewhere is needed. */
export const hostileTests: readonly EngineTest[] = [webBackend, nobleBackend].flatMap((backend) =>
  [...signatures(backend), ...ciphers(backend)].map(({ name, run }) => ({ name: `${backend.name} ${name}`, run })),
)
