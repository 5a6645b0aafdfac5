import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeEachBackend } from '../backends.js'
import { expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import { entriesIn, objectsOf, opened, release, signedManifest } from './helpers.js'
import type { OpenManifestOptions } from '../../src/manifest.js'
import type { Entry } from './helpers.js'

const CHUNK = 16_384
const sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 500]
const honest = await release(Object.fromEntries(sizes.map((size) => [String(size), pattern(size, size + 1)])))
const entries = await entriesIn(honest)
const objects = objectsOf(honest)
const last = entries.at(-1) as Entry
const nameOf = ({ object }: Entry): string => Buffer.from(object.index, 'base64url').toString('hex')
const objectOf = (one: Entry): Uint8Array<ArrayBuffer> => objects.get(nameOf(one)) as Uint8Array<ArrayBuffer>

/** What a device makes of an object, of which its publisher has signed this entry. */
async function decrypt(entry: Entry, object: Uint8Array, more: Partial<OpenManifestOptions>): Promise<Uint8Array> {
  const { decryptObject } = await opened(await signedManifest({ files: [entry] }), more)
  return decryptObject(entry.path, object)
}

describeEachBackend('R77: an object', (backend) => {
  const more = { backend }

  test('opens to its file, at every edge of a chunk', async () => {
    for (const entry of entries) expect(await decrypt(entry, objectOf(entry), more)).toSatisfy(sameAs(pattern(entry.size, entry.size + 1)))
  })

  test('must have the length that the entry demands', async () => {
    for (const entry of entries) {
      const object = objectOf(entry)
      await expectRefused(() => decrypt(entry, object.subarray(0, -1), more), 'truncated')
      await expectRefused(() => decrypt(entry, Buffer.concat([object, Buffer.of(0)]), more), 'trailing-data')
      await expectRefused(() => decrypt(entry, new Uint8Array(0), more), 'truncated')
    }
  })

  test('must begin with what the signed index digest covers: index, salt and commitment', async () => {
    for (const at of [0, 31, 32, 95, 96, 96 + 23, 96 + 24, 96 + 55]) {
      await expectRefused(() => decrypt(last, objectOf(last).map((byte, i) => (i === at ? byte ^ 128 : byte)), more), 'bad-index')
    }
  })

  test('must have the chunks of its index', async () => {
    const start = 3 * 32 + 56
    for (const at of [start, start + CHUNK, start + CHUNK + 15, start + CHUNK + 16, objectOf(last).length - 1]) {
      await expectRefused(() => decrypt(last, objectOf(last).map((byte, i) => (i === at ? byte ^ 1 : byte)), more), 'bad-chunk')
    }
  })

  test('is not another object of the same length, whose index, salt and chunks all fit each other', async () => {
    const other = await release({ other: pattern(last.size, 99) })
    const [swapped] = objectsOf(other).values()
    await expectRefused(() => decrypt(last, swapped as Uint8Array, more), 'bad-index')
  })

  test('must commit to the session key of its entry', async () => {
    const key = randomBytes(32).toString('base64url')
    await expectRefused(() => decrypt({ ...last, object: { ...last.object, key } }, objectOf(last), more), 'bad-index')
  })

  test('must commit to the chunk size of its entry, also where both sizes have the same length', async () => {
    const one = entries[1] as Entry
    await expectRefused(() => decrypt({ ...one, object: { ...one.object, chunk: 262_144 } }, objectOf(one), more), 'bad-index')
  })

  test('must hold the file of its entry, though every chunk is the signed one', async () => {
    const [, one, , , other] = entries as [Entry, Entry, Entry, Entry, Entry]
    await expectRefused(() => decrypt({ ...one, sha256: other.sha256 }, objectOf(one), more), 'bad-checksum') // R78
  })
})
