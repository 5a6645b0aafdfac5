import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { objectListText } from '../../src/format/object-list.js'
import { expectRefused } from '../envelope/helpers.js'
import { describeEachBackend } from '../backends.js'
import { entriesIn, entry, objectsOf, opened, release, signedManifest } from './helpers.js'
import type { EnvelopeEvent } from '../../src/index.js'

test('a release opens to the files that were published, and their objects to the bytes', async () => {
  const manifest = await release({ 'index.html': '<p>', 'assets/app.js': 'alert(1)' })
  const { files, decryptObject, size } = await opened(manifest)
  expect(files.map(({ path }) => path)).toEqual(['index.html', 'assets/app.js'])
  expect(size).toBe(11)
  const objects = objectsOf(manifest)
  const [page] = files
  if (page === undefined) throw new Error('no file')
  expect(Buffer.from(await decryptObject(page.path, objects.get(page.object.name) as Uint8Array)).toString()).toBe('<p>')
})

test('a list that a test writes by hand opens too', async () => {
  const { files } = await opened(await signedManifest({ files: [entry('a'), entry('b')] }))
  expect(files.map(({ path }) => path)).toEqual(['a', 'b'])
})

test('the list of a manifest reads as it was signed', async () => {
  const manifest = await release({ a: 'x' })
  const list = await entriesIn(manifest)
  expect(list).toMatchObject([{ path: 'a', size: 1, object: { chunk: 16_384 } }])
  expect((await opened(await signedManifest({ files: list }))).files).toEqual((await opened(manifest)).files)
})

describeEachBackend('R79: openManifest', (backend) => {
  const files = [entry('a'), entry('b'), { ...entry('a'), path: 'c' }]
  const names = files.map(({ object }) => Buffer.from(object.index, 'base64url').toString('hex'))
  const digestOf = (list: string): string => createHash('sha256').update(list).digest('base64url')
  const signed = digestOf(objectListText(names))

  test('takes a manifest with the digest of the list of its objects, or with none', async () => {
    for (const meta of [undefined, {}, { commit: 'abc' }, { 'otaseal-objects': signed }]) {
      expect((await opened(await signedManifest({ files }, meta && { meta }), { backend })).files).toHaveLength(3)
    }
    expect((await opened(await release({ a: 'x', b: 'x', c: 'y' }, { meta: { commit: 'abc' } }), { backend })).files).toHaveLength(3)
    expect((await opened(await release({}), { backend })).files).toEqual([])
  })

  test('refuses one with the digest of another list, by which a server would delete or keep the wrong objects', async () => {
    const lists = [names.slice(0, 1), [...names, 'f'.repeat(64)], []].map((list) => digestOf(objectListText(list)))
    for (const digest of [...lists, '', `${signed}=`, signed.slice(1), Buffer.from(signed, 'base64url').toString('hex')]) {
      const events: EnvelopeEvent[] = []
      const manifest = await signedManifest({ files }, { meta: { 'otaseal-objects': digest } })
      await expectRefused(() => opened(manifest, { backend, onEvent: (event) => events.push(event) }), 'bad-manifest', /objects/)
      expect(events.map(({ event }) => event)).not.toContain('bundle-accepted')
      expect(events.at(-1)).toMatchObject({ event: 'bundle-refused', code: 'bad-manifest' })
    }
  })
})
