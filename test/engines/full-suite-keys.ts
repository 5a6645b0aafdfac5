import { decryptPrivateKey, encryptPrivateKey, passphraseProtection, publicJwk } from '../../src/build.js'
import { verifyAndDecrypt } from '../../src/device.js'
import { nobleReader } from '../../src/noble.js'
import { check, refused, same } from './assert.js'
import { pattern } from './data.js'
import { accepting, backends, keys, seal } from './fixtures.js'
import type { AgreementCurve, KeyPair } from '../../src/build.js'
import type { EngineTest } from './contract.js'
import type { JwkInput } from '../../src/device.js'

const BUNDLE = pattern(100)
const EXTRACTABLE = true

const parameters = {
  Ed25519: { name: 'Ed25519' },
  'RSA-4096': { name: 'RSA-PSS', hash: 'SHA-256' },
  X25519: { name: 'X25519' },
  'P-256': { name: 'ECDH', namedCurve: 'P-256' },
} as const

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const base64 = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

type Kind = keyof typeof parameters

/** Both halves as this engine's WebCrypto imports what the package wrote. */
async function imported(kind: Kind, { publicKey, privateKey }: KeyPair, extractable: boolean): Promise<CryptoKeyPair> {
  const [verifying, signing]: [KeyUsage[], KeyUsage[]] = kind === 'X25519' || kind === 'P-256' ? [[], ['deriveBits']] : [['verify'], ['sign']]
  return {
    publicKey: await crypto.subtle.importKey('spki', derOf(publicKey), parameters[kind], EXTRACTABLE, verifying),
    privateKey: await crypto.subtle.importKey('pkcs8', derOf(privateKey), parameters[kind], extractable, signing),
  }
}

const jwkOf = async (key: CryptoKey): Promise<JwkInput> => (await crypto.subtle.exportKey('jwk', key)) as JwkInput

const signers = Object.entries({ Ed25519: keys.ed25519, 'RSA-4096': keys.rsa } as const).flatMap(([type, pair]): EngineTest[] => {
  const kind = type as 'Ed25519' | 'RSA-4096'
  return [
    {
      name: `an ${kind} key signs and is trusted as PEM, as JWK and as CryptoKey`,
      run: async () => {
        const pem = await pair()
        const native = await imported(kind, pem, EXTRACTABLE)
        const forms = [pem, native, { publicKey: await jwkOf(native.publicKey), privateKey: await jwkOf(native.privateKey) }]
        for (const { privateKey } of forms) {
          const envelope = await seal(BUNDLE, { signer: privateKey })
          for (const { publicKey } of forms) {
            const { signers } = await verifyAndDecrypt(envelope, await accepting({ trust: publicKey }))
            same(signers, [pem.kid], 'the signers')
          }
        }
        same((await publicJwk(native.publicKey)).kid, pem.kid, 'the kid')
      },
    },
    {
      name: `an ${kind} CryptoKey that is not extractable is refused, and says why`,
      run: async () => {
        const { privateKey } = await imported(kind, await pair(), !EXTRACTABLE)
        await refused(() => seal(BUNDLE, { signer: privateKey }), 'bad-key', /not extractable/)
      },
    },
    {
      name: `an ${kind} private key is encrypted with a passphrase and comes back`,
      run: async () => {
        const { privateKey } = await pair()
        for (const { backend } of backends) {
          const encrypted = await encryptPrivateKey(privateKey, 'pass ünïcode ✓', { backend, iterations: 1000 })
          same(await passphraseProtection(encrypted), { iterations: 1000, hash: 'SHA-256' }, 'its protection')
          for (const { backend: other } of backends) {
            same(await decryptPrivateKey(encrypted, 'pass ünïcode ✓', { backend: other }), privateKey, 'the key')
          }
          await refused(() => decryptPrivateKey(encrypted, 'another', { backend }), 'bad-key', /could not be decrypted/)
        }
      },
    },
  ]
})

const readers = Object.entries({ X25519: keys.x25519, 'P-256': keys.p256 } as const).flatMap(([type, pair]): EngineTest[] => {
  const kind = type as AgreementCurve
  return [
    {
      name: `a ${kind} reader opens as PEM, JWK, CryptoKey, pair of both, and in pure JavaScript`,
      run: async () => {
        const pem = await pair()
        const native = await imported(kind, pem, EXTRACTABLE)
        const jwk = await jwkOf(native.privateKey)
        const hidden = await imported(kind, pem, !EXTRACTABLE)
        for (const publicKey of [pem.publicKey, native.publicKey, await jwkOf(native.publicKey)]) {
          const envelope = await seal(BUNDLE, { readers: [publicKey] })
          for (const reader of [pem.privateKey, jwk, native.privateKey, hidden.privateKey, hidden, nobleReader(pem.privateKey)]) {
            same((await verifyAndDecrypt(envelope, await accepting({ reader }))).bundle, BUNDLE, 'the bundle')
          }
        }
      },
    },
    {
      name: `a ${kind} key that this engine made for itself, and that can't be exported, opens`,
      run: async () => {
        const pair = (await crypto.subtle.generateKey(parameters[kind], !EXTRACTABLE, ['deriveBits'])) as CryptoKeyPair
        const envelope = await seal(BUNDLE, { readers: [pair.publicKey] })
        same((await verifyAndDecrypt(envelope, await accepting({ reader: pair }))).bundle, BUNDLE, 'the bundle')
      },
    },
    {
      name: `a ${kind} reader whose key lies elsewhere opens, and its failure is told`,
      run: async () => {
        const { publicKey, privateKey } = await pair()
        const own = nobleReader(privateKey)
        const envelope = await seal(BUNDLE, { readers: [publicKey] })
        same((await verifyAndDecrypt(envelope, await accepting({ reader: { ...own } }))).bundle, BUNDLE, 'the bundle')
        const cause = new Error('the keystore is locked')
        const failing = { publicKey, deriveSharedSecret: (): never => { throw cause } }
        const error = await refused(async () => verifyAndDecrypt(envelope, await accepting({ reader: failing })), 'no-reader-key')
        check(error.cause === cause, 'the cause is another')
      },
    },
  ]
})

const others: readonly EngineTest[] = [
  {
    name: 'a private key is never trusted, nor a public one signed with',
    run: async () => {
      const { publicKey, privateKey } = await keys.ed25519()
      const envelope = await seal(BUNDLE)
      await refused(async () => verifyAndDecrypt(envelope, await accepting({ trust: privateKey })), 'bad-key', /never embed it/)
      await refused(() => seal(BUNDLE, { signer: publicKey }), 'bad-key')
    },
  },
  {
    name: 'an RSA key of 2048 bits is refused',
    run: async () => {
      const type = { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
      const { publicKey } = await crypto.subtle.generateKey(type, EXTRACTABLE, ['sign', 'verify'])
      await refused(() => publicJwk(publicKey), 'bad-key')
    },
  },
]

export const keyTests: readonly EngineTest[] = [...signers, ...readers, ...others]
