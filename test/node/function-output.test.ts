import { beforeEach, describe, expect, it } from 'vitest'
import { joinEnvelope } from '../../src/index.js'
import { decryptFile, encryptFile } from '../../src/node.js'
import { CHUNK, accepting, sameAs, seal } from '../envelope/helpers.js'
import { fromBase64url, base64url, withPayload, withSigned } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { freshLog, streamOf, streamOfPieces } from '../stream/streams.js'
import { bundle, calls, makeFullPlace, signer } from './calls.js'
import { expectFailure, failureIn, makeSink, publishing, streamOfFile } from './helpers.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { FileInput } from '../../src/node.js'
import type { SourceLog } from '../stream/streams.js'
import type { Place } from './calls.js'

let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

const lastByteFlipped = (envelope: EnvelopeParts): EnvelopeParts =>
  withPayload(envelope, (payload) => payload.set([(payload.at(-1) as number) ^ 1], payload.length - 1))

/** Envelopes whose fault shows only at the very end, and the code. */
const faults: readonly (readonly [string, (envelope: EnvelopeParts) => Uint8Array])[] = [
  ['bad-chunk', (envelope) => join(lastByteFlipped(envelope))],
  ['trailing-data', (envelope) => new Uint8Array([...join(envelope), 0])],
  ['truncated', (envelope) => join(envelope).slice(0, -1)],
  ['bad-checksum', (envelope) => join(withSigned(envelope, signer, ({ bundle }) => (bundle.checksum = otherText(bundle.checksum))))],
]

const join = ({ head, payload }: EnvelopeParts): Uint8Array<ArrayBuffer> => joinEnvelope(head, payload)
const otherText = (text: string): string => base64url(fromBase64url(text).map((byte) => byte ^ 1))

/** How the same bytes may come: as a file, which is read twice, and as a stream, which can't be. */
const forms: readonly (readonly [string, (bytes: Uint8Array) => FileInput])[] = [
  ['a file', (bytes) => place.put('input', bytes)],
  ['a stream', (bytes) => streamOf(bytes, 5001)],
  ['a stream of a file', (bytes) => streamOfFile(place.put('input', bytes))],
]

describe.each(forms)('a function in place of a file, from %s,', (_, input) => {
  it.each(faults)('gets nothing where the last thing to check is wrong: %s', async (code, edit) => {
    const source = input(edit(await seal(signer, bundle)))
    const sink = makeSink()
    await expectFailure(place, async () => decryptFile(source, sink.write, accepting(signer)), code)
    expect(sink.pieces).toEqual([])
  })

  it('gets all pieces in order, one at a time', async () => {
    let running = 0
    const sink = makeSink(async () => {
      expect(++running).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    })
    await decryptFile(input((await seal(signer, bundle)).toBytes()), sink.write, accepting(signer))
    expect(sink.bytes()).toSatisfy(sameAs(bundle))
    expect(sink.pieces.map(({ length }) => length)).toEqual([...Array<number>(6).fill(CHUNK), 9])
    expect(place.temporaries()).toEqual([])
  })

  it('gets nothing of an envelope before the bundle has ended, and all of it then', async () => {
    let done = 0
    const sink = makeSink(() => expect(done).toBe(bundle.length))
    await encryptFile(input(bundle), sink.write, publishing(signer, { onProgress: (progress) => (done = progress.done) }))
    await decryptFile(place.put('made', sink.bytes()), place.path('out'), accepting(signer))
    expect(place.read('out')).toSatisfy(sameAs(bundle))
  })
})

describe.each(calls)('$name to a function', ({ run, source }) => {
  it('ends with its error, and calls it no more', async () => {
    const reason = new Error('the consumer is gone')
    const inputs = (): FileInput[] => [place.path(source), streamOf(place.read(source))]
    for (const input of inputs()) {
      const sink = makeSink(() => {
        if (sink.pieces.length === 2) throw reason
      })
      expect(await failureIn(place, async () => run(input, sink.write))).toBe(reason)
      expect(sink.pieces).toHaveLength(2)
    }
  })

  it('gets nothing where the source fails at its end', async () => {
    const reason = new Error('the line is dead')
    const stream = streamOfPieces([place.read(source).subarray(0, -1)], { then: { error: reason } })
    const sink = makeSink()
    expect(await failureIn(place, async () => run(stream, sink.write))).toBe(reason)
    expect(sink.pieces).toEqual([])
  })
})

describe('a stream that is decrypted to a function', () => {
  /** A stream that starts with these bytes and goes on much further. */
  function long(bytes: Uint8Array, log: SourceLog): ReadableStream<Uint8Array<ArrayBuffer>> {
    return streamOfPieces([bytes, ...Array<Uint8Array>(400).fill(new Uint8Array(65_536))], { log })
  }

  it.each([
    ['untrusted-key', { trust: freshEd25519().publicKey }],
    ['too-large', { maxSize: bundle.length - 1 }],
    ['rollback', { lastSequence: 1000 }],
    ['trailing-data', {}],
  ])('is read no further than to what refuses it, and kept no longer: %s', async (code, more) => {
    const log = freshLog()
    const call = async (): Promise<unknown> =>
      decryptFile(long(place.read('envelope'), log), makeSink().write, accepting(signer, more))
    await expectFailure(place, call, code)
    expect(log.bytes).toBeLessThan(place.read('envelope').length + 4 * 65_536)
    await expect.poll(() => log.cancelled).toEqual([expect.objectContaining({ code })])
  })
})
