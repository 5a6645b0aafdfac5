import { expect, test } from 'vitest'
import { entriesIn, entry, objectsOf, opened, release, signedManifest } from './helpers.js'

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
