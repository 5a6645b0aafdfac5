import { hexEncode } from '../text.js'

/**
 * The y coordinates (RFC 8032 section 5.1.2, without the sign bit of x) of the eight points of order 1, 2, 4
 * and 8 on edwards25519.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** Whether 32 bytes are the canonical encoding of a point of small order, with either sign bit. */
export function isSmallOrder(point: Uint8Array): boolean {
  const y = point.map((byte, i) => (i === 31 ? byte & 0x7f : byte))
  return SMALL_ORDER_Y.has(hexEncode(y))
}
