import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { nodeSign } from './signers.js'
import type { TestSigner } from './signers.js'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER

type Sign = (message: Uint8Array, signer: TestSigner) => Uint8Array

const littleEndian = (number: bigint): Uint8Array => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)

/**
 * What RFC 8032 section 5.1.6 computes, with R moved by a point of small order: it meets the equation with
 * cofactor and not the one without; component 0 is the honest signature.
 */
export function withTorsion(component: number): Sign {
  return (message, { keyObject }) => {
    const { d, x } = keyObject.export({ format: 'jwk' })
    const { scalar } = ed25519.utils.getExtendedPublicKey(Buffer.from(d as string, 'base64url'))
    const nonce = 987_654_321n
    const moved = Point.BASE.multiplyUnsafe(nonce).add(Point.fromHex(ED25519_TORSION_SUBGROUP[component] as string))
    const r = moved.toBytes()
    const hashed = sha512(Buffer.concat([r, Buffer.from(x as string, 'base64url'), message]))
    const k = Point.Fn.create(fromLittleEndian(hashed))
    return Buffer.concat([r, littleEndian(Point.Fn.create(nonce + k * scalar))])
  }
}

/** The honest signature with a multiple of the group order added to its S. */
export function movedByGroupOrder(times: bigint): Sign {
  return (message, signer) => {
    const signature = nodeSign(signer, message)
    const s = fromLittleEndian(signature.subarray(32)) + times * ORDER
    return Buffer.concat([signature.subarray(0, 32), littleEndian(s)])
  }
}
