import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/index.js'
import { familyNames, textOfFamily } from './make/families.js'
import type { VectorFile } from './vector.js'

const SIZE_MAX = 1_500_000

describe.each(familyNames)('%s.json', (name) => {
  const read = async (): Promise<string> => readFile(new URL(`${name}.json`, import.meta.url), 'utf8')
  const vectors = async (): Promise<VectorFile['vectors']> => (JSON.parse(await read()) as VectorFile).vectors

  test('is what the script makes, to the byte, and no larger than a package can bear', async () => {
    const text = await read()
    expect((await textOfFamily(name)) === text).toBe(true)
    expect(text.length).toBeLessThan(SIZE_MAX)
  })

  test('tells each name and each vector once', async () => {
    const all = await vectors()
    expect(new Set(all.map((vector) => vector.name)).size).toBe(all.length)
    expect(new Set(all.map(({ operation, input, options }) => JSON.stringify([operation, input, options]))).size).toBe(all.length)
  })

  test('has a code or an output for each vector, and a name that begins with the code', async () => {
    for (const { name: told, code, output, released = 0, serverAccepts } of await vectors()) {
      expect(output === undefined, told).toBe(code !== undefined)
      if (code === undefined) expect([released, serverAccepts], told).toEqual([0, undefined])
      else expect(errorCodes.includes(code) && told.startsWith(`${code}: `), told).toBe(true)
      if (output !== undefined) expect(Number.isSafeInteger(output.size) && /^[0-9a-f]{64}$/.test(output.sha256), told).toBe(true)
    }
  })

  test('has inputs in canonical base64url', async () => {
    for (const { name: told, input } of await vectors()) expect(Buffer.from(input, 'base64url').toString('base64url') === input, told).toBe(true)
  })
})

test('there is no file of vectors that no script makes', async () => {
  await expect(textOfFamily('keys')).rejects.toThrow(RangeError)
})
