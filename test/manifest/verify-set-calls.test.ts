import { describe, expect, test } from 'vitest'
import { verifyManifestSet } from '../../src/manifest.js'
import { expectRefused, pattern, refusal } from '../envelope/helpers.js'
import { freshLog, settled, streamOf, streamOfPieces } from '../stream/streams.js'
import { objectsOf, release, signedManifest } from './helpers.js'
import { check, from, server, small } from './stored-set.js'
import type { EnvelopeEvent } from '../../src/index.js'
import type { ReadObject, StoredObject } from '../../src/manifest.js'
import type { SourceLog } from '../stream/streams.js'

describe('a call of verifyManifestSet', () => {
  test('reads as many objects at once as it may', async () => {
    for (const [parallel, most] of [[undefined, 4], [1, 1], [3, 3], [64, small.objects.length]] as const) {
      let open = 0
      let seen = 0
      const read: ReadObject = async (name) => {
        seen = Math.max(seen, ++open)
        await settled(2)
        open--
        return objectsOf(small).get(name)
      }
      expect((await check(small, read, { parallel })).damaged).toEqual([])
      expect(seen).toBe(Math.min(most, small.objects.length))
    }
  })

  test('tells its progress in objects', async () => {
    const told: unknown[] = []
    await check(small, from(objectsOf(small)), { onProgress: (progress) => told.push(progress) })
    expect(told).toEqual(small.objects.map((_, i) => ({ done: i + 1, total: small.objects.length })))
  })

  test('records the refusal of an object', async () => {
    const objects = objectsOf(small)
    const [name] = objects.keys() as Iterable<string>
    objects.set(name as string, pattern(500))
    const events: EnvelopeEvent[] = []
    await check(small, from(objects), { onEvent: (event) => events.push(event), now: 5 })
    expect(events.map(({ event }) => event)).toEqual(['signature-counted', 'head-verified', 'bundle-accepted', 'object-refused'])
    expect(events.at(-1)).toEqual({
      ...{ event: 'object-refused', time: 5, app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production' },
      ...{ object: name, code: 'bad-index' },
    })
    const onEvent = ({ event }: EnvelopeEvent): void => {
      if (event === 'object-refused') throw new Error('the disk is full')
    }
    await expect(check(small, from(objects), { onEvent })).rejects.toThrow('the disk is full')
  })

  test('records the refusal of the object list', async () => {
    const events: EnvelopeEvent[] = []
    await refusal(() => verifyManifestSet(small, '{"objects":[]}', from(new Map()), server({ onEvent: (event) => events.push(event) })))
    expect(events.map(({ event }) => event)).toEqual(['signature-counted', 'head-verified', 'bundle-refused'])
    expect(events.at(-1)).toMatchObject({ event: 'bundle-refused', code: 'bad-manifest' })
  })

  test('ends with what readObject throws, begins no further object, and cancels the streams that are open', async () => {
    const logs: SourceLog[] = []
    let asked = 0
    const read: ReadObject = async () => {
      asked++
      if (asked === 4) throw new Error('the storage is down')
      const log = freshLog()
      logs.push(log)
      return { size: 5000, stream: streamOfPieces([], { then: 'stall', log }) }
    }
    await expect(check(small, read)).rejects.toThrow('the storage is down')
    await settled()
    expect(asked).toBe(4)
    expect(logs.map(({ cancelled }) => cancelled.length)).toEqual([1, 1, 1])
  })

  test('ends with what a stream breaks off with', async () => {
    const read: ReadObject = () => ({ size: 5000, stream: streamOfPieces([pattern(10)], { then: { error: new Error('cut') } }) })
    await expect(check(small, read)).rejects.toThrow('cut')
  })

  test('is stopped by its signal: before it begins, while a stream stalls, while readObject does', async () => {
    const aborted = AbortSignal.abort()
    await expectRefused(() => check(small, from(objectsOf(small)), { signal: aborted }), 'aborted')
    const stopping = new AbortController()
    const log = freshLog()
    const stalls: ReadObject = () => ({ size: 5000, stream: streamOfPieces([], { then: 'stall', log, before: () => stopping.abort() }) })
    await expectRefused(() => check(small, stalls, { signal: stopping.signal, parallel: 1 }), 'aborted')
    await settled()
    expect(log.cancelled).toHaveLength(1)
  })

  test('is stopped while its last object stalls', async () => {
    const stopping = new AbortController()
    const manifest = await release({ only: 'one' })
    const stalls: ReadObject = () => ({ size: 5000, stream: streamOfPieces([], { then: 'stall', before: () => stopping.abort() }) })
    await expectRefused(() => check(manifest, stalls, { signal: stopping.signal }), 'aborted')
  })

  test('names what is missing in the order of the list, however late that shows', async () => {
    const names = small.objects.map(({ name }) => name).sort()
    const read: ReadObject = async (name) => settled(names.length - names.indexOf(name)).then(() => undefined)
    expect((await check(small, read, { parallel: 64 })).missing).toEqual(names)
  })

  test('refuses a manifest of more than 64 MiB', async () => {
    const manifest = await signedManifest(new Uint8Array(67_108_865), { chunkSize: 262_144 })
    await expectRefused(() => verifyManifestSet(manifest, '{"objects":[]}', () => undefined, server()), 'too-large')
  })

  test('cancels a stream that comes after it was stopped', async () => {
    const stopping = new AbortController()
    const log = freshLog()
    let give: (object: StoredObject) => void = () => undefined
    const late: ReadObject = async () => {
      stopping.abort()
      return new Promise<StoredObject>((resolve) => (give = resolve))
    }
    await expectRefused(() => check(small, late, { signal: stopping.signal, parallel: 1 }), 'aborted')
    give({ size: 5000, stream: streamOfPieces([], { then: 'stall', log }) })
    await settled()
    expect(log.cancelled).toHaveLength(1)
  })

  test('looks at a signal without events between two objects', async () => {
    const signal = { aborted: false }
    const read: ReadObject = (name) => {
      signal.aborted = true
      return objectsOf(small).get(name)
    }
    await expectRefused(() => check(small, read, { signal, parallel: 1 }), 'aborted')
  })

  test('refuses arguments of a wrong kind', async () => {
    const read = from(objectsOf(small))
    for (const parallel of [0, 65, 1.5]) await expect(check(small, read, { parallel })).rejects.toThrow(RangeError)
    await expect(check(small, undefined as never)).rejects.toThrow(TypeError)
    const wrong: readonly unknown[] = [null, 'text', new ArrayBuffer(5), streamOf(pattern(5)), { size: 5 }, { stream: streamOf(pattern(5)) }, { size: 5, stream: pattern(5) }]
    for (const given of wrong) await expect(check(small, () => given as never), String(given)).rejects.toThrow(TypeError)
    await expect(check(small, () => ({ size: -1, stream: streamOf(pattern(5)) }))).rejects.toThrow(RangeError)
  })
})
