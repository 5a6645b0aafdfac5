import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { backends, describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, refusal, seal } from './helpers.js'
import { base64url, protectedText, rawHead, signatureOver, withHead } from './hostile.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { EnvelopeParts } from '../../src/index.js'

const bundle = pattern(3)
const signer = freshEd25519()
const second = freshEd25519()
const stranger = freshEd25519()
const rsa = freshRsa()
const sealed = await seal(signer, bundle)

describe('R25, R26: which signatures count', () => {
  const genuine = (): { protected: string; signature: string } => signatureOver(rawHead(sealed.head).payload, signer)
  const garbage = (): { protected: string; signature: string } => ({ ...genuine(), signature: base64url(pattern(64)) })
  const byStranger = (): { protected: string; signature: string } =>
    signatureOver(rawHead(sealed.head).payload, stranger)
  const bySecond = (): { protected: string; signature: string } => signatureOver(rawHead(sealed.head).payload, second)
  const signedBy = (...signatures: { protected: string; signature: string }[]): EnvelopeParts =>
    withHead(sealed, (head) => (head.signatures = signatures))
  const badBySecond = { ...bySecond(), signature: base64url(pattern(64)) }

  const accepted: readonly (readonly [string, EnvelopeParts])[] = [
    ['the genuine one alone', signedBy(genuine())],
    ['an unknown one first', signedBy(byStranger(), genuine())],
    ['an unknown one last', signedBy(genuine(), byStranger())],
    ['an unknown one twice beside it', signedBy(byStranger(), genuine(), byStranger())],
    ['one that does not hold by another trusted key, first', signedBy(badBySecond, genuine())],
    ['one that does not hold by another trusted key, last', signedBy(genuine(), badBySecond)],
    [
      'one of another algorithm beside it',
      signedBy({ ...byStranger(), protected: base64url(protectedText(stranger, { alg: 'HS256' })) }, genuine()),
    ],
  ]
  test.each(accepted)('%s is enough', async (_, envelope) => {
    for (const backend of backends) {
      await expectAccepted(
        envelope,
        accepting(signer, { backend, trust: [second.publicKey, signer.publicKey] }),
        bundle,
      )
    }
  })

  const refused: readonly (readonly [string, EnvelopeParts, string])[] = [
    ['the genuine one twice', signedBy(genuine(), genuine()), 'bad-signature'],
    ['the genuine one and one of the same kid that does not hold', signedBy(genuine(), garbage()), 'bad-signature'],
    ['the same in the other order', signedBy(garbage(), genuine()), 'bad-signature'],
    [
      'the genuine one and one of the same kid but another algorithm',
      signedBy(genuine(), { ...genuine(), protected: base64url(protectedText(signer, { alg: 'none' })) }),
      'bad-signature',
    ],
    ['one that does not hold', signedBy(garbage()), 'bad-signature'],
    ['one that does not hold and an unknown one', signedBy(byStranger(), garbage()), 'bad-signature'],
    ['an unknown one alone', signedBy(byStranger()), 'untrusted-key'],
    [
      'the genuine signature under an unknown kid',
      signedBy({ ...genuine(), protected: byStranger().protected }),
      'untrusted-key',
    ],
  ]
  test.each(refused)('%s is not enough', async (_, envelope, code) => {
    for (const backend of backends) {
      const error = await refusal(() => verifyAndDecrypt(envelope, accepting(signer, { backend })))
      expect(error.code).toBe(code)
    }
    await expectAccepted(sealed, accepting(signer), bundle)
  })
})

describeEachBackend('several signers', (backend) => {
  test('sign one head, which a device opens that trusts any of them', async () => {
    const both = await seal(signer, bundle, { backend, signer: [signer.privateKey, rsa.privateKey] })
    expect(rawHead(both.head).signatures).toHaveLength(2)
    expect(rawHead(both.head).keys).toHaveLength(2)
    for (const trust of [
      signer.publicKey,
      rsa.publicKey,
      [signer.publicKey],
      [stranger.publicKey, rsa.publicKey],
      [rsa.publicKey, signer.publicKey],
    ]) {
      await expectAccepted(both, accepting(signer, { backend, trust }), bundle)
    }
    await expectRefused(
      () => verifyAndDecrypt(both, accepting(stranger, { backend })),
      'untrusted-key',
      /right public key/,
    )
  })

  test('given twice sign once, and a key trusted twice counts once', async () => {
    const once = await seal(signer, bundle, { backend, signer: [signer.privateKey, signer.privateKey] })
    expect(rawHead(once.head).signatures).toHaveLength(1)
    await expectAccepted(once, accepting(signer, { backend, trust: [signer.publicKey, signer.publicKey] }), bundle)
  })

  test('a key that is trusted but whose signature is bad opens no slot', async () => {
    const both = await seal(signer, bundle, { backend, signer: [signer.privateKey, second.privateKey] })
    const bad = withHead(both, (head) => {
      head.signatures = [
        head.signatures[0],
        { ...head.signatures[1], signature: base64url(pattern(64)) },
      ] as typeof head.signatures
      head.keys = head.keys.slice(1)
    })
    await expectRefused(
      () => verifyAndDecrypt(bad, accepting(signer, { backend, trust: [signer.publicKey, second.publicKey] })),
      'no-reader-key',
    )
    await expectAccepted(both, accepting(second, { backend }), bundle)
  })
})
