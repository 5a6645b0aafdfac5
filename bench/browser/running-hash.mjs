// What a stream has to do that is signed by one digest of the whole: WebCrypto can't hash in pieces, so the digest runs in JavaScript
// (the fastest there is, of noble) while WebCrypto decrypts chunks of 256 KiB. Nothing that came out may be used before the end.
import { sha256 } from '@noble/hashes/sha2.js'
import { cut, streamOf } from '../measure.mjs'
import { CHUNK, PIECE, check, randomBytes } from '../util.mjs'

const LANES = 4
const TAG = 16

export const contenders = [
  { name: 'a running SHA-256 of noble, WebCrypto GCM', package: '@noble/hashes', flow: 'stream', kind: 'hash', keys, setup },
]

async function keys() {
  const { subtle } = crypto
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  return { key, signer: await subtle.generateKey('Ed25519', false, ['sign', 'verify']) }
}

function setup({ key, signer }) {
  const { subtle } = crypto
  return {
    seal: async (bundle, take) => {
      const hash = sha256.create()
      const nonces = []
      for (const part of cut(bundle, CHUNK)) {
        const algorithm = { name: 'AES-GCM', iv: randomBytes(12) }
        const sealed = new Uint8Array(await subtle.encrypt(algorithm, key, part))
        hash.update(sealed)
        nonces.push(algorithm)
        take(sealed)
      }
      return { nonces, signature: await subtle.sign('Ed25519', signer.privateKey, hash.digest()) }
    },
    open: async ({ body, meta: { nonces, signature } }, take) => {
      const digest = await openStream(body, async (sealed, i) => new Uint8Array(await subtle.decrypt(nonces[i], key, sealed)), take)
      check(await subtle.verify('Ed25519', signer.publicKey, signature, digest), 'the signature is of other content')
    },
  }
}

/** Gives plaintext in order, up to four chunks in flight, and the digest of all that was read. */
async function openStream(body, decrypt, take) {
  const reader = streamOf(body, PIECE).getReader()
  const hash = sha256.create()
  const window = []
  let [chunk, filled, i] = [undefined, 0, 0]
  const start = async () => {
    if (window.length === LANES) take(await window.shift())
    window.push(decrypt(chunk.subarray(0, filled), i++))
    filled = 0
    chunk = undefined
  }
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    hash.update(value)
    for (let rest = value; rest.length > 0;) {
      chunk ??= new Uint8Array(CHUNK + TAG)
      const part = rest.subarray(0, chunk.length - filled)
      chunk.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
      if (filled === chunk.length) await start()
    }
  }
  if (filled > 0) await start()
  for (const opened of window) take(await opened)
  return hash.digest()
}
