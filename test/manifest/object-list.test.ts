import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unusedObjects, verifyManifestSet } from '../../src/manifest.js'
import { objectListBytes, objectListText, parseObjectList } from '../../src/format/object-list.js'
import { expectRefused } from '../envelope/helpers.js'
import { inputs, publisher, publishing, release, signedManifest } from './helpers.js'
import { createManifest } from '../../src/build.js'
import type { VerifiedManifestSet } from '../../src/manifest.js'

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]
const metaOf = (head: string): unknown => {
  const { payload } = JSON.parse(head) as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { meta: unknown }).meta
}

/** What a server makes of a list that the publisher has signed as it is. */
async function served(list: string | Uint8Array): Promise<VerifiedManifestSet> {
  const digest = createHash('sha256').update(list).digest('base64url')
  const manifest = await signedManifest({ files: [] }, { meta: { 'otaseal-objects': digest } })
  return verifyManifestSet(manifest, list, () => undefined, { trust: publisher.publicKey })
}

describe('R79: the object list of a release', () => {
  test('names each object once, ascending, and its digest is in meta beside what the publisher has there', async () => {
    const files = { one: 'first', two: 'second', again: 'first', three: 'third' }
    const { head, objectList, files: list, objects } = await createManifest(inputs(files), publishing({ meta: { commit: 'abc123' } }))
    const names = [...new Set(list.map(({ object }) => object.name))].sort()
    expect(names).toHaveLength(3)
    expect(objects.map(({ name }) => name).sort()).toEqual(names)
    expect(objectList).toBe(`{"objects":[${names.map((name) => `"${name}"`).join()}]}`)
    expect(metaOf(head)).toEqual({ commit: 'abc123', 'otaseal-objects': createHash('sha256').update(objectList).digest('base64url') })
  })

  test('is there for a release without files too', async () => {
    const { head, objectList } = await release({})
    expect(objectList).toBe('{"objects":[]}')
    expect(metaOf(head)).toEqual({ 'otaseal-objects': createHash('sha256').update(objectList).digest('base64url') })
  })

  test('says nothing of names, sizes or contents of files', async () => {
    const { objectList } = await release({ 'secret/name.txt': 'secret content' })
    expect(objectList).toMatch(/^\{"objects":\["[0-9a-f]{64}"\]\}$/)
    for (const text of ['secret content', 'secret/name.txt']) expect(objectList).not.toContain(createHash('sha256').update(text).digest('hex'))
  })

  test('leaves its name in meta to nobody else', async () => {
    await expect(release({}, { meta: { 'otaseal-objects': 'mine' } })).rejects.toThrow(RangeError)
  })
})

