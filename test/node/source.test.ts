import { appendFileSync, chmodSync, closeSync, createReadStream, existsSync, mkdirSync, openSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { decryptFile, encryptFile, nodeBackend, verifyFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, sameAs } from '../envelope/helpers.js'
import { freshLog, streamOf, streamOfPieces } from '../stream/streams.js'
import { bundle, calls, makeFullPlace, signer } from './calls.js'
import { expectFailure, failureIn, makeSink, publishing, streamOfFile } from './helpers.js'
import type { FileInput, FileOutput } from '../../src/node.js'
import type { FileCall, Place } from './calls.js'

const isLinux = process.platform === 'linux'
let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

const verifies: FileCall = {
  name: 'verifyFile',
  source: 'envelope',
  run: async (source, _, options) => verifyFile(source, { ...accepting(signer), ...options }),
  check: async () => undefined,
}

const outputs: readonly (readonly [string, () => FileOutput])[] = [
  ['to a file', () => place.path('target')],
  ['to a function', () => makeSink().write],
]

/** Runs `work` as a user who may not read everything: root may. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  const NOBODY = 65_534
  for (const folder of [place.folder, place.path('tmp')]) chmodSync(folder, 0o777)
  process.seteuid?.(NOBODY)
  return work().finally(() => process.seteuid?.(0))
}

describe.each([...calls, verifies])('$name', ({ run, source }) => {
  describe.each(outputs)('%s', (_, output) => {
    it('of nothing, or of a folder, ends with the code of the system', async () => {
      mkdirSync(place.path('sub'))
      await expectFailure(place, async () => run(place.path('missing'), output()), 'ENOENT')
      await expectFailure(place, async () => run(place.path('bundle/x'), output()), 'ENOTDIR')
      await expectFailure(place, async () => run(place.path('sub'), output()), 'EISDIR')
    })

    it.skipIf(process.platform === 'win32')('of a file that may not be read ends with the code of the system', async () => {
      chmodSync(place.path(source), 0)
      const before = place.state()
      const outcome = await asNobody(async () => run(place.path(source), output()).catch((error: unknown) => error))
      expect(outcome).toMatchObject({ code: 'EACCES' })
      expect({ ...place.state(), tmp: '' }).toEqual({ ...before, tmp: '' })
    })

    it.runIf(isLinux)('of a file that fails while it is read ends with the code of the system', async () => {
      // Nothing of this process lies at address 0.
      await expectFailure(place, async () => run('/proc/self/mem', output()), 'EIO')
    })

    it.each([0, 3, 70, 4 * CHUNK])('of a stream that fails after %i bytes ends with its error', async (length) => {
      const reason = new RangeError('the line is dead')
      const pieces = length === 0 ? [] : [place.read(source).subarray(0, length)]
      expect(await failureIn(place, async () => run(streamOfPieces(pieces, { then: { error: reason } }), output()))).toBe(reason)
    })

    it('of a Node stream of nothing ends with the code of the system', async () => {
      await expectFailure(place, async () => run(streamOfFile(place.path('missing')), output()), 'ENOENT')
    })

    it.each([['text'], [new Uint16Array(4)], [null], [undefined], [new ArrayBuffer(8)]])('of a stream of something else is refused: %s', async (piece) => {
      const log = freshLog()
      const error = await failureIn(place, async () => run(streamOfPieces([piece], { log }), output()))
      expect(error).toBeInstanceOf(TypeError)
      await expect.poll(() => log.cancelled).toEqual([error])
    })

    it('of a stream with another reader is refused, and nothing is taken from it', async () => {
      const log = freshLog()
      const stream = streamOf(place.read(source), 1000, { log })
      const reader = stream.getReader()
      expect(await failureIn(place, async () => run(stream, output()))).toBeInstanceOf(TypeError)
      expect([log.pulls, log.cancelled]).toEqual([0, []])
      expect((await reader.read()).value?.length).toBe(1000)
    })

    it('of what is no file and no web stream is the mistake of the program', async () => {
      const nodeStream = createReadStream(place.path(source))
      const mistakes = [undefined, null, 7, {}, bundle, nodeStream, new URL('https://example.com/x'), 'nul\0byte']
      for (const mistake of mistakes as unknown as FileInput[]) {
        expect(await failureIn(place, async () => run(mistake, output()))).toBeInstanceOf(TypeError)
      }
      nodeStream.destroy()
    })
  })
})

describe('a bundle that changes while it is encrypted', () => {
  it.each([
    ['grows', () => appendFileSync(place.path('bundle'), pattern(CHUNK + 5, 9))],
    ['shrinks', () => truncateSync(place.path('bundle'), 4 * CHUNK + 2)],
    ['is written anew', () => writeFileSync(place.path('bundle'), pattern(3 * CHUNK + 1, 9))],
  ])('and %s is not signed', async (_, change) => {
    let steps = 0
    const onProgress = (): void => {
      if (++steps === 2) change()
    }
    const call = encryptFile(place.path('bundle'), place.path('changed'), publishing(signer, { onProgress }))
    await expect(call).rejects.toMatchObject({ code: 'EBUSY', path: place.path('bundle') })
    expect(existsSync(place.path('changed'))).toBe(false)
  })

  it('and was empty at first is not signed', async () => {
    place.put('bundle', '')
    const randomBytes = (length: number): Uint8Array<ArrayBuffer> => {
      appendFileSync(place.path('bundle'), pattern(CHUNK))
      return nodeBackend.randomBytes(length)
    }
    const call = encryptFile(place.path('bundle'), place.path('changed'), publishing(signer, { backend: { ...nodeBackend, randomBytes } }))
    await expect(call).rejects.toMatchObject({ code: 'EBUSY', path: place.path('bundle') })
  })
})

it('an envelope that changes between its two readings gives the function nothing that is not signed', async () => {
  const bad = place.read('envelope')
  bad.set([(bad.at(-CHUNK) as number) ^ 1], bad.length - CHUNK)
  let steps = 0
  const onProgress = (): void => {
    if (++steps === 7) writeFileSync(place.path('envelope'), bad)
  }
  const sink = makeSink()
  const call = decryptFile(place.path('envelope'), sink.write, accepting(signer, { onProgress }))
  await expect(call).rejects.toMatchObject({ code: 'bad-chunk' })
  expect(sink.bytes()).toSatisfy(sameAs(bundle.subarray(0, 5 * CHUNK)))
})

describe('a stream of Readable.toWeb whose buffers are full, refused at its first piece,', () => {
  const outcomes: unknown[] = []
  const note = (error: unknown): void => void outcomes.push(error)

  beforeEach(() => {
    outcomes.splice(0)
    process.prependListener('uncaughtException', note)
    return () => process.off('uncaughtException', note)
  })

  it.each([
    ['decryptFile', async (stream: FileInput) => decryptFile(stream, place.path('target'), accepting(signer))],
    ['decryptFile to a function', async (stream: FileInput) => decryptFile(stream, makeSink().write, accepting(signer))],
    ['verifyFile', async (stream: FileInput) => verifyFile(stream, accepting(signer))],
    ['encryptFile', async (stream: FileInput) => encryptFile(stream, place.path('envelope'), publishing(signer))],
  ])('does not end the program: %s', async (_, run) => {
    const path = place.put('no envelope', pattern(1_000_000))
    for (let i = 0; i < 20; i++) {
      const stream = createReadStream(path)
      const web = Readable.toWeb(stream)
      await expect.poll(() => stream.isPaused() && stream.readableLength > 0, { interval: 1 }).toBe(true)
      await expect(run(web)).rejects.toMatchObject({ code: expect.stringMatching(/not-an-envelope|EEXIST/) as unknown })
      await expect.poll(() => stream.closed, { interval: 1 }).toBe(true)
      outcomes.push(i)
    }
    expect(outcomes).toEqual([...Array(20).keys()])
  })
})

describe.runIf(isLinux)('descriptors', () => {
  /** Of files and pipes: the runtime may open others of its own meanwhile. */
  const open = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(place.folder)
      } catch {
        return false
      }
    }).length

  it('are all closed after 51 calls of each kind, that succeed and that fail', async () => {
    const held = openSync(place.path('bundle'), 'r')
    expect(open(), 'an open file counts').toBe(1)
    closeSync(held)

    const half = place.put('half', place.read('envelope').subarray(0, 3 * CHUNK))
    for (let i = 0; i < 17; i++) {
      for (const { run, source } of [...calls, verifies]) {
        const stop = (): never => {
          throw new Error('enough')
        }
        const bad = source === 'bundle' ? place.path('missing') : half
        const stream = (): FileInput => streamOfFile(place.path(source))
        await run(place.path(source), place.path('target'), { overwrite: true })
        await run(stream(), makeSink().write)
        for (const output of [place.path(`new-${i}`), makeSink().write]) {
          await expect(run(bad, output)).rejects.toThrow()
          await expect(run(stream(), output, { onProgress: stop })).rejects.toThrow('enough')
        }
        if (source === 'bundle') await expect(run(stream(), place.path('target'))).rejects.toMatchObject({ code: 'EEXIST' })
      }
    }
    // What was cancelled is closed by Node, in its own time.
    await expect.poll(open).toBe(0)
  })
})
