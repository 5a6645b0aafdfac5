import { describe, expect, it } from 'vitest'
import { pattern, sameAs } from '../envelope/helpers.js'
import { filesIn } from './creating.js'
import { entriesIn, release } from './helpers.js'

describe('compress', () => {
  const text = Buffer.from(Array.from({ length: 900 }, (_, i) => `line ${i}\n`).join(''))

  it.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    [['br', 'gzip'], 'br'],
    [['gzip', 'br'], 'br'],
  ] as const)('%j takes for text the smallest, %s, and leaves the rest as it is', async (compress, encoding) => {
    const sources = { text, none: '', short: 'x', noise: pattern(30_000), larger: new Uint8Array(70_000) }
    const manifest = await release(sources, { compress })
    expect(manifest.files.map(({ object }) => object.encoding)).toEqual([encoding, undefined, undefined, undefined, encoding])
    const entries = await entriesIn(manifest)
    expect(entries.map(({ size }) => size)).toEqual([text.length, 0, 1, 30_000, 70_000])
    expect(entries[0]?.object.size).toBeLessThan(text.length / 2)
    const got = await filesIn(manifest)
    for (const [path, content] of Object.entries(sources)) expect(got.get(path)).toSatisfy(sameAs(Buffer.from(content as Uint8Array)))
  })

  it('must save a sixteenth', async () => {
    const partly = (zeros: number): Buffer => Buffer.concat([pattern(16_000, 5), Buffer.alloc(zeros)])
    const manifest = await release({ little: partly(900), enough: partly(1200) }, { compress: 'gzip' })
    expect(manifest.files.map(({ object }) => object.encoding)).toEqual([undefined, 'gzip'])
  })

  it('keeps the order of files, and has one object for those that are the same', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, text.subarray(0, 3000 + (i % 7) * 500)]))
    const manifest = await release(many, { compress: ['br', 'gzip'] })
    expect(manifest.files.map(({ path }) => path)).toEqual(Object.keys(many))
    expect(manifest.objects).toHaveLength(7)
    for (const [path, bytes] of await filesIn(manifest)) expect(bytes).toSatisfy(sameAs(many[path] as Uint8Array))
  })
})
