import { ed25519 } from '@noble/curves/ed25519.js'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes.js'
import { verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { withSignature } from './hostile.js'
import { freshEd25519, freshRsa, nodeSign } from './signers.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend, GcmOpener } from '../../src/crypto/backend.js'

const signer = freshEd25519()
const bundle = pattern(CHUNK + 500)
const sealed = await seal(signer, bundle)
const unsigned = withSignature(sealed, signer, { sign: () => pattern(64) })

/** Platforms are plugged in by apps: what they answer is taken for what their contract says, and for nothing more. */
describeEachBackend('a backend that breaks its contract:', (backend) => {
  test.each([
    1, 'true', {}, [], new Uint8Array(1), new Boolean(false),
  ])('a verdict of %j is no true', async (verdict) => {
    const lying = { ...backend, verify: () => verdict as unknown as boolean }
    await expectAccepted(sealed, accepting(signer, { backend: { ...backend, verify: () => true } }), bundle)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { backend: lying })), 'bad-signature')
    await expectRefused(() => verifyAndDecrypt(unsigned, accepting(signer, { backend: lying })), 'bad-signature')
  })

  const opening = (
    wrap: (opened: Bytes) => Bytes | undefined,
    concerned: (length: number) => boolean,
  ): Backend => ({
    ...backend,
    gcmOpener: async (key): Promise<GcmOpener> => {
      const opener = await backend.gcmOpener(key)
      return {
        open: async (nonce, ciphertext, tag, additionalData) => {
          const opened = await opener.open(nonce, ciphertext, tag, additionalData)
          return opened !== undefined && concerned(ciphertext.length) ? wrap(opened) : opened
        },
      }
    },
  })
  const slot = (length: number): boolean => length === 32
  const chunk = (length: number): boolean => length !== 32

  test('the same wrapping, changing nothing, is accepted: the control of what follows', async () => {
    for (const concerned of [slot, chunk]) {
      await expectAccepted(sealed, accepting(signer, { backend: opening((opened) => opened, concerned) }), bundle)
    }
  })

  test.each([0, 16, 31, 33, 64])('a session key of %i bytes opens nothing', async (length) => {
    const resized = opening((opened) => new Uint8Array([...opened, ...opened]).slice(0, length), slot)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { backend: resized })), 'no-reader-key')
  })

  test.each([-1, 1, 16])('a chunk of %i bytes more than was sealed is not released', async (more) => {
    const resized = opening(
      (opened) => new Uint8Array([...opened, ...new Uint8Array(32)]).slice(0, opened.length + more),
      chunk,
    )
    const options = accepting(signer, { backend: resized, checksum: false })
    await expectRefused(() => verifyAndDecrypt(sealed, options), 'bad-chunk')
  })

  test('another plaintext of the right length is found by the checksum', async () => {
    const zeroing = opening((opened) => new Uint8Array(opened.length), chunk)
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { backend: zeroing })), 'bad-checksum')
  })

  test.each([16, 24, 40])('an unwrapped key of %i bytes opens no slot, and no weaker cipher', async (length) => {
    const lying = { ...backend, unwrapKey: () => pattern(length) }
    await expectRefused(() => verifyAndDecrypt(sealed, accepting(signer, { backend: lying })), 'no-reader-key')
  })
})

describe('a backend that takes for a signature what is none', () => {
  const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
  const bytesOf = (number: bigint, length: number): Buffer => Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')
  const unreduced = (signature: Uint8Array): Uint8Array =>
    concatBytes(signature.slice(0, 32), bytesOf(numberOf(signature.slice(32).reverse()) + ed25519.Point.Fn.ORDER, 32).reverse())
  const smallOrder = (signature: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(1), new Uint8Array(31), signature.slice(32))
  const rsa = freshRsa(3072)
  const modulus = Buffer.from(rsa.keyObject.export({ format: 'jwk' }).n as string, 'base64url')

  test.each([
    ['Ed25519, cut', signer, (right: Uint8Array) => right.slice(0, 63)],
    ['Ed25519, with a byte behind', signer, (right: Uint8Array) => concatBytes(right, new Uint8Array(1))],
    ['Ed25519, S plus the group order', signer, unreduced],
    ['Ed25519, R of small order', signer, smallOrder],
    ['RSA, cut', rsa, (right: Uint8Array) => right.slice(0, -1)],
    ['RSA, with a zero before it', rsa, (right: Uint8Array) => concatBytes(new Uint8Array(1), right)],
    ['RSA, the modulus', rsa, () => modulus],
    ['RSA, the greatest number', rsa, (right: Uint8Array) => right.map(() => 255)],
  ] as const)('%s', async (_, by, wrong) => {
    const { nodeBackend } = await import('../../src/crypto/node-build.js')
    const own = await seal(by, bundle)
    const options = accepting(by, { backend: { ...nodeBackend, verify: () => true } })
    const withWrong = (change: (right: Uint8Array) => Uint8Array): typeof own =>
      withSignature(own, by, { sign: (message) => change(nodeSign(by, message)) }) as typeof own
    await expectAccepted(withWrong((right) => right), options, bundle)
    await expectRefused(() => verifyAndDecrypt(withWrong(wrong), options), 'bad-signature')
  })
})

test('a failure of the platform stays one: it is no verdict on the envelope', async () => {
  const { nodeBackend } = await import('../../src/crypto/node-build.js')
  const failure = new Error('out of memory')
  const fail = (): never => {
    throw failure
  }
  const failing: readonly Partial<Backend>[] = [
    { verify: fail }, { sha256: fail }, { hmac: fail }, { gcmOpener: fail }, { unwrapKey: fail },
  ]
  for (const broken of failing) {
    const pending = verifyAndDecrypt(sealed, accepting(signer, { backend: { ...nodeBackend, ...broken } }))
    await expect(pending).rejects.toBe(failure)
  }
})
