import { EnvelopeError, decodeHead, errorCodes, joinEnvelope, newestTrust, openEnvelope, splitEnvelope, verifyAndDecrypt, verifyAndDecryptStream } from 'otaseal/device'
import { check, expectCode, failure, sameBytes } from './device-checks.js'
import { hasStreams, optionsOf, streamOf } from './device-modes.js'
import { bundleBytes, bytesOf, trustUpdates, vectors } from './device-vectors.js'
import type { DeviceBackend, DeviceOptions, ErrorCode } from 'otaseal/device'
import type { EngineTest } from './contract.js'
import type { Vector } from './device-vectors.js'

/** Codes that no call of a device can end with: those of publishers, of releases of many files, and of other programs' formats. */
export const otherCodes: readonly ErrorCode[] = [
  'signer-failed', 'bad-audit-log', 'bad-storage', 'malformed-release', 'bad-manifest', 'bad-path', 'input-changed', 'fetch-failed',
]

/** Codes that no vector can show, and that tests of this file do. */
const codesOfCalls: readonly ErrorCode[] = ['aborted', 'backend-unavailable']

/** An accepted envelope of two chunks and a bit. */
const example = vectors.find(({ output }) => (output?.size ?? 0) > 20_000) as Vector
const size = example.output?.size as number

/** What the vectors can't say: how calls behave. */
export function callTests(backend: DeviceBackend | undefined): EngineTest[] {
  const options = optionsOf(example, backend)
  return [codesTest, ...memoryTests(options), ...stopTests(options), ...textTests(options), streamTest(options), ...backendTests(options)]
}

const codesTest: EngineTest = {
  name: 'every error code has a vector, a test of a call, or is no device\'s',
  run: () => {
    const seen = new Set<string | undefined>([...vectors, ...trustUpdates].map(({ code }) => code))
    const missing = errorCodes.filter((code) => ![seen.has(code), codesOfCalls.includes(code), otherCodes.includes(code)].includes(true))
    check(missing.length === 0, `nothing shows ${missing.join(', ')}`)
    const twice = otherCodes.filter((code) => seen.has(code) || codesOfCalls.includes(code) || !errorCodes.includes(code))
    check(twice.length === 0, `a device does meet ${twice.join(', ')}, or nobody does`)
  },
}

function memoryTests(options: DeviceOptions): EngineTest[] {
  const bytes = bytesOf(example.input)
  return [
    {
      name: 'a view that begins and ends within its memory',
      run: async () => {
        const memory = new Uint8Array(bytes.length + 50).fill(0xa5)
        memory.set(bytes, 13)
        const { bundle } = await verifyAndDecrypt(memory.subarray(13, 13 + bytes.length), options)
        check(sameBytes(bundle, bundleBytes(size)), 'the bundle is another')
        check(memory[12] === 0xa5 && memory[13 + bytes.length] === 0xa5 && sameBytes(memory.subarray(13, -37), bytes), 'the memory was written')
      },
    },
    {
      name: 'memory that is overwritten right after the call',
      run: async () => {
        const copy = bytes.slice()
        const result = verifyAndDecrypt(copy, options)
        copy.fill(0)
        check(sameBytes((await result).bundle, bundleBytes(size)), 'the bundle is another')
      },
    },
    {
      name: 'a refused chunk may be tried again',
      run: async () => {
        const { head, payload } = splitEnvelope(bytes)
        const opened = await openEnvelope(head, options)
        await opened.setIndex(payload.subarray(0, opened.indexRange.end))
        const { start, end } = opened.chunkRange(1)
        expectCode(await failure(opened.decryptChunk(1, payload.slice(start, end).fill(0, 7, 8).fill(1, 8, 9))), 'bad-chunk')
        check(sameBytes(await opened.decryptChunk(1, payload.subarray(start, end)), bundleBytes(size).subarray(16_384, 32_768)), 'the chunk is another')
      },
    },
  ]
}

