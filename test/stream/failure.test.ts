import { describe, expect, test, vi } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { equalBytes } from '../../src/bytes.js'
import { describeEachBackend } from '../backends.js'
import { memberBytes } from '../envelope/attacker.js'
import { CHUNK, accepting, sameAs } from '../envelope/helpers.js'
import { base64url, rawHeader, withPayload, withSigned } from '../envelope/hostile.js'
import { BODY, LAST, SEALED, bundle, evil, plain, sealed, signer, withPlaced } from './attacks.js'
import { forms } from './readings.js'
import { spying } from './spy.js'
import { collect, freshLog, settled } from './streams.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { Bytes } from '../../src/bytes.js'
import type { Form } from './readings.js'
import type { SourceLog } from './streams.js'

const withForged = async (...numbers: readonly number[]): Promise<EnvelopeParts> => {
  const placed = await Promise.all(numbers.map(async (i) => [i, await evil(i)] as const))
  return { head: sealed.head, payload: new Uint8Array(withPlaced(Object.fromEntries(placed))) }
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('it must fail'),
    (error: unknown) => error,
  )
}

async function opened(form: Form, envelope: EnvelopeParts, options: object, log: SourceLog): Promise<ReadableStream<Uint8Array>> {
  const { input } = form(envelope, 5000, { log })
  const { bundle: stream } = await verifyAndDecryptStream(input, accepting(signer, options))
  return stream
}

describeEachBackend('R51: after its first failure', (backend) => {
  describe.each(forms)('the stream of %s', (_, form) => {
    test('gives the same error and nothing else for ever, and cancels its source with it, once', async () => {
      const log = freshLog()
      const stream = await opened(form, await withForged(3), { backend }, log)
      const reader = stream.getReader()
      for (const i of [0, 1, 2]) expect((await reader.read()).value).toSatisfy(sameAs(plain(i)))
      const error = await failureOf(reader.read())
      expect(error).toMatchObject({ code: 'bad-chunk' })
      const after = { ...log, cancelled: [...log.cancelled] }
      for (let i = 0; i < 5; i++) expect(await failureOf(reader.read())).toBe(error)
      expect(await failureOf(reader.closed)).toBe(error)
      reader.releaseLock()
      expect(await failureOf(stream.cancel('again'))).toBe(error)
      expect(await failureOf(stream.getReader().read())).toBe(error)
      await settled()
      expect(after.cancelled, 'one cancellation, with the error itself').toEqual([error])
      expect(after.cancelled[0]).toBe(error)
      expect(log, 'the source is left alone').toEqual(after)
    })

    test('a refusal of the index closes both sides before any chunk', async () => {
      const log = freshLog()
      const bad = withPayload(sealed, (payload) => (payload[3] = (payload[3] as number) ^ 1))
      const { backend: spied, opened: decrypted } = spying(backend)
      const reader = (await opened(form, bad, { backend: spied }, log)).getReader()
      const error = await failureOf(reader.read())
      expect(error).toMatchObject({ code: 'bad-index' })
      expect(await failureOf(reader.read())).toBe(error)
      expect(log.cancelled).toEqual([error])
      expect(decrypted).toEqual([])
      expect(log.bytes, 'no piece is read beyond the index').toBe(5000 * Math.ceil((form(bad).before + BODY) / 5000))
    })

    test('a source that errors passes its own error on, unchanged, once what came before it is given', async () => {
      const error = { not: 'even an Error' }
      const short = { head: sealed.head, payload: sealed.payload.subarray(0, BODY + 2 * SEALED + 10) }
      const { input } = form(short, 7000, { then: { error } })
      const collected = await collect((await verifyAndDecryptStream(input, accepting(signer, { backend }))).bundle)
      expect(collected.bytes).toSatisfy(sameAs(bundle.subarray(0, 2 * CHUNK)))
      expect(collected.error).toBe(error)
    })

    test('a source that errors after the last chunk is no success either', async () => {
      const error = new Error('the connection was reset')
      const collected = await collect(
        (await verifyAndDecryptStream(form(sealed, 7000, { then: { error } }).input, accepting(signer, { backend }))).bundle,
      )
      expect(collected.bytes).toSatisfy(sameAs(bundle))
      expect(collected.error).toBe(error)
    })
  })

  test('a source that errors in the head rejects the call with its own error', async () => {
    const error = new Error('the connection was reset')
    const [[, file]] = forms as [[string, Form]]
    const { input } = file(sealed, 100, {
      before: (i) => {
        if (i === 2) throw error
      },
    })
    expect(await failureOf(verifyAndDecryptStream(input, accepting(signer, { backend })))).toBe(error)
  })

  test('a refused head cancels the source with the refusal', async () => {
    for (const [, form] of forms) {
      const log = freshLog()
      const { input } = form(sealed, 100_000, { log })
      const error = await failureOf(verifyAndDecryptStream(input, accepting(signer, { backend, app: 'other' })))
      expect(error).toMatchObject({ code: 'wrong-app' })
      expect(log.cancelled).toEqual([error])
      expect(log.cancelled[0]).toBe(error)
    }
  })

  test('an exception of onProgress errors the stream, and its chunk is not given', async () => {
    const thrown = new Error('the screen is gone')
    const log = freshLog()
    let calls = 0
    const onProgress = (): void => {
      if (++calls === 3) throw thrown
    }
    const [, [, parts]] = forms as [[string, Form], [string, Form]]
    const collected = await collect(await opened(parts, sealed, { backend, onProgress }, log))
    expect(collected.error).toBe(thrown)
    expect(collected.bytes).toSatisfy(sameAs(bundle.subarray(0, 2 * CHUNK)))
    expect(log.cancelled).toEqual([thrown])
    await settled()
    expect(calls, 'calls after the failure').toBe(3)
  })
})

