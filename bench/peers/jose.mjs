// jose as somebody would do it who has a secret in the app: a JWE of the bundle under that secret, and a JWS of the bundle's digest.
import { FlattenedEncrypt, FlattenedSign, exportJWK, flattenedDecrypt, flattenedVerify, generateKeyPair, importJWK } from 'jose'
import { check, randomBytes, sameBytes } from '../util.mjs'

const JWE = { alg: 'dir', enc: 'A256GCM' }
const JWS = { alg: 'EdDSA' }

export const contenders = [{ name: 'jose, JWE and JWS', package: 'jose', flow: 'one-shot', kind: 'peer', keys, setup }]

async function keys() {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  return { secret: randomBytes(32), publicJwk: await exportJWK(pair.publicKey), privateJwk: await exportJWK(pair.privateKey) }
}

async function setup({ secret, publicJwk, privateJwk }) {
  const [publicKey, privateKey] = await Promise.all([publicJwk, privateJwk].map((jwk) => importJWK(jwk, JWS.alg)))
  return {
    seal: async (bundle, take) => {
      const jwe = await new FlattenedEncrypt(bundle).setProtectedHeader(JWE).encrypt(secret)
      const jws = await new FlattenedSign(await sha256(bundle)).setProtectedHeader(JWS).sign(privateKey)
      take(new TextEncoder().encode(JSON.stringify({ jwe, jws })))
    },
    open: async ({ body }, take) => {
      const { jwe, jws } = JSON.parse(new TextDecoder().decode(body))
      const { payload: digest } = await flattenedVerify(jws, publicKey, { algorithms: [JWS.alg] })
      const { plaintext } = await flattenedDecrypt(jwe, secret, { keyManagementAlgorithms: [JWE.alg], contentEncryptionAlgorithms: [JWE.enc] })
      check(sameBytes(await sha256(plaintext), digest), 'the signed digest is of other content')
      take(plaintext)
    },
  }
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
