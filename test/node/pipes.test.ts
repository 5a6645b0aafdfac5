import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { CHUNK, accepting, sameAs } from '../envelope/helpers.js'
import { settled } from '../stream/streams.js'
import { bundle, calls, makeFullPlace, signer } from './calls.js'
import { failureIn, makeSink } from './helpers.js'
import type { FileHandle } from 'node:fs/promises'
import type { FileOutput } from '../../src/node.js'
import type { Place } from './calls.js'

let place: Place
let pipe: string
let writer: FileHandle | undefined

const outputs: readonly (readonly [string, () => FileOutput])[] = [
  ['to a file', () => place.path('target')],
  ['to a function', () => makeSink().write],
]

describe.skipIf(process.platform === 'win32').each(calls)('a named pipe and $name', ({ name, run, source, check }) => {
  beforeEach(() => {
    place = makeFullPlace()
    pipe = place.path('pipe')
    execFileSync('mkfifo', [pipe])
    return async () => {
      await writer?.close()
      writer = undefined
    }
  })

  /** Writes to the pipe while it is read, and closes it unless it is to stay open. */
  async function feed(bytes: Uint8Array, staysOpen = false): Promise<void> {
    writer = await open(pipe, 'w')
    await writer.write(bytes)
    if (staysOpen) return
    await writer.close()
    writer = undefined
  }

  it('is read to its end, to a file and to a function', async () => {
    await Promise.all([run(pipe, place.path('target')), feed(place.read(source))])
    await check(place, 'target')
    const sink = makeSink()
    await Promise.all([run(pipe, sink.write), feed(place.read(source))])
    const result = name === 'decryptFile' ? sink.bytes() : (await verifyAndDecrypt(sink.bytes(), accepting(signer))).bundle
    expect(result).toSatisfy(sameAs(bundle))
    expect(place.temporaries()).toEqual([])
  })

  it.each(outputs)('%s, whose writer goes on saying nothing, can be given up', async (_, output) => {
    const stop = new AbortController()
    let steps = 0
    const call = async (): Promise<unknown> => {
      const running = run(pipe, output(), { signal: stop.signal, onProgress: () => steps++ })
      await feed(place.read(source).subarray(0, 2 * CHUNK + 4000), true)
      await expect.poll(() => steps).toBe(2)
      await settled()
      stop.abort()
      return running
    }
    expect((await failureIn(place, call)).code).toBe('aborted')
  })

  it.each(outputs)('%s, that nobody writes to, can be given up', async (_, output) => {
    const stop = new AbortController()
    const call = async (): Promise<unknown> => {
      const running = run(pipe, output(), { signal: stop.signal })
      await new Promise((resolve) => setImmediate(resolve))
      stop.abort()
      return running
    }
    expect((await failureIn(place, call)).code).toBe('aborted')
    // The system's open waits for a writer still: without one the program could not end.
    writer = await open(pipe, constants.O_RDWR | constants.O_NONBLOCK)
  })

  it('that breaks off early is no shorter bundle in disguise', async () => {
    if (name === 'encryptFile') return
    const call = async (): Promise<unknown> => (await Promise.all([run(pipe, place.path('target')), feed(place.read(source).subarray(0, 60_000))]))[0]
    expect((await failureIn(place, call)).code).toBe('truncated')
  })
})
