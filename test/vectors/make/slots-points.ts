import { p256 } from '@noble/curves/nist.js'
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { agree, pairs } from './slot.js'
import { base64url, fromBase64url } from './publisher.js'
import type { Agreed, Curve } from './slot.js'

/** Ephemeral keys, each with what a reader without checks has in common with it. */

const curve = p256.Point.CURVE()
const d = BigInt(`0x${Buffer.from(fromBase64url(pairs['P-256'].d as string)).toString('hex')}`)
const bigEndian = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
const littleEndian = (number: bigint): Buffer => bigEndian(number).reverse()
const ec = (x: bigint, y: bigint): Record<string, unknown> => ({ kty: 'EC', crv: 'P-256', x: base64url(bigEndian(x)), y: base64url(bigEndian(y)) })
const okp = (u: Uint8Array): Record<string, unknown> => ({ kty: 'OKP', crv: 'X25519', x: base64url(u) })

/** A point of the curve with a small x, whose private key nobody knows. */
function smallPoint(): { readonly x: bigint; readonly y: bigint; readonly secret: Uint8Array } {
  for (let x = 5n; ; x++) {
    try {
      const point = p256.Point.fromHex(`02${bigEndian(x).toString('hex')}`)
      return { x, y: point.toAffine().y, secret: bigEndian(point.multiplyUnsafe(d).toAffine().x) }
    } catch {
      continue
    }
  }
}

const { x, y, secret } = smallPoint()
export const smallX: Agreed = { epk: ec(x, y), secret }
export const smallXAbovePrime: Agreed = { epk: ec(x + curve.p, y), secret }

/** A point of the curve with the same equation but for b, on which a secret of the private key can be had by trying. */
export function offCurve(): Agreed {
  const [px, py] = [7n, 11n]
  const b = (((py * py - px * px * px - curve.a * px) % curve.p) + curve.p) % curve.p
  const Point = weierstrass({ ...curve, b, Gx: px, Gy: py })
  return { epk: ec(px, py), secret: bigEndian(Point.BASE.multiplyUnsafe(d).toAffine().x) }
}
export const zeroPoint: Agreed = { epk: ec(0n, 0n), secret: new Uint8Array(32) }

const PRIME = 2n ** 255n - 19n
const ownX = fromBase64url(pairs.X25519.x as string)
/** The base point, so that the secret is the reader's public key. */
export const basePoint: Agreed = { epk: okp(littleEndian(9n)), secret: ownX }
export const basePointAbovePrime: Agreed = { epk: okp(littleEndian(9n + PRIME)), secret: ownX }
export const basePointWithHighBit: Agreed = { epk: okp(littleEndian(9n + 2n ** 255n)), secret: ownX }
/** Of small order, two of them and a third that is not reduced, and the secret that they give. */
export const smallOrders: readonly Agreed[] = [0n, 1n, PRIME - 1n].map((u) => ({ epk: okp(littleEndian(u)), secret: new Uint8Array(32) }))

/** A secret that begins with a byte of zero, which is part of it. */
export function withZeroByte(of: Curve): Agreed {
  for (;;) {
    const agreed = agree(of)
    if (agreed.secret[0] === 0) return agreed
  }
}
