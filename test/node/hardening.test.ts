import { chmodSync, chownSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { getEventListeners } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { decryptFile, encryptFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { bundle, makeFullPlace, signer } from './calls.js'
import { makeSink, publishing } from './helpers.js'
import type { FileOutput } from '../../src/node.js'
import type { Place } from './calls.js'

const isRoot = process.getuid?.() === 0
let place: Place

beforeEach(() => {
  place = makeFullPlace()
})

describe('encryptFile, whose temporary files somebody else can reach', () => {
  const atLast = (act: () => void) => ({
    onProgress: ({ done, total }: { done: number; total: number }): void => {
      if (done === total) act()
    },
  })

  it('reads back what it wrote, whatever has taken the place of a temporary file', async () => {
    place.put('secret', pattern(999, 3))
    const act = (): void => {
      for (const path of place.temporaries()) {
        renameSync(path, `${path}.away`)
        symlinkSync(place.path('secret'), path)
      }
    }
    const sink = makeSink()
    await encryptFile(place.path('bundle'), sink.write, publishing(signer, atLast(act)))
    place.put('e', sink.bytes())
    await decryptFile(place.path('e'), place.path('out'), accepting(signer))
    expect(place.read('out')).toSatisfy(sameAs(bundle))
  })

  it('fails where a temporary file was cut', async () => {
    const write = async (): Promise<void> => place.temporaries().forEach((path) => truncateSync(path, 100))
    const call = encryptFile(place.path('bundle'), write, publishing(signer))
    await expect(call).rejects.toMatchObject({ code: 'EBUSY' })
    expect(place.temporaries()).toEqual([])
  })
})

describe('what an output does', () => {
  it.each([
    ['decryptFile', async (to: FileOutput, signal: AbortSignal) => decryptFile(place.path('envelope'), to, accepting(signer, { signal }))],
    ['encryptFile', async (to: FileOutput, signal: AbortSignal) => encryptFile(place.path('bundle'), to, publishing(signer, { signal }))],
  ])('%s that fails to write leaves no listener', async (_, run) => {
    const stop = new AbortController()
    const failing = async (): Promise<void> => Promise.reject(new Error('full'))
    await expect(run(failing, stop.signal)).rejects.toThrow('full')
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('a function may be synchronous', async () => {
    const parts: Buffer[] = []
    const write = ((bytes: Uint8Array) => void parts.push(Buffer.from(bytes))) as unknown as (bytes: Uint8Array) => Promise<void>
    await decryptFile(place.path('envelope'), write, accepting(signer))
    expect(Buffer.concat(parts)).toSatisfy(sameAs(bundle))
  })
})

it('a function gets nothing of another release that takes the place of the first between its two readings', async () => {
  const other = await seal(signer, pattern(bundle.length, 8), { sequence: 2000 })
  let changed = false
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    if (changed || done < Math.floor(total / 2)) return
    changed = true
    writeFileSync(place.path('envelope'), other.toBytes())
  }
  const sink = makeSink()
  const call = decryptFile(place.path('envelope'), sink.write, accepting(signer, { onProgress }))
  await expect(call).rejects.toMatchObject({ code: 'EBUSY' })
  expect(changed).toBe(true)
  expect(sink.bytes()).toHaveLength(0)
})

it.runIf(isRoot)("a file that somebody else has left under the target's name does not choose the new one's mode", async () => {
  const ordinary = place.mode(await made('ordinary'))
  for (const [uid, mode] of [[65_534, ordinary], [0, 0o600]] as const) {
    const path = place.put('theirs', pattern(CHUNK))
    chmodSync(path, uid === 0 ? 0o600 : 0o666)
    chownSync(path, uid, uid)
    expect(place.mode(await made('theirs')), `uid ${uid}`).toBe(mode)
  }
})

/** Decrypts to a file of this name, also over one. */
async function made(name: string): Promise<string> {
  await decryptFile(place.path('envelope'), place.path(name), { ...accepting(signer), overwrite: true })
  return name
}
