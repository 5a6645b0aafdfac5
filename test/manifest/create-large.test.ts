import { describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { webBackend } from '../../src/crypto/web-build.js'
import { expectRefused, sameAs } from '../envelope/helpers.js'
import { filesIn, watchedStore } from './creating.js'
import { publishing } from './helpers.js'
import type { ManifestInput } from '../../src/build.js'

const MIB = 1_048_576
const LARGE = 65 * MIB

/** Streams of zeros, of a length each, of which one byte may differ; one for each time that the file is opened. */
function zeros(...readings: readonly { readonly size: number; readonly differsAt?: number }[]): { readonly stream: () => ReadableStream<Uint8Array>; readonly ended: string[] } {
  const ended: string[] = []
  let opened = 0
  const stream = (): ReadableStream<Uint8Array> => {
    const { size, differsAt = -1 } = readings[Math.min(opened, readings.length - 1)] ?? { size: 0 }
    const number = ++opened
    let at = 0
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const piece = new Uint8Array(Math.min(MIB, size - at))
          if (differsAt >= at && differsAt < at + piece.length) piece[differsAt - at] = 1
          at += piece.length
          if (piece.length > 0) controller.enqueue(piece)
          else {
            ended.push(`${number} read`)
            controller.close()
          }
        },
        cancel: () => void ended.push(`${number} cancelled`),
      },
      { highWaterMark: 0 },
    )
  }
  return { stream, ended }
}

describe('a file of more than 64 MiB', () => {
  it.each([nodeBackend, webBackend])('is read twice, each time to its end ($name)', async (backend) => {
    const { stream, ended } = zeros({ size: LARGE })
    const store = watchedStore()
    const manifest = await createManifest([{ path: 'large', stream }], publishing({ store, backend, chunkSize: 262_144, compress: 'gzip' }))
    expect(ended).toEqual(['1 read', '2 read'])
    expect(manifest.files[0]?.object).not.toHaveProperty('encoding')
    const file = (await filesIn(manifest, store.objects)).get('large')
    expect(file).toSatisfy(sameAs(new Uint8Array(LARGE)))
  }, 20_000)

  it.each([
    ['in its first byte', { size: LARGE, differsAt: 0 }, 'read'],
    ['in its last byte', { size: LARGE, differsAt: LARGE - 1 }, 'read'],
    ['by getting longer', { size: LARGE + 1 }, 'read'],
    ['by getting much longer', { size: LARGE + 3 * MIB }, 'cancelled'],
    ['by getting shorter', { size: LARGE - 1 }, 'read'],
    ['by being emptied', { size: 0 }, 'read'],
  ])('that changes %s between its readings is refused, and nothing of it stays in the store', async (_, second, end) => {
    const { stream, ended } = zeros({ size: LARGE }, second)
    const store = watchedStore()
    const create = async (): Promise<unknown> => createManifest([{ path: 'large', stream }], publishing({ store, chunkSize: 262_144 }))
    await expectRefused(create, 'input-changed', /the file "large" was changed while it was read: publish again/)
    expect(ended).toEqual(['1 read', `2 ${end}`])
    expect(store.objects.size).toBe(0)
    expect(store.calls.at(-1)).toBe('discard')
  })

  it('that can be opened once only is refused as soon as it turns out to be so large', async () => {
    const { stream, ended } = zeros({ size: 500 * MIB })
    const file: ManifestInput = { path: 'large', stream: stream() }
    await expect(createManifest([file], publishing())).rejects.toThrow(/the file "large" has more than 67108864 bytes: pass a function/)
    expect(ended).toEqual(['1 cancelled'])
  })

  it('whose second reading is aborted is cancelled', async () => {
    const controller = new AbortController()
    const { stream, ended } = zeros({ size: LARGE })
    const store = watchedStore((call) => {
      if (call === 'write') controller.abort()
    })
    const create = async (): Promise<unknown> => createManifest([{ path: 'large', stream }], publishing({ store, chunkSize: 262_144, signal: controller.signal }))
    await expectRefused(create, 'aborted')
    expect(ended).toEqual(['1 read', '2 cancelled'])
    expect(store.objects.size).toBe(0)
  })
})
