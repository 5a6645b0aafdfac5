// The cryptography that nobody can leave out, bare and synchronous, over the same bytes. Nothing around it: no format, no signature.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { cut } from '../measure.mjs'
import { CHUNK } from '../util.mjs'

export const ONE_SHOT_FLOOR = 'floor: node:crypto GCM + 2 SHA-256'
export const STREAM_FLOOR = 'floor: node:crypto GCM + SHA-256'
export const NOBLE_FLOOR = 'floor: noble GCM + 2 SHA-256'

/** SHA-256 over ciphertext and plaintext. A stream needs none over the plaintext: each chunk's digest is signed. */
export const contenders = [
  { name: ONE_SHOT_FLOOR, package: 'node:crypto', flow: 'one-shot', kind: 'floor', keys, setup: (key) => whole(nodeMessage(key), nodeSha256) },
  { name: NOBLE_FLOOR, package: '@noble/ciphers', flow: 'one-shot', kind: 'floor', keys, setup: (key) => whole(nobleMessage(key), sha256) },
  { name: STREAM_FLOOR, package: 'node:crypto', flow: 'stream', kind: 'floor', keys, setup: (key) => whole(nodeMessage(key)) },
  { name: 'floor, per 256 KiB chunk', package: 'node:crypto', flow: 'stream', kind: 'floor', keys, setup: (key) => chunked(nodeMessage(key)) },
]

function keys() {
  return randomBytes(32)
}

function whole({ seal, open }, digestOfPlaintext = () => undefined) {
  return {
    seal: (bundle, take) => {
      const { ciphertext, meta } = seal(bundle)
      digestOfPlaintext(bundle)
      take(ciphertext)
      return meta
    },
    open: ({ body, meta }, take) => {
      const plaintext = open(body, meta)
      digestOfPlaintext(plaintext)
      take(plaintext)
    },
  }
}

function chunked({ seal, open }) {
  return {
    seal: (bundle, take) => {
      const metas = []
      for (const part of cut(bundle, CHUNK)) {
        const { ciphertext, meta } = seal(part)
        take(ciphertext)
        metas.push(meta)
      }
      return metas
    },
    open: ({ body, meta: metas }, take) => {
      let i = 0
      for (const part of cut(body, CHUNK)) take(open(part, metas[i++]))
    },
  }
}

/** One message, encrypted or decrypted and authenticated in one call, and SHA-256 of its ciphertext. */
function nodeMessage(key) {
  const seal = (plaintext) => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    nodeSha256(ciphertext)
    return { ciphertext, meta: { nonce, tag: cipher.getAuthTag() } }
  }
  const open = (ciphertext, { nonce, tag }) => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    nodeSha256(ciphertext)
    return plaintext
  }
  return { seal, open }
}

function nobleMessage(key) {
  const seal = (plaintext) => {
    const nonce = randomBytes(12)
    const ciphertext = gcm(key, nonce).encrypt(plaintext)
    sha256(ciphertext)
    return { ciphertext, meta: { nonce } }
  }
  const open = (ciphertext, { nonce }) => {
    sha256(ciphertext)
    return gcm(key, nonce).decrypt(ciphertext)
  }
  return { seal, open }
}

function nodeSha256(bytes) {
  return createHash('sha256').update(bytes).digest()
}
