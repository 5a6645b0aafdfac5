import { createECDH, diffieHellman, createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { base64urlDecode, base64urlEncode } from '../../src/text.js'
import { backends, describeEachBackend } from '../backends.js'
import { caseName, fromHex, hexMember, wycheproofTest } from '../wycheproof.js'
import type { JsonWebKey } from 'node:crypto'
import type { Bytes } from '../../src/bytes.js'
import type { AgreementCurve, AgreementPrivateJwk, AgreementPublicJwk, Backend } from '../../src/crypto/backend.js'
import type { WycheproofCase } from '../wycheproof.js'

const curves: readonly AgreementCurve[] = ['X25519', 'P-256']
const b64 = (bytes: Uint8Array): string => base64urlEncode(bytes)
const bytesOf = (text: string): Bytes => base64urlDecode(text) as Bytes

function x25519Key(d: Bytes, x: Bytes = new Uint8Array(32)): AgreementPrivateJwk {
  return { kty: 'OKP', crv: 'X25519', x: b64(x), d: b64(d) }
}

/** The point of 64 bytes that belongs to a private number, by node:crypto's other interface. */
function p256Key(d: Uint8Array): AgreementPrivateJwk {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  return { ...p256Point(point.subarray(1)), d: b64(d) }
}

function p256Point(xy: Uint8Array): AgreementPublicJwk {
  return { kty: 'EC', crv: 'P-256', x: b64(xy.subarray(0, 32)), y: b64(xy.subarray(32)) }
}

/** As many bytes, the rest zeros at the front: some vectors write numbers with a sign byte, others without leading zeros. */
function of32(number: Bytes): Bytes {
  const out = new Uint8Array(32)
  const tail = number.subarray(Math.max(0, number.length - 32))
  out.set(tail, 32 - tail.length)
  return out
}

async function derive(backend: Backend, key: AgreementPrivateJwk, peer: AgreementPublicJwk): Promise<Bytes | undefined> {
  return backend.deriveSharedSecret?.(key, peer)
}

async function generate(backend: Backend, curve: AgreementCurve): Promise<AgreementPrivateJwk> {
  return backend.generateAgreementKey?.(curve) as Promise<AgreementPrivateJwk>
}

/** Points of small order on Curve25519 and its twist, with both of their other encodings below 2^256. */
const SMALL_ORDER: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

describeEachBackend('ECDH', (backend) => {
  wycheproofTest('on X25519 gives the verdict of all 518 Wycheproof cases', 'x25519_test.json', async (groups) => {
    const counts = { valid: 0, acceptable: 0, none: 0, invalid: 0 }
    for (const vector of groups.flatMap((group) => group.tests)) {
      counts[vector.result]++
      // `acceptable` are points on the twist, which are computed with, and what no honest key is: points of small order, whose
      // all-zero result is none, and u that is not reduced, about which platforms differ.
      const isNone = vector.flags.includes('ZeroSharedSecret') || vector.flags.includes('NonCanonicalPublic')
      if (isNone) counts.none++
      const key = x25519Key(hexMember(vector, 'private'))
      const peer = { kty: 'OKP', crv: 'X25519', x: b64(hexMember(vector, 'public')) } as const
      const expected = isNone ? undefined : hexMember(vector, 'shared')
      expect(await derive(backend, key, peer), caseName(vector)).toEqual(expected)
    }
    expect(counts).toEqual({ valid: 264, acceptable: 254, none: 44, invalid: 0 })
  })

  wycheproofTest('on P-256 gives the verdict of all Wycheproof cases', 'ecdh_secp256r1_ecpoint_test.json', async (groups) => {
    const counts = { computed: 0, none: 0, encoding: 0 }
    for (const vector of groups.flatMap((group) => group.tests)) {
      const point = uncompressed(vector)
      if (point === undefined) {
        // Compressed points, the one `acceptable` among them, and other lengths have no JWK.
        expect(vector.result, caseName(vector)).not.toBe('valid')
        counts.encoding++
        continue
      }
      const secret = await derive(backend, p256Key(of32(hexMember(vector, 'private'))), p256Point(point))
      expect(secret, caseName(vector)).toEqual(vector.result === 'valid' ? hexMember(vector, 'shared') : undefined)
      if (secret === undefined) counts.none++
      else counts.computed++
    }
    expect(counts).toEqual({ computed: 330, none: 16, encoding: 9 })
  })

  test('on X25519 with a point of small order gives nothing', async () => {
    const key = await generate(backend, 'X25519')
    for (const x of SMALL_ORDER) {
      expect(await derive(backend, key, { kty: 'OKP', crv: 'X25519', x: b64(fromHex(x)) }), x).toBeUndefined()
    }
  })

  test('on P-256 with a point that is not on the curve, or none at all, gives nothing', async () => {
    const key = await generate(backend, 'P-256')
    const other = await generate(backend, 'P-256')
    if (other.kty !== 'EC') throw new Error('not a P-256 key')
    const zeros = b64(new Uint8Array(32))
    const full = b64(new Uint8Array(32).fill(255))
    const y = bytesOf(other.y)
    y[31] = (y[31] as number) ^ 1
    const points = [[zeros, zeros], [other.x, zeros], [other.x, other.x], [other.x, b64(y)], [full, full], [zeros, full], [other.y, other.x]]
    for (const [x, y] of points as [string, string][]) {
      expect(await derive(backend, key, { kty: 'EC', crv: 'P-256', x, y }), `${x} ${y}`).toBeUndefined()
    }
    expect(await derive(backend, key, other)).toHaveLength(32)
  })

  test('on X25519 with a u that is not reduced gives nothing, since platforms differ about it', async () => {
    const key = await generate(backend, 'X25519')
    const honest = bytesOf(key.x)
    const topBit = copyBytes(honest)
    topBit[31] = (topBit[31] as number) | 0x80
    const bad = [topBit, fromHex(`f6${'ff'.repeat(30)}7f`), fromHex(`ef${'ff'.repeat(30)}7f`), new Uint8Array(32).fill(255)]
    for (const x of bad) expect(await derive(backend, key, { kty: 'OKP', crv: 'X25519', x: b64(x) })).toBeUndefined()
    const last = { kty: 'OKP', crv: 'X25519', x: b64(fromHex(`ea${'ff'.repeat(30)}7f`)) } as const
    for (const x of [key, last]) expect(await derive(backend, key, x)).toHaveLength(32)
  })

  test('on P-256 with a private number that is none gives nothing', async () => {
    const key = await generate(backend, 'P-256')
    const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    for (const d of [new Uint8Array(32), order, new Uint8Array(32).fill(255)]) {
      expect(await derive(backend, { ...key, d: b64(d) }, key)).toBeUndefined()
    }
  })

  test('on X25519 uses the private bytes alone, whatever public key comes along', async () => {
    const [key, peer] = [await generate(backend, 'X25519'), await generate(backend, 'X25519')]
    expect(await derive(backend, { ...key, x: peer.x }, peer)).toEqual(await derive(backend, key, peer))
  })

  test.each(curves)('a generated %s key has exactly the members of its JWK, and differs from the next', async (curve) => {
    const [key, next] = [await generate(backend, curve), await generate(backend, curve)]
    expect(Object.keys(key).sort()).toEqual(curve === 'X25519' ? ['crv', 'd', 'kty', 'x'] : ['crv', 'd', 'kty', 'x', 'y'])
    expect(key.crv).toBe(curve)
    for (const member of [key.x, key.d, key.kty === 'EC' ? key.y : key.x]) expect(bytesOf(member)).toHaveLength(32)
    expect(key.d).not.toBe(next.d)
    const keyObject = createPrivateKey({ key: { ...key } as JsonWebKey, format: 'jwk' })
    expect(createPublicKey(keyObject).export({ format: 'jwk' }).x).toBe(key.x)
  })

  test('leaves its arguments alone and gives plain memory of its own', async () => {
    for (const curve of curves) {
      const [key, peer] = [await generate(backend, curve), await generate(backend, curve)]
      const before = JSON.stringify([key, peer])
      const secret = await derive(backend, Object.freeze(key), Object.freeze(peer))
      expect(JSON.stringify([key, peer])).toBe(before)
      expect(secret?.constructor).toBe(Uint8Array)
      expect(secret?.buffer.byteLength).toBe(32)
    }
  })
})

/** The 64 bytes of an uncompressed point. */
function uncompressed(vector: WycheproofCase): Bytes | undefined {
  const point = hexMember(vector, 'public')
  return point.length === 65 && point[0] === 4 ? point.subarray(1) : undefined
}

describe('ECDH across backends', () => {
  test('both sides of every pair of backends get what node:crypto gets', async () => {
    for (const curve of curves) {
      for (const one of backends) {
        for (const two of backends) {
          const [a, b] = [await generate(one, curve), await generate(two, curve)]
          const privateKey = createPrivateKey({ key: { ...a } as JsonWebKey, format: 'jwk' })
          const publicKey = createPublicKey({ key: publicHalf(b) as JsonWebKey, format: 'jwk' })
          const expected = copyBytes(diffieHellman({ privateKey, publicKey }))
          expect(await derive(one, a, b)).toEqual(expected)
          expect(await derive(two, b, a)).toEqual(expected)
        }
      }
    }
  })
})

function publicHalf(key: AgreementPrivateJwk): object {
  return Object.fromEntries(Object.entries(key).filter(([name]) => name !== 'd'))
}
