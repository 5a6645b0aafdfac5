import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes.js'
import { isPossibleSignature, jwkBytes } from '../../src/crypto/signature-shape.js'
import { fromHex } from '../wycheproof.js'
import { ed25519Verifying, freshRsa } from './keys.js'
import type { Bytes } from '../../src/bytes.js'

const ORDER = ed25519.Point.Fn.ORDER

function bytesOf(value: bigint, length: number): Bytes {
  return fromHex(value.toString(16).padStart(2 * length, '0'))
}

describe('the shape of a signature', () => {
  test.each([
    ['0', 0n, true], ['1', 1n, true], ['L - 1', ORDER - 1n, true], ['L', ORDER, false], ['L + 1', ORDER + 1n, false],
    ['2L - 1', 2n * ORDER - 1n, false], ['2^252', 2n ** 252n, true], ['2^253', 2n ** 253n, false],
    ['2^256 - 1', 2n ** 256n - 1n, false],
  ])('Ed25519 with S = %s', (_, s, possible) => {
    const base = ed25519.Point.BASE.toBytes()
    const signature = concatBytes(base, bytesOf(s, 32).reverse())
    expect(isPossibleSignature(ed25519Verifying(base), signature)).toBe(possible)
  })

  test('RSA with numbers around the modulus, at every neighbouring length', () => {
    const { verifying } = freshRsa(2048)
    const modulus = jwkBytes((verifying.jwk as { n: string }).n)
    const n = BigInt(`0x${Buffer.from(modulus).toString('hex')}`)
    for (const [value, possible] of [[0n, true], [n - 1n, true], [n, false], [n + 1n, false]] as const) {
      expect(isPossibleSignature(verifying, bytesOf(value, 256))).toBe(possible)
    }
    for (const length of [0, 255, 257, 512]) {
      expect(isPossibleSignature(verifying, new Uint8Array(length)), `${length} bytes`).toBe(false)
    }
  })

  test('a JWK member that is not canonical base64url is a bad key, not a bad signature', () => {
    expect(jwkBytes('AQAB')).toEqual(Uint8Array.of(1, 0, 1))
    for (const member of ['AQAB=', 'AR', 'A+', 'A']) {
      expect(() => jwkBytes(member)).toThrow(expect.objectContaining({ code: 'bad-key' }))
    }
  })
})
