// What runs in a shell: the floor and the library in turns, once both have given the same bytes and refused a changed one.
import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { verifyAndDecrypt } from '../dist/device.js'
import { nobleDeviceBackend } from '../dist/noble.js'

const now = typeof preciseTime === 'function' ? () => 1000 * preciseTime() : Date.now

/** Where a bit is changed: in the first chunk, behind any head. */
const CHANGED = 5000

/**
 * Milliseconds of each by round. `sealed` holds the envelope in the characters of a string, `hash` is the SHA-256 of the bundle from
 * elsewhere, and `rounds` says how many there are where the first call takes so long.
 */
export async function timesOf({ sealed, trust, hash, rounds }) {
  const envelope = bytesOf(sealed)
  const options = { trust, app: null, channel: null, lastSequence: null, backend: nobleDeviceBackend }
  const open = async (bytes) => (await verifyAndDecrypt(bytes, options)).bundle
  const first = await timed(() => open(envelope))
  const floor = floorFor(first.result)
  if (hexOf(sha256(first.result)) !== hash || hexOf(sha256(floor())) !== hash) throw new Error('the bytes are others')
  await refuses(() => open(withBit(envelope, CHANGED, 1)))
  await refuses(() => floor(1))
  const runs = [['floor', () => floor()], ['otaseal', () => open(envelope)]]
  const times = { floor: [], otaseal: [] }
  const { count, warmUps } = rounds(first.ms)
  for (let round = -warmUps; round < count; round++) {
    for (const [name, run] of round % 2 === 0 ? runs : [...runs].reverse()) {
      const { ms } = await timed(run)
      if (round >= 0) times[name].push(ms)
    }
  }
  return { firstMs: first.ms, times }
}

async function refuses(call) {
  const refused = await Promise.resolve().then(call).then(() => false, () => true)
  if (!refused) throw new Error('a changed bit is taken')
}

function withBit(bytes, at, bit) {
  const changed = bytes.slice()
  changed[at] ^= bit
  return changed
}

/** One message over the same bytes, and SHA-256 of what it was and of what it becomes. */
function floorFor(bundle) {
  const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(12)]
  const sealed = gcm(key, nonce).encrypt(bundle)
  return (bit = 0) => {
    const bytes = bit === 0 ? sealed : withBit(sealed, CHANGED, bit)
    sha256(bytes)
    const plaintext = gcm(key, nonce).decrypt(bytes)
    sha256(plaintext)
    return plaintext
  }
}

async function timed(work) {
  const start = now()
  const result = await work()
  return { result, ms: now() - start }
}

function bytesOf(characters) {
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
