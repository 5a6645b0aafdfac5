// The deployed Capgo way as far as WebCrypto has it: AES-128-CBC and SHA-256 of the ZIP. It has no RSA without a hash, by which key and
// checksum are signed there; so that is left out, in favour of this row.
import { check, randomBytes, sameBytes } from '../util.mjs'

export const contenders = [{ name: 'Capgo as deployed, without its RSA', package: 'WebCrypto', flow: 'one-shot', kind: 'deployed', keys, setup }]

function keys() {
  return crypto.subtle.generateKey({ name: 'AES-CBC', length: 128 }, false, ['encrypt', 'decrypt'])
}

function setup(key) {
  const { subtle } = crypto
  return {
    seal: async (bundle, take) => {
      const algorithm = { name: 'AES-CBC', iv: randomBytes(16) }
      const [sealed, digest] = await Promise.all([subtle.encrypt(algorithm, key, bundle), subtle.digest('SHA-256', bundle)])
      take(new Uint8Array(sealed))
      return { algorithm, digest: new Uint8Array(digest) }
    },
    open: async ({ body, meta: { algorithm, digest } }, take) => {
      const bundle = await subtle.decrypt(algorithm, key, body)
      check(sameBytes(new Uint8Array(await subtle.digest('SHA-256', bundle)), digest), 'the checksum is of other content')
      take(new Uint8Array(bundle))
    },
  }
}
