/** The bytes that every plaintext of `envelope.json` and `body.json` begins with. */
export function bundleBytes(size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size)
  let state = 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map(Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]))

/** Of the vectors' own base64url, in engines that have no decoder. */
export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.floor((base64url.length * 3) / 4))
  let held = 0
  let bits = 0
  let length = 0
  for (let i = 0; i < base64url.length; i++) {
    held = ((held << 6) | (values.get(base64url.charCodeAt(i)) as number)) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out[length++] = held >> bits
  }
  return out
}
