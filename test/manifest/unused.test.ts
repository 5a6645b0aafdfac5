import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unusedObjects } from '../../src/manifest.js'
import { expectRefused } from '../envelope/helpers.js'
import { objectsOf, opened, publisher, release } from './helpers.js'
import type { UsedObjects } from '../../src/manifest.js'

const previous = await release({ same: 'same', old: 'old' })
const current = await release({ same: 'same', new: 'new' }, { sequence: 1001, previous: { manifest: previous, trust: publisher.publicKey } })
const stored = [...objectsOf(previous).keys(), ...objectsOf(current).keys()]
const strange = 'ab'.repeat(32)
const nameOf = async (manifest: typeof previous, path: string): Promise<string> =>
  (await opened(manifest)).files.find((file) => file.path === path)?.object.name ?? 'no such file'

const listOf = (...objects: string[]): string => JSON.stringify({ objects: objects.sort() })

async function* later<T>(...items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items
}

describe('unusedObjects', () => {
  test('gives what none of the releases uses, be they opened manifests or object lists', async () => {
    expect(stored).toHaveLength(3)
    const [old, fresh] = [await nameOf(previous, 'old'), await nameOf(current, 'new')]
    for (const forms of [
      [await opened(previous), await opened(current)],
      [previous.objectList, current.objectList],
      [await opened(previous), Buffer.from(current.objectList)],
    ]) {
      const [one, other] = forms as [UsedObjects, UsedObjects]
      expect(await unusedObjects([...stored, strange], [one, other])).toEqual([strange])
      expect(await unusedObjects([...stored, strange], [other])).toEqual([old, strange])
      expect(await unusedObjects(stored, [one])).toEqual([fresh])
      expect(await unusedObjects(later(...stored), later(one, other))).toEqual([])
    }
  })

  test('never gives what is not the name of an object', async () => {
    const others = [
      '', 'index.html', `objects/${strange}`, `${strange}/`, `./${strange}`, strange.toUpperCase(), strange.slice(1), `${strange}0`, `${strange}\n`, ` ${strange}`,
      `${strange}.tmp`, '__proto__', 'g'.repeat(64), '０'.repeat(64),
    ]
    expect(await unusedObjects([...others, strange], [previous.objectList])).toEqual([strange])
    expect(await unusedObjects([undefined, 5, [strange], { toString: () => strange }] as never, [previous.objectList])).toEqual([])
    expect(await unusedObjects(strange, [previous.objectList])).toEqual([])
  })

  test('gives each name once', async () => {
    expect(await unusedObjects([strange, strange], [current.objectList])).toEqual([strange])
  })

  test('throws where one of the lists can\'t be read, so that nothing is deleted', async () => {
    const unreadable = [
      '', '{}', 'null', '[]', '{"objects":null}', `["${strange}"]`, `{"objects":["${strange}"]`, `{ "objects":["${strange}"]}`, listOf(strange.toUpperCase()),
      `${current.objectList}\n`, current.objectList.slice(0, -1), Buffer.from([0xff]),
    ]
    for (const list of unreadable) await expectRefused(() => unusedObjects(stored, [current.objectList, list, previous.objectList]), 'bad-manifest')
    await expectRefused(() => unusedObjects(stored, [previous.objectList, '{"objects":[],"more":1}']), 'bad-manifest')
    await expectRefused(() => unusedObjects(stored, current.objectList), 'bad-manifest')
  })

  test('throws for what only looks like an opened manifest', async () => {
    const real = await opened(current)
    for (const given of [undefined, null, 5, {}, { files: [] }, { ...real, files: [] }, current, [real]]) {
      await expect(unusedObjects(stored, [given as never])).rejects.toThrow(TypeError)
    }
  })

  test('throws where there is no release, or they can\'t be told', async () => {
    await expect(unusedObjects(stored, [])).rejects.toThrow(RangeError)
    await expect(unusedObjects([], later())).rejects.toThrow(RangeError)
    await expect(unusedObjects(stored, undefined as never)).rejects.toThrow(TypeError)
    const broken = async function* (): AsyncGenerator<string, void, undefined> {
      yield current.objectList
      throw new Error('the database is down')
    }
    await expect(unusedObjects(stored, broken())).rejects.toThrow('the database is down')
    expect(await unusedObjects([strange], ['{"objects":[]}']), 'a release without files is one').toEqual([strange])
  })

  test('reads what is stored before it reads what is used, so that a release that comes meanwhile keeps its objects', async () => {
    const order: string[] = []
    const noted = function* <T>(name: string, items: readonly T[]): Generator<T, void, undefined> {
      order.push(name)
      yield* items
      order.push(name)
    }
    await unusedObjects(noted('stored', stored), noted('used', [current.objectList]))
    expect(order).toEqual(['stored', 'stored', 'used', 'used'])
  })

  test('is set difference', async () => {
    const name = fc.integer({ min: 0, max: 9 }).map((digit) => String(digit).repeat(64))
    const names = fc.uniqueArray(name)
    await fc.assert(
      fc.asyncProperty(names, fc.array(names, { minLength: 1, maxLength: 3 }), async (there, releases) => {
        const used = new Set(releases.flat())
        const unused = await unusedObjects(there, releases.map((objects) => listOf(...objects)))
        expect(unused).toEqual(there.filter((one) => !used.has(one)))
      }),
    )
  })
})
