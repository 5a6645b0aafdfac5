// secretbox over the whole, and a signature over the SHA-512 of what it gives. The secret key lies in the app.
import nacl from 'tweetnacl'
import { check } from '../util.mjs'

export const contenders = [{ name: 'tweetnacl', package: 'tweetnacl', flow: 'one-shot', kind: 'peer', keys, setup }]

function keys() {
  return { secret: nacl.randomBytes(nacl.secretbox.keyLength), ...nacl.sign.keyPair() }
}

function setup({ secret, publicKey, secretKey }) {
  return {
    seal: (bundle, take) => {
      const nonce = nacl.randomBytes(nacl.secretbox.nonceLength)
      const box = nacl.secretbox(bundle, nonce, secret)
      take(box)
      return { nonce, signature: nacl.sign.detached(nacl.hash(box), secretKey) }
    },
    open: ({ body, meta: { nonce, signature } }, take) => {
      check(nacl.sign.detached.verify(nacl.hash(body), signature, publicKey), 'the signature is of other content')
      const bundle = nacl.secretbox.open(body, nonce, secret)
      check(bundle !== null, 'the box does not open')
      take(bundle)
    },
  }
}
