// What is timed: the library, and the bare cryptography that it can't do without.
import { createHash, randomBytes } from 'node:crypto'
import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encryptBundle, verifyAndDecrypt } from 'otaseal'
import { backends } from './backends.mjs'
import { capgoGroups } from './capgo-contenders.mjs'
import { cut, sealedMessage, streamGroup } from './stream-contenders.mjs'
import { MIB } from './util.mjs'

const claims = { app: 'com.example.bench', version: '1.0.0' }
const policy = { app: 'com.example.bench', channel: null, lastSequence: null }

/**
 * Groups, each a floor and what is held against it; apart, so that one leaves no garbage for another to collect.
 * `run` gives all plaintext to the function that it is called with. A contender that has none to give has a `prove`,
 * which returns the plaintext by another way, after it has seen that the work was done right.
 */
export async function groupsFor(mib, keys) {
  const bundle = randomPlaintext(mib * MIB)
  const envelopes = {
    ed25519: (await encryptBundle(bundle, { ...claims, signer: keys.ed25519.privateKey })).toBytes(),
    rsa: (await encryptBundle(bundle, { ...claims, signer: keys.rsa.privateKey })).toBytes(),
  }
  const decrypt = async (envelope, type, backend) => {
    const options = { ...policy, trust: keys[type].publicKey, backend: backends[backend] }
    return (await verifyAndDecrypt(envelope, options)).bundle
  }
  const open = (type, backend) => async (take) => take(await decrypt(envelopes[type], type, backend))
  const seal = (backend) => {
    const run = async () => encryptBundle(bundle, { ...claims, signer: keys.ed25519.privateKey, backend: backends[backend] })
    return { run, prove: async () => [await decrypt((await run()).toBytes(), 'ed25519', 'node')] }
  }
  const release = { bundle, envelope: envelopes.ed25519, claims, policy, keys: keys.ed25519 }
  const groups = [nodeGroup(bundle, open), streamGroup(release), otherGroup(bundle, open, seal), nobleGroup(bundle, open)]
  return { bundle, groups: [...groups, ...capgoGroups(bundle)] }
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
      'encryptBundle, node, Ed25519': seal('node'),
      'encryptBundle, web, Ed25519': seal('web'),
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
  const open = sealedMessage(bundle)
  return (take) => {
    const plaintext = open()
    createHash('sha256').update(plaintext).digest()
    take(plaintext)
  }
}

/** The parts as messages of their own, each with the digest of its ciphertext; then one digest over all plaintext. */
function nobleFloor(parts) {
  const key = randomBytes(32)
  const messages = parts.map((part) => {
    const nonce = randomBytes(12)
    return { nonce, sealed: gcm(key, nonce).encrypt(part) }
  })
  return (take) => {
    const whole = sha256.create()
    for (const { nonce, sealed } of messages) {
      sha256(sealed)
      const plaintext = gcm(key, nonce).decrypt(sealed)
      whole.update(plaintext)
      take(plaintext)
    }
    whole.digest()
  }
}

function randomPlaintext(length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536))
  return bytes
}
