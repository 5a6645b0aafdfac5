import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openManifest, verifyManifestSet } from '../../src/manifest.js'
import { opening, publisher, signedManifest } from './helpers.js'

const section = readFileSync(new URL('../../docs/spec.md', import.meta.url), 'utf8').split('\n## 11. Manifests\n')[1] ?? ''
const [, example = ''] = /```json\n([^`]*)```/.exec(section) ?? []
const list = section.match(/\{"objects":\["[^`]*\}/)?.[0] ?? ''
const [, digest = ''] = /`otaseal-objects` is `([^`]+)`/.exec(section) ?? []
const values = section.split('## 16. Test values')[1] ?? ''
const valueOf = (name: string): Buffer => Buffer.from(new RegExp(`\\| ${name}[^|]* \\| \`([0-9a-f]+)\``).exec(values)?.[1] ?? '', 'hex')

test('R71, R72, R75, R78: the manifest of the specification opens, and its object to the file that it names', async () => {
  const manifest = await signedManifest(example.replace(/\n */g, ''), { meta: { 'otaseal-objects': digest } })
  const { files, decryptObject } = await openManifest(manifest, opening())
  expect(files.map(({ path, size, object: { encoding } }) => [path, size, encoding])).toEqual(
    [['index.html', 15, undefined], ['en/index.html', 15, undefined], ['assets/app.js', 48211, 'br']],
  )
  const salt = Buffer.from(Array.from({ length: 24 }, (_, i) => i))
  const object = Buffer.concat([valueOf('index'), salt, valueOf('commitment'), valueOf('chunk 0')])
  expect(files[0]?.object.name).toBe(valueOf('name of this object').toString('hex'))
  for (const path of ['index.html', 'en/index.html']) expect(Buffer.from(await decryptObject(path, object)).toString()).toBe('<h1>Hello</h1>\n')
  const stored = new Map([[files[0]?.object.name, object]])
  expect(await verifyManifestSet(manifest, list, (name) => stored.get(name), { trust: publisher.publicKey })).toMatchObject({
    ...{ objects: 2, missing: [files[2]?.object.name], damaged: [] },
  })
})

test('R79: the object list of the specification has the digest that stands there', () => {
  expect(createHash('sha256').update(list).digest('base64url')).toBe(digest)
})