function stopTests(options: DeviceOptions): EngineTest[] {
  const bytes = bytesOf(example.input)
  return [
    {
      name: 'aborted: before the call',
      run: async () => {
        const error = await failure(verifyAndDecrypt(bytes, { ...options, signal: { aborted: true, reason: 'the reason' } }))
        expectCode(error, 'aborted')
        check((error as EnvelopeError).cause === 'the reason', 'the cause is another')
      },
    },
    {
      name: 'aborted: after the first chunk',
      run: async () => {
        const signal = { aborted: false }
        const { head, payload } = splitEnvelope(bytes)
        const opened = await openEnvelope(head, { ...options, signal })
        await opened.setIndex(payload.subarray(0, opened.indexRange.end))
        let given = 0
        const read = async (): Promise<void> => {
          for await (const { plaintext } of opened.decryptChunks({ first: 0, count: 3 }, streamOf(payload.subarray(opened.indexRange.end), 9000))) {
            given += plaintext.length
            signal.aborted = true
          }
        }
        expectCode(await failure(read()), 'aborted')
        check(given === 16_384, `${given} bytes were given`)
      },
    },
    {
      name: 'progress is told chunk by chunk',
      run: async () => {
        const told: number[] = []
        await verifyAndDecrypt(bytes, { ...options, onProgress: ({ done, total }) => void told.push(total === size ? done : -1) })
        check(told.length === 3 && told[2] === size && told.every((done, i) => done > (told[i - 1] ?? 0)), `it is ${told.join()}`)
      },
    },
  ]
}

function textTests(options: DeviceOptions): EngineTest[] {
  return [
    {
      name: 'head and payload apart; the head as text, bytes and object',
      run: async () => {
        const bytes = bytesOf(example.input)
        const { head, payload } = splitEnvelope(bytes)
        check(sameBytes(joinEnvelope(head, payload), bytes), 'the parts make another file')
        const headBytes = bytes.subarray(12, bytes.length - payload.length)
        for (const form of [head, headBytes, JSON.parse(head) as object]) {
          check((await verifyAndDecrypt({ head: form, payload }, options)).header.version === '1.4.0', 'the version is another')
        }
      },
    },
    {
      name: 'text beyond ASCII in a header',
      run: () => {
        const { input } = vectors.find(({ name }) => name.includes('all optional members')) as Vector
        const { header } = decodeHead(splitEnvelope(bytesOf(input)).head)
        check(header.meta?.['note'] === 'Zug f\u00e4hrt ab \ud83d\ude82', `it is ${String(header.meta?.['note'])}`)
      },
    },
    {
      name: 'the newest of two trust stores',
      run: () => {
        const [first] = trustUpdates as [(typeof trustUpdates)[0]]
        const { trust } = first.options
        const newer = { ...trust, epoch: trust.epoch + 1 }
        check(newestTrust(trust, undefined, newer) === newer && newestTrust(newer, trust) === newer, 'it is the older one')
      },
    },
    {
      name: 'a claim left out is a TypeError, no refusal',
      run: async () => {
        const incomplete = { ...options, app: undefined } as unknown as DeviceOptions
        const error = await failure(verifyAndDecrypt(bytesOf(example.input), incomplete))
        check(error instanceof TypeError && !(error instanceof EnvelopeError), `it is ${String(error)}`)
      },
    },
  ]
}

/** A stream looks at the whole only where it is asked to, for which some platforms lack a running hash; some lack streams. */
function streamTest({ backend }: DeviceOptions): EngineTest {
  const vector = vectors.find(({ code }) => code === 'bad-checksum') as Vector
  const read = async (): Promise<void> => {
    const { bundle } = await verifyAndDecryptStream(streamOf(bytesOf(vector.input), 1000), { ...optionsOf(vector, backend), checksum: true })
    const reader = bundle.getReader()
    while (!(await reader.read()).done);
  }
  const isUnavailable = (error: unknown): boolean => error instanceof EnvelopeError && error.code === 'backend-unavailable'
  if (!hasStreams) {
    return {
      name: 'backend-unavailable: an engine without streams, and the message names openEnvelope',
      run: async () => {
        const error = await failure(read())
        check(isUnavailable(error) && String(error).includes('openEnvelope'), String(error))
      },
    }
  }
  return {
    name: 'bad-checksum, or backend-unavailable without a running hash: a stream that is asked for the checksum of the whole',
    run: async () => {
      const error = await failure(read())
      if (backend?.hasher !== undefined || !isUnavailable(error)) expectCode(error, 'bad-checksum')
    },
  }
}

/** What a backend lacks. */
function backendTests({ backend }: DeviceOptions): EngineTest[] {
  if (backend === undefined) return []
  const vector = vectors.find(({ options, code }) => code === undefined && options.reader !== undefined && 'jwk' in options.reader) as Vector
  const lacking = (member: keyof DeviceBackend) => async () =>
    failure(verifyAndDecrypt(bytesOf(vector.input), optionsOf(vector, { ...backend, [member]: undefined })))
  return [
    {
      name: 'backend-unavailable: a reader key, and a backend without key agreement',
      run: async () => expectCode(await lacking('deriveSharedSecret')(), 'backend-unavailable'),
    },
    {
      name: 'a backend without a method that every call takes is a TypeError',
      run: async () => {
        const error = await lacking('gcmOpener')()
        check(error instanceof TypeError, String(error))
      },
    },
  ]
}
