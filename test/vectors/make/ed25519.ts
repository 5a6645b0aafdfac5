import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { fromBase64url, keys, signed } from './publisher.js'

type Sign = (message: Uint8Array) => Uint8Array

const { Point } = ed25519
const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(fromBase64url(keys.ed25519.d))
const littleEndian = (number: bigint): Uint8Array => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const torsion = (i: number): typeof Point.BASE => Point.fromHex(ED25519_TORSION_SUBGROUP[i] as string)
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint => numberOf(sha512(Buffer.concat([r, a, message])))

/** What RFC 8032 section 5.1.6 computes, with R moved by a point of small order: it holds with the cofactor only. */
export const withTorsion: Sign = (message) => {
  const nonce = 987_654_321n
  const r = Point.BASE.multiplyUnsafe(nonce).add(torsion(1)).toBytes()
  return Buffer.concat([r, littleEndian(Point.Fn.create(nonce + challenge(r, pointBytes, message) * scalar))])
}

/** The honest signature, a multiple of the group order added to its S. */
const movedBy = (times: bigint): Sign => (message) => {
  const signature = signed(message)
  return Buffer.concat([signature.subarray(0, 32), littleEndian(numberOf(signature.subarray(32)) + times * Point.Fn.ORDER)])
}
export const withOrder: Sign = movedBy(1n)
/** With the highest multiple that 32 bytes have room for. */
export const withManyOrders: Sign = movedBy(14n)

/** R of small order under a text of 32 bytes, and the S for which the equation holds with the cofactor, and of the neutral point without. */
export const withSmallR = (r: string): Sign => (message) => {
  const bytes = Buffer.from(r, 'hex')
  return Buffer.concat([bytes, littleEndian(Point.Fn.create(challenge(bytes, pointBytes, message) * scalar))])
}

export const neutral = `01${'00'.repeat(31)}`
/** The neutral point once more, its y not below the field prime, and with a sign that zero has not. */
export const neutralAbovePrime = `ee${'ff'.repeat(30)}7f`
export const neutralWithSign = `01${'00'.repeat(30)}80`
export const ofOrderTwo = `ec${'ff'.repeat(30)}7f`

/** The publisher's key with a component of small order, and a signature whose challenge is, or isn't, a multiple of 8. */
export const mixed: { readonly x: Uint8Array } = { x: Point.fromBytes(pointBytes).add(torsion(1)).toBytes() }
export const byMixed = (holds: boolean): Sign => (message) => {
  for (let nonce = 1_000_003n; ; nonce++) {
    const r = Point.BASE.multiplyUnsafe(nonce).toBytes()
    const k = challenge(r, mixed.x, message)
    // Some multiply by the challenge as it is, others by what is left of it below the group order: the verdict is the same.
    if ([k, Point.Fn.create(k)].every((factor) => (factor % 8n === 0n) === holds)) return Buffer.concat([r, littleEndian(Point.Fn.create(nonce + k * scalar))])
  }
}

/** 32 bytes that are no point: no x has this y. */
export function noPoint(): Uint8Array {
  for (let y = 2; ; y++) {
    const bytes = Uint8Array.of(y, ...new Uint8Array(31))
    try {
      Point.fromBytes(bytes)
    } catch {
      return bytes
    }
  }
}
