// What is timed: the library, and the bare cryptography that it can't do without.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encryptBundle, verifyAndDecrypt } from 'otaseal'
import { backends } from './backends.mjs'
import { CHUNK, MIB } from './util.mjs'

const claims = { app: 'com.example.bench', version: '1.0.0' }
const policy = { app: 'com.example.bench', channel: null, lastSequence: null }

/**
 * Groups, each a floor and what is held against it; apart, so that one leaves no garbage for another to collect. Every contender returns the plaintext, as parts,
 * except those that encrypt (`encrypts`), which return nothing.
 */
export async function groupsFor(mib, keys) {
  const bundle = randomPlaintext(mib * MIB)
  const envelopes = {
    ed25519: (await encryptBundle(bundle, { ...claims, signer: keys.ed25519.privateKey })).toBytes(),
    rsa: (await encryptBundle(bundle, { ...claims, signer: keys.rsa.privateKey })).toBytes(),
  }
  const open = (type, backend) => async () => {
    const options = { ...policy, trust: keys[type].publicKey, backend: backends[backend] }
    return [(await verifyAndDecrypt(envelopes[type], options)).bundle]
  }
  const seal = (backend) => async () => {
    await encryptBundle(bundle, { ...claims, signer: keys.ed25519.privateKey, backend: backends[backend] })
  }
  return { bundle, groups: [nodeGroup(bundle, open), otherGroup(bundle, open, seal), nobleGroup(bundle, open)] }
}

function nodeGroup(bundle, open) {
  return {
    name: 'node',
    floor: 'floor: node:crypto GCM + 2 SHA-256',
    contenders: {
      'floor: node:crypto GCM + 2 SHA-256': { run: nodeFloor(bundle) },
      'verifyAndDecrypt, node, Ed25519': { run: open('ed25519', 'node'), required: 0.85 },
      'verifyAndDecrypt, node, RSA-4096': { run: open('rsa', 'node'), required: 0.85 },
    },
  }
}

function otherGroup(bundle, open, seal) {
  return {
    name: 'other',
    floor: 'floor: node:crypto GCM + 2 SHA-256',
    contenders: {
      'floor: node:crypto GCM + 2 SHA-256': { run: nodeFloor(bundle) },
      'verifyAndDecrypt, web, Ed25519': { run: open('ed25519', 'web') },
      'encryptBundle, node, Ed25519': { run: seal('node'), encrypts: true },
      'encryptBundle, web, Ed25519': { run: seal('web'), encrypts: true },
    },
  }
}

function nobleGroup(bundle, open) {
  return {
    name: 'noble',
    floor: 'floor: noble GCM + 2 SHA-256',
    contenders: {
      'floor: noble GCM + 2 SHA-256': { run: nobleFloor([bundle]) },
      'the same per 256 KiB chunk': { run: nobleFloor(cut(bundle)) },
      'verifyAndDecrypt, noble, Ed25519': { run: open('ed25519', 'noble'), required: 0.9 },
    },
  }
}

/** One message, decrypted and authenticated in one call, and the digests of both sides of it. */
function nodeFloor(bundle) {
  const key = randomBytes(32)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const ciphertext = Buffer.concat([cipher.update(bundle), cipher.final()])
  const tag = cipher.getAuthTag()
  return () => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    createHash('sha256').update(ciphertext).digest()
    createHash('sha256').update(plaintext).digest()
    return [plaintext]
  }
}

/** The parts as messages of their own, each with the digest of its ciphertext; then one digest over all plaintext. */
function nobleFloor(parts) {
  const key = randomBytes(32)
  const messages = parts.map((part) => {
    const nonce = randomBytes(12)
    return { nonce, sealed: gcm(key, nonce).encrypt(part) }
  })
  return () => {
    const whole = sha256.create()
    const opened = messages.map(({ nonce, sealed }) => {
      sha256(sealed)
      const plaintext = gcm(key, nonce).decrypt(sealed)
      whole.update(plaintext)
      return plaintext
    })
    whole.digest()
    return opened
  }
}

function cut(bytes) {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) => bytes.subarray(i * CHUNK, (i + 1) * CHUNK))
}

function randomPlaintext(length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536))
  return bytes
}
