import type { Bytes } from '../bytes.js'

const WRAPPER_HEADS: readonly (readonly number[])[] = [[0x1b, 0x00, 0x06], [0x0b, 0x02, 0x80]]
const HEAD = 3
const TAIL = 0x03

/**
 * The bytes that devices take out of content whose name ends in `.br` without decompressing it: they know two beginnings and an end as a wrapper
 * around a file. `undefined` where they decompress.
 */
export function unwrapped(content: Bytes): Bytes | undefined {
  const head = WRAPPER_HEADS.find((bytes) => content.length >= HEAD && bytes.every((byte, i) => byte === content[i]))
  if (head === undefined) return undefined
  if (content.length === HEAD) return head === WRAPPER_HEADS[0] ? content.subarray(HEAD) : undefined
  return content[content.length - 1] === TAIL ? content.slice(HEAD, -1) : undefined
}
