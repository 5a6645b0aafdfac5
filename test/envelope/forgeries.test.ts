import { constants, createHmac, sign } from 'node:crypto'
import { test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { protectedText, withSignature } from './hostile.js'
import { freshEd25519, freshRsa, nodeSign } from './signers.js'
import { movedByGroupOrder, withTorsion } from './ed25519-forgery.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { SignatureForm } from './hostile.js'
import type { TestSigner } from './signers.js'

const bundle = pattern(3)
const signer = freshEd25519()
const stranger = freshEd25519()
const rsa = freshRsa()
const sealed = await seal(signer, bundle)
const sealedByRsa = await seal(rsa, bundle)
const envelopeOf = (by: TestSigner): EnvelopeParts => (by === rsa ? sealedByRsa : sealed)
const pemBody = (pem: string): Buffer => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64')

/** A signature that is hostile in one way, made over the genuine header. */
const forgeries: readonly (readonly [string, TestSigner, SignatureForm])[] = [
  [
    'alg none with no signature',
    signer,
    { protected: protectedText(signer, { alg: 'none' }), sign: () => new Uint8Array(0) },
  ],
  ['alg none with the genuine key\'s signature', signer, { protected: protectedText(signer, { alg: 'none' }) }],
  [
    'HS256 under the public key\'s PEM text',
    signer,
    { protected: protectedText(signer, { alg: 'HS256' }), sign: hmacUnder((by) => Buffer.from(by.publicKey)) },
  ],
  [
    'HS256 under the public key\'s SPKI',
    signer,
    { protected: protectedText(signer, { alg: 'HS256' }), sign: hmacUnder((by) => pemBody(by.publicKey)) },
  ],
  [
    'HS256 under the raw public key',
    signer,
    {
      protected: protectedText(signer, { alg: 'HS256' }),
      sign: hmacUnder((by) => pemBody(by.publicKey).subarray(-32)),
    },
  ],
  [
    'HS256 under an RSA key\'s PEM text',
    rsa,
    { protected: protectedText(rsa, { alg: 'HS256' }), sign: hmacUnder((by) => Buffer.from(by.publicKey)) },
  ],
  [
    'HS256 under an RSA key\'s SPKI',
    rsa,
    { protected: protectedText(rsa, { alg: 'HS256' }), sign: hmacUnder((by) => pemBody(by.publicKey)) },
  ],
  [
    'the algorithm of the other kind of key, Ed25519 as PS256',
    signer,
    { protected: protectedText(signer, { alg: 'PS256' }) },
  ],
  [
    'the algorithm of the other kind of key, PS256 as Ed25519',
    rsa,
    { protected: protectedText(rsa, { alg: 'Ed25519' }) },
  ],
  ['the older name EdDSA', signer, { protected: protectedText(signer, { alg: 'EdDSA' }) }],
  ['another writing of its algorithm', signer, { protected: protectedText(signer, { alg: 'ed25519' }) }],
  ['RS256 with a genuine PKCS#1 v1.5 signature', rsa, { protected: protectedText(rsa, { alg: 'RS256' }), sign: pkcs1 }],
  ['PS256 with a genuine PKCS#1 v1.5 signature', rsa, { sign: pkcs1 }],
  ['PS384', rsa, { protected: protectedText(rsa, { alg: 'PS384' }), sign: pss('sha384', 48) }],
  ['PS256 over SHA-384', rsa, { sign: pss('sha384', 32) }],
  ['PS256 with a salt of 0 bytes', rsa, { sign: (message) => nodeSign(rsa, message, 0) }],
  ['PS256 with a salt of 20 bytes', rsa, { sign: (message) => nodeSign(rsa, message, 20) }],
  ['PS256 with a salt of 31 bytes', rsa, { sign: (message) => nodeSign(rsa, message, 31) }],
  ['PS256 with a salt of 33 bytes', rsa, { sign: (message) => nodeSign(rsa, message, 33) }],
  [
    'PS256 with the longest salt',
    rsa,
    { sign: (message) => nodeSign(rsa, message, constants.RSA_PSS_SALTLEN_MAX_SIGN) },
  ],
  [
    'PS256 with a zero byte before it',
    rsa,
    { sign: (message) => Buffer.concat([Buffer.of(0), nodeSign(rsa, message)]) },
  ],
  ['PS256 one byte short', rsa, { sign: (message) => nodeSign(rsa, message).subarray(1) }],
  ['an Ed25519 signature with a torsion component', signer, { sign: withTorsion(1) }],
  ['an Ed25519 signature with another torsion component', signer, { sign: withTorsion(4) }],
  ['S plus the group order', signer, { sign: movedByGroupOrder(1n) }],
  ['S plus fifteen times the group order', signer, { sign: movedByGroupOrder(15n) }],
  ['64 zero bytes', signer, { sign: () => new Uint8Array(64) }],
  ['an empty signature', signer, { sign: () => new Uint8Array(0) }],
  [
    'a signature with a byte more',
    signer,
    { sign: (message) => Buffer.concat([nodeSign(signer, message), Buffer.of(0)]) },
  ],
  [
    'a signature over the header alone, without the protected header',
    signer,
    { sign: (message) => nodeSign(signer, message.subarray(message.indexOf(46) + 1)) },
  ],
  ['a signature by another key under this kid', signer, { sign: (message) => nodeSign(stranger, message) }],
]

type Sign = NonNullable<SignatureForm['sign']>
function hmacUnder(secret: (by: TestSigner) => Uint8Array): Sign {
  return (message, by) => createHmac('sha256', secret(by)).update(message).digest()
}
function pkcs1(message: Uint8Array): Uint8Array {
  return sign('sha256', message, rsa.keyObject)
}
function pss(hash: string, saltLength: number): Sign {
  return (message) => sign(hash, message, { key: rsa.keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

describeEachBackend('R22, R23, R24: the one signature', (backend) => {
  test('made by the same steps honestly is accepted: the control of what follows', async () => {
    await expectAccepted(withSignature(sealed, signer, {}), accepting(signer, { backend }), bundle)
    await expectAccepted(
      withSignature(sealed, signer, { sign: withTorsion(0) }),
      accepting(signer, { backend }),
      bundle,
    )
    await expectAccepted(
      withSignature(sealed, signer, { sign: movedByGroupOrder(0n) }),
      accepting(signer, { backend }),
      bundle,
    )
    await expectAccepted(withSignature(sealedByRsa, rsa, {}), accepting(rsa, { backend }), bundle)
    await expectAccepted(
      withSignature(sealedByRsa, rsa, { sign: pss('sha256', 32) }),
      accepting(rsa, { backend }),
      bundle,
    )
  })

  test.each(forgeries)('%s is refused', async (_, by, form) => {
    const options = accepting(by, { backend })
    await expectRefused(
      () => verifyAndDecrypt(withSignature(envelopeOf(by), by, form), options),
      'bad-signature',
      /no signature by a trusted key holds|names another algorithm than its key is for/,
    )
  })

  test('with another typ is refused, although the genuine key signed it', async () => {
    for (const typ of ['otaseal-head-v3', 'JWT', 'otaseal-link-v2', 'otaseal-trust-v2', '', 'OTASEAL-HEAD-V2']) {
      const bad = withSignature(sealed, signer, { protected: protectedText(signer, { typ }) })
      await expectRefused(
        () => verifyAndDecrypt(bad, accepting(signer, { backend })),
        'unsupported',
        /typ is not otaseal-head-v2/,
      )
    }
  })
})
