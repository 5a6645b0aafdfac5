import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { readPublicKey } from '../../src/keys/public.js'
import { ed25519Pair, jwkOf, pem, pemOf, privateRefusal, publicRefusal, rsaPair } from './fixtures.js'
import type { JwkInput } from '../../src/keys/types.js'

const P = 2n ** 255n - 19n
const ED25519_SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0)

function encoded(y: bigint, sign: 0 | 1): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((y >> BigInt(8 * i)) & 0xffn) | (i === 31 ? sign << 7 : 0))
}

function ed25519Jwk(key: Uint8Array): JwkInput {
  return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }
}

function ed25519Spki(key: Uint8Array): string {
  return pem('PUBLIC KEY', Uint8Array.from([...ED25519_SPKI_PREFIX, ...key]))
}

/** The eight points whose order divides the cofactor, found by multiplying points with the group's order. */
function torsionPoints(): InstanceType<typeof ed25519.Point>[] {
  const { Point } = ed25519
  const order = Point.CURVE().n
  for (let y = 2n; ; y++) {
    try {
      const point = Point.fromBytes(encoded(y, 0), true)
      const torsion = point.multiplyUnsafe(order - 1n).add(point)
      if (!torsion.double().double().is0()) return Array.from({ length: 8 }, (_, i) => multiple(torsion, i))
    } catch {
      // This y is no point's.
    }
  }
}

function multiple(point: InstanceType<typeof ed25519.Point>, times: number): InstanceType<typeof ed25519.Point> {
  return Array.from({ length: times }).reduce<typeof point>((sum) => sum.add(point), ed25519.Point.ZERO)
}

describe('R19: Ed25519 keys of small order', () => {
  const points = torsionPoints()
  const ys = [...new Set(points.map((point) => point.toAffine().y))]

  it('there are eight, with five y coordinates', () => {
    expect(new Set(points.map((point) => point.toHex())).size).toBe(8)
    expect(ys.length).toBe(5)
    expect(points.every((point) => point.isSmallOrder())).toBe(true)
  })

  it.each(points.map((point, i) => ({ i, point })))('the point $i * T is refused', async ({ point }) => {
    expect(await publicRefusal(ed25519Jwk(point.toBytes()))).toMatch(/small order/)
    expect(await publicRefusal(ed25519Spki(point.toBytes()))).toMatch(/small order/)
  })

  // Of y and y + p, whichever fit in 255 bits, with either sign bit: all strings that some decoder takes for the point.
  const encodings = ys.flatMap((y) => [y, y + P]).filter((y) => y < 2n ** 255n)
    .flatMap((y) => ([0, 1] as const).map((sign) => ({ y, sign })))

  it('there are 14 encodings', () => {
    expect(encodings.length).toBe(14)
  })

  it.each(encodings)('y = $y with sign bit $sign is refused', async ({ y, sign }) => {
    const message = y < P ? /small order/ : /canonical encoding/
    expect(await publicRefusal(ed25519Jwk(encoded(y, sign)))).toMatch(message)
    expect(await publicRefusal(ed25519Spki(encoded(y, sign)))).toMatch(message)
  })

  it('every y from p upwards is refused, and p - 2 is not', async () => {
    for (let y = P; y < 2n ** 255n; y++) {
      expect(await publicRefusal(ed25519Jwk(encoded(y, 0)))).toMatch(/canonical encoding/)
      expect(await publicRefusal(ed25519Jwk(encoded(y, 1)))).toMatch(/canonical encoding/)
    }
    await readPublicKey(ed25519Jwk(encoded(P - 2n, 1)), nodeBackend)
  })
})

describe('R19: Ed25519 keys of a wrong length', () => {
  it.each([0, 31, 33, 57, 64])('%i bytes', async (length) => {
    const key = new Uint8Array(length).fill(9)
    const { x, d } = jwkOf(ed25519Pair().privateKey)
    expect(await publicRefusal(ed25519Jwk(key))).toMatch(/exactly 32 bytes/)
    const spki = Uint8Array.of(0x30, 10 + length, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, length + 1, 0, ...key)
    expect(await publicRefusal(pem('PUBLIC KEY', spki))).toMatch(/exactly 32 bytes/)
    expect(await privateRefusal({ ...ed25519Jwk(key), d })).toMatch(/exactly 32 bytes/)
    const seed = Buffer.from(key).toString('base64url')
    expect(await privateRefusal({ kty: 'OKP', crv: 'Ed25519', x, d: seed })).toMatch(/exactly 32 bytes/)
  })
})

/** A number that has this many bits and is odd; that it is no product of two primes nobody can tell. */
function modulus(bits: number, last = 1): string {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0x55)
  bytes[0] = 1 << ((bits - 1) % 8)
  bytes[bytes.length - 1] = last
  return bytes.toString('base64url')
}

describe('R18: RSA keys', () => {
  it.each([3072, 3080, 4096, 8192])('of %i bits are taken', async (bits) => {
    await readPublicKey({ kty: 'RSA', n: modulus(bits), e: 'AQAB' }, nodeBackend)
  })

  const refused = [0, 1, 512, 1024, 2048, 3064, 3071, 3073, 4095, 8191, 8193, 8200, 12_288]
  it.each(refused)('of %i bits are refused', async (bits) => {
    expect(await publicRefusal({ kty: 'RSA', n: modulus(bits), e: 'AQAB' })).toMatch(`the RSA key has ${bits} bits`)
  })

  it('cannot be lengthened with leading zeros', async () => {
    const n = Buffer.concat([Buffer.alloc(128), Buffer.from(modulus(2048), 'base64url')]).toString('base64url')
    expect(await publicRefusal({ kty: 'RSA', n, e: 'AQAB' })).toMatch(/has 2048 bits/)
  })

  it('with an even modulus are refused', async () => {
    expect(await publicRefusal({ kty: 'RSA', n: modulus(4096, 2), e: 'AQAB' })).toMatch(/modulus is even/)
  })

  it.each([0, 1, 2, 3, 17, 35, 65_535, 65_536, 65_539, 2 ** 32 + 1])('with e = %i are refused', async (e) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(e))
    const jwk = { kty: 'RSA', n: modulus(4096), e: bytes.toString('base64url') }
    expect(await publicRefusal(jwk)).toMatch(/must be 65537/)
  })

  it('of 2048 bits, or with e = 3, are refused in every encoding', async () => {
    for (const [pair, message] of [[rsaPair(2048), /has 2048 bits/], [rsaPair(3072, 3), /must be 65537/]] as const) {
      for (const type of ['spki', 'pkcs1'] as const) {
        expect(await publicRefusal(pemOf(pair.publicKey, type))).toMatch(message)
      }
      for (const type of ['pkcs8', 'pkcs1'] as const) {
        expect(await privateRefusal(pemOf(pair.privateKey, type))).toMatch(message)
      }
      expect(await publicRefusal(jwkOf(pair.publicKey))).toMatch(message)
      expect(await privateRefusal(jwkOf(pair.privateKey))).toMatch(message)
    }
  })
})
