import { bigEndian } from '../bytes.js'
import type { Bytes } from '../bytes.js'

/** CRC-32 of each byte (ISO/IEC 8802-3, reflected polynomial EDB88320). */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  return value
})

/** A CRC32 of pieces in their order: finds damage, and proves nothing. */
export function crc32(): { readonly update: (piece: Uint8Array) => void; readonly digest: () => Bytes } {
  let crc = ~0
  return {
    update: (piece) => {
      for (const byte of piece) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number)
    },
    digest: () => bigEndian(~crc >>> 0, 4),
  }
}
