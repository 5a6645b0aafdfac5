// The deployed Capgo way, as the Capgo CLI does it on node:crypto: AES-128-CBC under a key that is signed with RSA-2048, and a signed
// SHA-256 of the ZIP. See docs/capgo.md.
import { constants, createCipheriv, createDecipheriv, createHash, generateKeyPairSync, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto'
import { cut } from '../measure.mjs'
import { PIECE, check } from '../util.mjs'

const CBC = 'aes-128-cbc'
const RSA = { padding: constants.RSA_PKCS1_PADDING }

export const contenders = [
  { name: 'Capgo as deployed', package: 'node:crypto', flow: 'one-shot', kind: 'deployed', keys, setup: (pair) => ways(pair, once) },
  { name: 'Capgo as deployed', package: 'node:crypto', flow: 'stream', kind: 'deployed', isWhole: true, keys, setup: (pair) => ways(pair, once) },
  { name: "Capgo's format, in pieces", package: 'node:crypto', flow: 'stream', kind: 'other', keys, setup: (pair) => ways(pair, piecewise) },
]

function keys() {
  const format = (type) => ({ type, format: 'pem' })
  return generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: format('pkcs1'), privateKeyEncoding: format('pkcs1') })
}

function ways({ publicKey, privateKey }, { encrypt, decrypt }) {
  const sign = (bytes) => privateEncrypt({ key: privateKey, ...RSA }, bytes)
  const recover = (bytes) => publicDecrypt({ key: publicKey, ...RSA }, bytes)
  return {
    seal: (bundle, take) => {
      const [iv, secret] = [randomBytes(16), randomBytes(16)]
      const sessionKey = `${iv.toString('base64')}:${sign(secret).toString('base64')}`
      const digest = encrypt(bundle, createCipheriv(CBC, secret, iv), take)
      return { sessionKey, checksum: sign(Buffer.from(digest, 'hex')).toString('hex') }
    },
    open: ({ body, meta: { sessionKey, checksum } }, take) => {
      const [iv, signed] = sessionKey.split(':').map((part) => Buffer.from(part, 'base64'))
      const digest = decrypt(body, createDecipheriv(CBC, recover(signed), iv), take)
      check(recover(Buffer.from(checksum, 'hex')).toString('hex') === digest, 'the checksum is of other content')
    },
  }
}

/** The whole in one call and its end put behind it, as the CLI does it in both directions. */
const once = {
  encrypt: (bundle, cipher, take) => {
    const digest = createHash('sha256').update(bundle).digest('hex')
    take(Buffer.concat([cipher.update(bundle), cipher.final()]))
    return digest
  },
  decrypt: (body, decipher, take) => {
    const bundle = Buffer.concat([decipher.update(body), decipher.final()])
    take(bundle)
    return createHash('sha256').update(bundle).digest('hex')
  },
}

/** What the format would allow, other than the CLI does it: in pieces, and the digest in the same pass. */
const piecewise = {
  encrypt: (bundle, cipher, take) => {
    const hash = createHash('sha256')
    for (const piece of cut(bundle, PIECE)) {
      hash.update(piece)
      take(cipher.update(piece))
    }
    take(cipher.final())
    return hash.digest('hex')
  },
  decrypt: (body, decipher, take) => {
    const hash = createHash('sha256')
    const give = (piece) => {
      hash.update(piece)
      take(piece)
    }
    for (const piece of cut(body, PIECE)) give(decipher.update(piece))
    give(decipher.final())
    return hash.digest('hex')
  },
}
