import { expect, test } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { endOf, expectFailed, sealStream, startSealing, unhandledDuring, withSealer } from './encrypt.js'
import { collect, freshLog, settled, streamOfPieces } from './streams.js'
import type { Backend, EncryptedStream } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(11 * CHUNK + 500)
const reason = new Error('the user left')

describeEachBackend('R51: a source that fails', (backend) => {
  test.each([[0, 1], [5, 1], [40, 3], [181, 12]])('after %i pieces errors body and envelope with its own error', async (pieces, given) => {
    const before = (i: number): void => {
      if (i === pieces) throw reason
    }
    const { sealing } = await startSealing(signer, bundle, { backend }, { before })
    const { body, envelope } = await endOf(sealing)
    expect([body.failed, body.error]).toEqual([true, reason])
    expect(envelope).toEqual({ status: 'rejected', reason })
    // The prefix, and whole chunks that were read before.
    expect(body.pieces).toHaveLength(given)
  })

  test.each([['text'], [null], [[1, 2, 3]], [new Uint8Array(new SharedArrayBuffer(4))]])('with a piece that is no bytes (%j) is a TypeError', async (piece) => {
    const log = freshLog()
    const sealing = await sealStream(signer, streamOfPieces([bundle, piece], { log }), { backend })
    const { body, envelope } = await endOf(sealing)
    expect(body.error).toBeInstanceOf(TypeError)
    expect(envelope).toEqual({ status: 'rejected', reason: body.error })
    expect(log.cancelled).toEqual([body.error])
  })
})

describeEachBackend('R51: a platform that fails', (backend) => {
  const broken: readonly (readonly [string, Backend, number])[] = [
    ['in the cipher', withSealer(backend, failAt(2)), 3],
    ['in a digest', { ...backend, sha256: failingSha(backend, CHUNK + 16) }, 1],
    ['in the digest of the index', { ...backend, sha256: failingSha(backend, 12 * 32 + 56) }, 13],
    ['in the slot', { ...backend, wrapKey: fail }, 13],
  ]

  test.each(broken)('%s errors body and envelope, cancels what is left of the source, and gives nothing more', async (_, failing, given) => {
    const { sealing, log } = await startSealing(signer, bundle, { backend: failing })
    const { body, envelope } = await endOf(sealing)
    expect([body.pieces.length, body.error]).toEqual([given, reason])
    expect(envelope).toEqual({ status: 'rejected', reason })
    expect(log.cancelled).toEqual(given === 13 ? [] : [reason])
  })

  test('R27: without a signature that holds gives no head, and the body does not close', async () => {
    for (const sign of [() => new Uint8Array(64), fail]) {
      const { sealing } = await startSealing(signer, bundle, { backend: { ...backend, sign } })
      const { body, envelope } = await endOf(sealing)
      expect([body.pieces.length, body.failed]).toEqual([13, true])
      await expectFailed(body.error, 'bad-key')
      expect(envelope).toEqual({ status: 'rejected', reason: body.error })
    }
  })

  test('in onProgress errors both with what that threw, and it is not called again', async () => {
    let calls = 0
    const onProgress = (): void => {
      calls++
      throw reason
    }
    const { sealing, log } = await startSealing(signer, bundle, { backend, onProgress })
    const { body, envelope } = await endOf(sealing)
    await settled()
    expect([body.error, envelope, log.cancelled, calls]).toEqual([reason, { status: 'rejected', reason }, [reason], 1])
  })
})

function fail(): never {
  throw reason
}
function failAt(chunk: number): Parameters<typeof withSealer>[1] {
  let sealed = 0
  return (seal) => async (...args) => (sealed++ === chunk ? fail() : seal(...args))
}
function failingSha(backend: Backend, length: number): Backend['sha256'] {
  return (...parts) => (parts.reduce((sum, part) => sum + part.length, 0) === length ? fail() : backend.sha256(...parts))
}

const isOther = 'Bun' in globalThis || 'Deno' in globalThis
test.skipIf(isOther)('an envelope that nobody waits for rejects without a word (not in Bun and Deno, which may have sealed all before setImmediate stops it)', async () => {
  const ways: readonly (readonly [string, () => Promise<EncryptedStream>])[] = [
    ['a failing source', async () => (await startSealing(signer, bundle, {}, { then: { error: reason } })).sealing],
    ['a broken signer', async () => (await startSealing(signer, bundle, { backend: { ...nodeBackend, sign: fail } })).sealing],
    ['a stopped call', async () => (await startSealing(signer, bundle, { signal: { aborted: false, reason, addEventListener: (_, abort) => setImmediate(abort) } })).sealing],
  ]
  const unhandled = await unhandledDuring(async () => {
    for (const [name, make] of ways) expect((await collect((await make()).body)).failed, name).toBe(true)
    await (await startSealing(signer, bundle, {})).sealing.body.cancel(reason)
    await settled()
  })
  expect(unhandled).toEqual([])
})
