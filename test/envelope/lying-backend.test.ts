import { expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { withSignature } from './hostile.js'
import { freshEd25519 } from './signers.js'
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
