// AES-256-GCM and RSA-2048 over SHA-256, all in JavaScript and with strings for bytes, as node-forge has them.
import forge from 'node-forge'
import { cut } from '../measure.mjs'
import { check } from '../util.mjs'

const GCM = 'AES-GCM'

export const contenders = [{ name: 'node-forge', package: 'node-forge', flow: 'one-shot', kind: 'peer', most: { random: 50, js: 5 }, keys, setup }]

function keys() {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: 2048 })
  return { secret: forge.random.getBytesSync(32), publicPem: forge.pki.publicKeyToPem(publicKey), privatePem: forge.pki.privateKeyToPem(privateKey) }
}

function setup({ secret, publicPem, privatePem }) {
  const [publicKey, privateKey] = [forge.pki.publicKeyFromPem(publicPem), forge.pki.privateKeyFromPem(privatePem)]
  return {
    seal: (bundle, take) => {
      const iv = forge.random.getBytesSync(12)
      const cipher = forge.cipher.createCipher(GCM, secret)
      cipher.start({ iv })
      cipher.update(forge.util.createBuffer(bundle))
      cipher.finish()
      const ciphertext = cipher.output.getBytes()
      take(bytesOf(ciphertext))
      return { iv, tag: cipher.mode.tag.getBytes(), signature: privateKey.sign(digestOf(ciphertext)) }
    },
    open: ({ body, meta: { iv, tag, signature } }, take) => {
      const ciphertext = binaryOf(body)
      check(publicKey.verify(digestOf(ciphertext).digest().getBytes(), signature), 'the signature is of other content')
      const decipher = forge.cipher.createDecipher(GCM, secret)
      decipher.start({ iv, tag: forge.util.createBuffer(tag) })
      decipher.update(forge.util.createBuffer(ciphertext))
      check(decipher.finish(), 'the tag does not hold')
      take(bytesOf(decipher.output.getBytes()))
    },
  }
}

/** Pages have no Buffer. */
function bytesOf(binary) {
  return globalThis.Buffer ? Buffer.from(binary, 'binary') : forge.util.binary.raw.decode(binary)
}

function binaryOf(bytes) {
  if (globalThis.Buffer) return Buffer.from(bytes).toString('binary')
  return Array.from(cut(bytes, 8192), (part) => String.fromCharCode(...part)).join('')
}

function digestOf(binary) {
  return forge.md.sha256.create().update(binary)
}
