/*
 * The record that ends a ZIP, APPNOTE.TXT section 4.3.16; sizes are bytes, numbers are little-endian.
 */
const END_SIGNATURE = 0x06054b50
const END_SIZE = 22
/** Of an archive with ZIP64 records, section 4.3.15; it stands just before the end record. */
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_SIZE = 20
/** One entry of the central directory without its name, section 4.3.12. */
const ENTRY_SIZE = 46
const COMMENT_MAX = 0xffff
const IN_ZIP64 = 0xffffffff

/** So many bytes at the end of a file tell whether it ends as a ZIP does. */
export const ZIP_END_SIZE: number = LOCATOR_SIZE + END_SIZE + COMMENT_MAX

/** Whether a file of `size` bytes, which ends in `tail`, ends as a ZIP with files: with the record that places their directory in it, and little behind it. */
export function endsAsZip(tail: Uint8Array, size: number): boolean {
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    const isEnd = uintAt(tail, at, 4) === END_SIGNATURE && uintAt(tail, at + 20, 2) <= tail.length - at - END_SIZE
    if (isEnd && isDirectoryBefore(tail, at, size - tail.length + at)) return true
  }
  return false
}

/** Whether the directory that the record at `at` of the tail tells of lies before `end`, where the record begins. */
function isDirectoryBefore(tail: Uint8Array, at: number, end: number): boolean {
  const [size, offset] = [uintAt(tail, at + 12, 4), uintAt(tail, at + 16, 4)]
  if (size === IN_ZIP64 || offset === IN_ZIP64) return at >= LOCATOR_SIZE && uintAt(tail, at - LOCATOR_SIZE, 4) === LOCATOR_SIGNATURE
  return size >= ENTRY_SIZE && offset + size <= end
}

function uintAt(bytes: Uint8Array, offset: number, length: number): number {
  return bytes.subarray(offset, offset + length).reduceRight((value, byte) => value * 256 + byte, 0)
}