describeEachBackend('R51: with four chunks in flight', (backend) => {
  test.each(forms)('a later chunk of %s that fails first lets nothing out of its turn', async (_, form) => {
    const log = freshLog()
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    // Whose digest is there first is opened first: in Deno that may be any.
    const first = sealed.payload.subarray(BODY, BODY + CHUNK)
    const spied = spying({ ...backend, lanes: 4 }, async (count) => (equalBytes(spied.opened[count] as Bytes, first) ? gate : undefined))
    const reader = (await opened(form, await withForged(2, 3), { backend: spied.backend }, log)).getReader()
    const digests = spied.hashed()
    const given: number[] = []
    const outcomes = Promise.allSettled(Array.from({ length: 4 }, async (__, i) => reader.read().then(() => given.push(i))))
    // The index and three chunks.
    await vi.waitFor(() => expect(spied.hashed() - digests).toBeGreaterThanOrEqual(4), { interval: 1 })
    await settled()
    expect(given, 'nothing before the first chunk').toEqual([])
    open()
    const [, , third, fourth] = await outcomes
    expect(given).toEqual([0, 1])
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'bad-chunk', message: expect.stringMatching(/^chunk 2 /) as unknown } })
    expect(fourth).toEqual(third)
    expect(log.bytes, 'nothing is read after the failure').toBeLessThanOrEqual(form(sealed).before + BODY + 4 * SEALED + 5000)
  })
})

describeEachBackend('R42: a stream with checksum: true', (backend) => {
  const checksum = memberBytes(rawHeader(sealed.head).bundle.checksum)
  checksum[0] = (checksum[0] as number) ^ 1
  const broken = withSigned(sealed, signer, (header) => (header.bundle.checksum = base64url(checksum)))

  test.each(forms)('of %s ends with bad-checksum where a broken publisher signed another', async (_, form) => {
    const whole = await collect(await opened(form, sealed, { backend, checksum: true }, freshLog()))
    expect([whole.failed, whole.bytes.length]).toEqual([false, bundle.length])
    const collected = await collect(await opened(form, broken, { backend, checksum: true }, freshLog()))
    expect(collected.error).toMatchObject({ code: 'bad-checksum' })
    expect(collected.bytes).toSatisfy(sameAs(bundle))
    const unasked = await collect(await opened(form, broken, { backend }, freshLog()))
    expect([unasked.failed, unasked.bytes.length]).toEqual([false, LAST * CHUNK + 500])
  })
})

test('R42: checksum: true on the web backend of devices is refused before anything is read', async () => {
  for (const [, form] of forms) {
    const log = freshLog()
    const error = await failureOf(opened(form, sealed, { backend: webDeviceBackend, checksum: true }, log))
    expect(error).toMatchObject({ code: 'backend-unavailable', message: expect.stringMatching(/leave checksum out/) as unknown })
    expect([log.pulls, log.cancelled]).toEqual([0, [error]])
  }
})

test.each([nodeDeviceBackend, nobleDeviceBackend])('R42: checksum: true on the $name backend of devices checks the whole', async (backend) => {
  for (const [, form] of forms) {
    const collected = await collect(await opened(form, sealed, { backend, checksum: true }, freshLog()))
    expect([collected.failed, collected.bytes.length]).toEqual([false, bundle.length])
  }
})