describe('R79: an object list in another form is refused, though it is signed', () => {
  const malformed: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing', ''],
    ['no JSON', '{"objects":['],
    ['no object', `["${a}"]`],
    ['no list', `{"objects":"${a}"}`],
    ['no member', '{}'],
    ['a member twice', `{"objects":["${a}"],"objects":["${a}"]}`],
    ['white space', `{"objects": ["${a}"]}`],
    ['a line end', `{"objects":["${a}"]}\n`],
    ['a BOM', `\ufeff{"objects":["${a}"]}`],
    ['escapes', `{"objects":["\\u0061${a.slice(1)}"]}`],
    ['upper-case hex', `{"objects":["${a.toUpperCase()}"]}`],
    ['a short name', `{"objects":["${a.slice(1)}"]}`],
    ['a long name', `{"objects":["${a}a"]}`],
    ['a path', `{"objects":["../${a.slice(3)}"]}`],
    ['no text', '{"objects":[5]}'],
    ['descending names', `{"objects":["${b}","${a}"]}`],
    ['a name twice', `{"objects":["${a}","${a}"]}`],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['100,001 names', objectListText(Array.from({ length: 100_001 }, (_, i) => i.toString(16).padStart(64, '0')))],
    ['a byte more than 100,000 names take', ' '.repeat(6_700_014)],
    ['blocks in blocks', '['.repeat(6_700_000)],
    ['commas', `{"objects":[${','.repeat(6_000_000)}]}`],
    ['other characters', `{"objects":["${'\u0660'.repeat(64)}"]}`],
    ['a lone surrogate', `{"objects":["${a.slice(1)}\ud800"]}`],
    ['a name with a line end', `{"objects":["${a.slice(1)}\n"]}`],
    ['a comma missing', `{"objects":["${a}" "${b}"]}`],
    ['a comma more', `{"objects":["${a}",]}`],
    ['another member', `{"objects":["${a}"],"size":1}`],
  ]

  test.each(malformed)('%s', async (_, list) => {
    await expectRefused(async () => served(list), 'bad-manifest')
  })

  test('while the right form, also of 100,000 names, is taken', async () => {
    expect(await served(objectListText([c, a, b, a]))).toMatchObject({ objects: 3, missing: [a, b, c] })
    expect(await served(objectListText(Array.from({ length: 100_000 }, (_, i) => i.toString(16).padStart(64, '0'))))).toMatchObject({ objects: 100_000 })
  })

  test('and text that only the lowest bytes of its characters make the signed one is not', async () => {
    const signed = await signedManifest({ files: [] }, { meta: { 'otaseal-objects': createHash('sha256').update(objectListText([a])).digest('base64url') } })
    const other = objectListText([a]).replace('aaa', '\u0161aa')
    await expectRefused(() => verifyManifestSet(signed, other, () => undefined, { trust: publisher.publicKey }), 'bad-manifest', /exact form/)
  })

  test('and one that is neither text nor bytes is a mistake of the caller', async () => {
    const manifest = await release({})
    for (const list of [5, null, undefined, { objects: [] }, [manifest.objectList], new ArrayBuffer(5), new DataView(new ArrayBuffer(5)), new Uint16Array(5)]) {
      await expect(verifyManifestSet(manifest, list as never, () => undefined, { trust: publisher.publicKey })).rejects.toThrow(TypeError)
    }
  })
})

describe('R79: a hostile object list', () => {
  const lists = ['['.repeat(60 * 2 ** 20), `{"objects":[${'[],'.repeat(20 * 2 ** 20)}[]]}`, `{"objects":[${'['.repeat(6_000_000)}`, `{"objects":[${'"",'.repeat(2_000_000)}""]}`]

  test.each(lists.map((list) => [`${list.slice(0, 20)}... of ${list.length} bytes`, list]))('%s costs little', async (_, list) => {
    const manifest = await release({})
    const bytes = Buffer.from(list)
    const [start, before] = [process.cpuUsage(), process.memoryUsage().rss]
    for (const given of [list, bytes]) {
      await expectRefused(() => verifyManifestSet(manifest, given, () => undefined, { trust: publisher.publicKey }), 'bad-manifest')
      await expectRefused(() => unusedObjects([], [given]), 'bad-manifest')
    }
    expect(process.cpuUsage(start).user).toBeLessThan(5_000_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20)
  })

  test('is not read before the signed digest is found to be its own', async () => {
    const manifest = await release({})
    const unsigned = ['', '{}', `{"objects":["${a}"]}`, `{"objects":["${b}","${a}"]}`]
    for (const list of unsigned) {
      await expectRefused(() => verifyManifestSet(manifest, list, () => undefined, { trust: publisher.publicKey }), 'bad-manifest', /not the one that was signed/)
    }
  })
})

test('R79: any names, in any order and number, have one list, which reads as they are', () => {
  const name = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 64, maxLength: 64 }).map((digits) => digits.map((digit) => digit.toString(16)).join(''))
  fc.assert(
    fc.property(fc.array(name), fc.func(fc.integer()), (names, rank) => {
      const text = objectListText(names)
      expect(objectListText([...names, ...names].sort((one, other) => rank(one) - rank(other)))).toBe(text)
      for (const given of [text, Buffer.from(text)]) {
        const bytes = objectListBytes(given)
        expect(Buffer.from(bytes).toString()).toBe(text)
        expect(parseObjectList(bytes)).toEqual([...new Set(names)].sort())
      }
    }),
  )
})
