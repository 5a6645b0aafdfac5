import { describe, expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { chunkNonce } from '../../src/crypto/chunked.js'
import { describeEachBackend, openSealed } from '../backends.js'
import { bodyKeysOf } from '../envelope/attacker.js'
import { CHUNK, accepting, seal } from '../envelope/helpers.js'
import { base64url, withHead, withSigned, withSignedMember } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import {
  BODY, LAST, bundle, evil, forgeries, genuine, plain, rearrangements, sealed, sha256, signer, withEntries, withPlaced,
} from './attacks.js'
import { expectReleased, expectWhole, readings } from './readings.js'
import { numberOf, spying } from './spy.js'

describeEachBackend('R41, R43, R51: nothing is released that the publisher did not sign,', (backend) => {
  describe.each(readings)('by %s:', (_, read) => {
    test('the genuine payload comes out whole: the control of what follows', async () => {
      const { backend: spied, opened } = spying(backend)
      expectWhole(await read(sealed, accepting(signer, { backend: spied }), [1000, 1, 70_000]), bundle)
      expect(opened.map((ciphertext) => numberOf(ciphertext, genuine)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    })

    test.each([...forgeries, ...rearrangements])('$name: $code after $released chunks', async ({ payload, code, released }) => {
      const { backend: spied, opened } = spying(backend)
      const changed = { head: sealed.head, payload: copyBytes(await payload()) }
      const outcome = await read(changed, accepting(signer, { backend: spied }), 20_000)
      await expectReleased(outcome, bundle.subarray(0, released * CHUNK), code)
      const decrypted = opened.map((ciphertext) => numberOf(ciphertext, genuine))
      expect(decrypted, 'a chunk whose digest differs never meets the cipher').not.toContain(-1)
      expect(decrypted, 'the refused chunk').not.toContain(released)
    })
  })

  test.each([0, 3, LAST])('the tag of the forged chunk %i holds, so it was not the tag that refused it', async (i) => {
    const { key, baseNonce } = await bodyKeysOf(sealed.head, signer)
    const opened = await openSealed(await backend.gcmOpener(key), chunkNonce(baseNonce, i), copyBytes(await evil(i)))
    expect(opened).toEqual(new Uint8Array(plain(i).length).fill(0x41))
  })
})

describeEachBackend('R26, R36: an attacker who forges the head as well,', (backend) => {
  const attacker = freshEd25519()
  const device = accepting(signer, { backend })

  describe.each(readings)('by %s:', (_, read) => {
    test('gets nothing out by a whole envelope of its own', async () => {
      const own = await seal(attacker, new Uint8Array(bundle.length).fill(0x41), { backend })
      const nothing = new Uint8Array(0)
      expectWhole(await read(own, accepting(attacker, { backend })), new Uint8Array(bundle.length).fill(0x41))
      await expectReleased(await read(own, device), nothing, 'untrusted-key')
      const underHead = { head: sealed.head, payload: own.payload }
      await expectReleased(await read(underHead, device), nothing, 'bad-index')
      const withSlots = withHead(underHead, (head) => (head.keys = (JSON.parse(own.head) as typeof head).keys))
      await expectReleased(await read(withSlots, device), nothing, 'no-reader-key')
    })

    test('gets nothing out by a header that fits its payload under the genuine signature', async () => {
      const payload = copyBytes(withEntries(withPlaced({ 0: await evil(0) }), 0))
      const fitting = withSigned({ head: sealed.head, payload }, signer, ({ body }) => {
        body.index = base64url(sha256(payload.subarray(0, BODY)))
      })
      expectWhole(await read(fitting, device), Buffer.concat([new Uint8Array(CHUNK).fill(0x41), bundle.subarray(CHUNK)]))
      const [genuineSignature] = (JSON.parse(sealed.head) as { signatures: object[] }).signatures
      const unsigned = withHead(fitting, (head) => Object.assign(head.signatures[0] as object, genuineSignature))
      await expectReleased(await read(unsigned, device), new Uint8Array(0), 'bad-signature')
      const { payload: member } = JSON.parse(fitting.head) as { payload: string }
      const byAttacker = withSignedMember(fitting, member, attacker)
      await expectReleased(await read(byAttacker, device), new Uint8Array(0), 'untrusted-key')
    })
  })
})
