import { expect, test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectRefused, seal } from '../envelope/helpers.js'
import { rawHead } from '../envelope/hostile.js'
import { bundle, freshReader, signer } from './readers.js'

describeEachBackend('R36: a key in hardware', (backend) => {
  test.each([['the same slot', false], ['slots of its own kid', true]])('is asked at most four times by a head of 64: %s', async (_, distinct) => {
    const mine = freshReader('X25519')
    const envelopes = await Promise.all(Array.from({ length: distinct ? 64 : 1 }, async () => seal(signer, bundle, { readers: [mine.publicKey] })))
    const slots = envelopes.map(({ head }) => rawHead(head).keys[0] as string)
    const [one, ...others] = distinct ? slots : Array.from({ length: 64 }, () => slots[0] as string)
    const { head, payload } = await seal(signer, bundle, { readers: [mine.publicKey] })
    const planted = JSON.stringify({ ...rawHead(head), keys: [...others, one as string] })
    let asked = 0
    const reader = { publicKey: mine.publicKey, deriveSharedSecret: () => ((asked += 1), undefined) }
    await expectRefused(async () => verifyAndDecrypt({ head: planted, payload }, { ...accepting(signer), reader, backend }), 'no-reader-key')
    expect(asked).toBe(distinct ? 4 : 1)
  })
})
