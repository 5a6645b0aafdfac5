// The values of the worked example of docs/spec.md, made by node:crypto alone from the words of the page.
import { createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto'

const counting = (first, length) => Buffer.from(Array.from({ length }, (_, i) => first + i))
export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
export const xor = (a, b) => Buffer.from(a.map((byte, i) => byte ^ b[i]))

/** RFC 5869 section 2.3 with SHA-512. */
function expand(key, info, length) {
  const blocks = []
  for (let i = 1; 64 * blocks.length < length; i++) {
    blocks.push(createHmac('sha512', key).update(blocks.at(-1) ?? '').update(info).update(Buffer.of(i)).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function gcm(key, nonce, plaintext, additional = Buffer.alloc(0)) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additional)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function wrap(key, wrapped) {
  const cipher = createCipheriv('id-aes256-wrap', key, Buffer.alloc(8, 0xa6))
  return Buffer.concat([cipher.update(wrapped), cipher.final()])
}

/** RFC 8032 section 7.1, test 1. */
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const inputs = { seed, sessionKey: counting(0, 32), salt: counting(0, 24), contentKey: counting(32, 32), iv: counting(64, 12), bundle: Buffer.from('<h1>Hello</h1>\n') }

function keysOf() {
  const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const x = base64url(spki.subarray(12))
  const kid = base64url(sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`))
  return { privateKey, spki, x, kid, wrappingKey: Buffer.from(hkdfSync('sha256', spki, Buffer.alloc(0), 'otaseal v2 reader', 32)) }
}

function bodyOf({ sessionKey, salt, bundle }) {
  const output = expand(sessionKey, Buffer.concat([Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'), salt]), 76)
  const [key, nonce, commitment] = [output.subarray(0, 32), output.subarray(32, 44), output.subarray(44)]
  const chunk = gcm(key, nonce, bundle)
  const index = sha256(chunk)
  const pad = expand(sessionKey, Buffer.concat([Buffer.from('otaseal v2 checksum'), salt]), 32)
  return { output, commitment, chunk, index, indexDigest: sha256(index, salt, commitment), digest: sha256(bundle), pad }
}

function headerOf({ salt, bundle }, { commitment, indexDigest, digest, pad }) {
  return {
    app: 'com.example.app', version: '1.4.0', sequence: 1763769600, channel: 'production', created: 1763769600,
    bundle: { size: bundle.length, checksum: base64url(xor(digest, pad)), type: 'text/html' },
    body: { alg: 'AES-256-GCM', chunk: 16384, salt: base64url(salt), commitment: base64url(commitment), index: base64url(indexDigest) },
  }
}

/** Each value of the example by its name. */
export function example() {
  const key = keysOf()
  const body = bodyOf(inputs)
  const header = JSON.stringify(headerOf(inputs, body))
  const payload = base64url(header)
  const protectedText = JSON.stringify({ alg: 'Ed25519', kid: key.kid, typ: 'otaseal-head-v2' })
  const signingInput = `${base64url(protectedText)}.${payload}`
  const signature = sign(null, Buffer.from(signingInput), key.privateKey)
  const slotText = JSON.stringify({ alg: 'A256KW', enc: 'A256GCM', kid: key.kid })
  const wrapped = wrap(key.wrappingKey, inputs.contentKey)
  const sealed = gcm(inputs.contentKey, inputs.iv, inputs.sessionKey, Buffer.from(base64url(slotText)))
  const [ciphertext, tag] = [sealed.subarray(0, 32), sealed.subarray(32)]
  const slot = [base64url(slotText), ...[wrapped, inputs.iv, ciphertext, tag].map(base64url)].join('.')
  const head = JSON.stringify({ payload, signatures: [{ protected: base64url(protectedText), signature: base64url(signature) }], keys: [slot] })
  const size = Buffer.alloc(4)
  size.writeUInt32BE(head.length)
  const file = Buffer.concat([Buffer.from('894f544156320a1a', 'hex'), size, Buffer.from(head), body.index, inputs.salt, body.commitment, body.chunk])
  return { ...inputs, ...key, ...body, header, payload, protectedText, signingInput, signature, slotText, wrapped, ciphertext, tag, slot, head, size, file }
}
