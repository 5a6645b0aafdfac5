import fc from 'fast-check'
import { joinEnvelope, splitEnvelope } from '../../src/build.js'
import { verifyAndDecrypt, verifyAndDecryptStream } from '../../src/device.js'
import { nobleBackend } from '../../src/noble.js'
import { check, same } from './assert.js'
import { CHUNK, pattern } from './data.js'
import { accepting, seal, webBackend } from './fixtures.js'
import { collect, streamOf } from './streams.js'
import type { EngineTest } from './contract.js'

/** The same cases in every engine, and few of them. */
const bounded = (numRuns: number) => ({ seed: 20_260_701, numRuns, endOnFailure: true })

const bytesOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
const key = bytesOf(pattern(32, 5))

export const propertyTests: readonly EngineTest[] = [
  {
    name: 'a bundle of any size, in chunks of either size, comes back as bytes and as a stream of any pieces',
    run: async () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 3 * CHUNK }), { minLength: 1, maxLength: 5 })
      const property = fc.asyncProperty(fc.nat(4 * CHUNK), fc.constantFrom(16_384 as const, 262_144 as const), sizes, async (size, chunkSize, pieces) => {
        const bundle = pattern(size, size)
        const envelope = (await seal(bundle, { chunkSize })).toBytes()
        same((await verifyAndDecrypt(envelope, await accepting())).bundle, bundle, 'as bytes')
        const { bundle: stream } = await verifyAndDecryptStream(streamOf(envelope, pieces), await accepting())
        same((await collect(stream)).bytes, bundle, 'as a stream')
      })
      await fc.assert(property, bounded(30))
    },
  },
  {
    name: 'splitEnvelope takes apart what joinEnvelope has put together, and nothing else',
    run: () => {
      const head = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })).map((object) => JSON.stringify(object))
      const property = fc.property(head, fc.uint8Array({ maxLength: 200 }), fc.nat(), (text, payload, cut) => {
        const joined = joinEnvelope(text, payload)
        const split = splitEnvelope(joined)
        same([split.head, [...split.payload]], [text, [...payload]], 'the parts')
        const shorter = joined.subarray(0, cut % (joined.length - payload.length))
        check(isRefused(() => splitEnvelope(shorter)), `an envelope of ${shorter.length} bytes was taken`)
      })
      fc.assert(property, bounded(200))
    },
  },
  {
    name: 'WebCrypto and noble compute the same, byte by byte',
    run: async () => {
      const property = fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ minLength: 12, maxLength: 12 }), async (given, iv) => {
        const [message, nonce] = [bytesOf(given), bytesOf(iv)]
        const results = [webBackend, nobleBackend].map(async (backend) => [
          await backend.sha256(message, nonce),
          await backend.hmac('SHA-256', key, message),
          await backend.hmac('SHA-512', key, message),
          await (await backend.gcmSealer(key)).seal(nonce, message, nonce),
        ])
        const [web = [], noble = []] = await Promise.all(results)
        check(web.length === 4, 'four results were asked for')
        web.forEach((bytes, i) => same(bytes, noble[i], `result ${i}`))
      })
      await fc.assert(property, bounded(100))
    },
  },
]

function isRefused(call: () => unknown): boolean {
  try {
    call()
    return false
  } catch {
    return true
  }
}
