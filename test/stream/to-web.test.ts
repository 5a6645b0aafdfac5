import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { encryptBundleStream, verifyAndDecryptStream, verifyEnvelope } from '../../src/index.js'
import { temporaryFolder } from '../cli/cli.js'
import { accepting, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import type { ByteStreamLike } from '../../src/index.js'

const signer = freshEd25519()
const path = join(temporaryFolder(), 'no envelope')
writeFileSync(path, pattern(1_000_000))
const { head } = await seal(signer, pattern(100_000))

/** nodejs/node#64529: where such a stream is cancelled in the turn of a read, its Node stream ends the program. */
describe('a stream of Readable.toWeb whose buffers are full, refused at its first piece,', () => {
  const outcomes: unknown[] = []
  const note = (error: unknown): void => void outcomes.push(error)

  beforeEach(() => {
    outcomes.splice(0)
    process.prependListener('uncaughtException', note)
    return () => process.off('uncaughtException', note)
  })

  test.each([
    ['verifyAndDecryptStream', async (stream: ByteStreamLike) => verifyAndDecryptStream(stream, accepting(signer))],
    ['verifyEnvelope', async (stream: ByteStreamLike) => verifyEnvelope({ head, payload: stream }, { trust: signer.publicKey })],
    ['encryptBundleStream', async (stream: ByteStreamLike) => {
      const stop = new AbortController()
      const options = { signer: signer.privateKey, app: 'a', version: '1', signal: stop.signal, onProgress: () => stop.abort() }
      return new Response((await encryptBundleStream(stream, options)).body).arrayBuffer()
    }],
  ])('does not end the program: %s', async (_, run) => {
    for (let i = 0; i < 20; i++) {
      const stream = createReadStream(path)
      const web = Readable.toWeb(stream) as ReadableStream<Uint8Array>
      await expect.poll(() => stream.isPaused() && stream.readableLength > 0, { interval: 1 }).toBe(true)
      await expect(run(web)).rejects.toThrow()
      await expect.poll(() => stream.closed, { interval: 1 }).toBe(true)
      outcomes.push(i)
    }
    expect(outcomes).toEqual([...Array(20).keys()])
  })
})
