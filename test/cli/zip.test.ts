import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../src/cli/errors.js'
import { PIECE } from '../../src/cli/input.js'
import { packZip } from '../../src/cli/zip.js'
import { temporaryFolder } from './cli.js'
import type { Pieces } from '../../src/cli/input.js'
import type { ZipEntry } from '../../src/cli/zip.js'

/** Bytes that are hard to pack, easy, and in between, always the same ones. */
const kinds: Readonly<Record<string, (size: number) => Buffer>> = {
  random: (size) => Buffer.concat(Array.from({ length: Math.ceil(size / 32) }, (_, i) => createHash('sha256').update(`${i}`).digest()), size),
  zeros: (size) => Buffer.alloc(size),
  text: (size) => Buffer.from(Array.from({ length: Math.ceil(size / 10) }, (_, i) => `${(i * i) % 9973} of `).join('')).subarray(0, size),
  mixed: (size) => Buffer.concat([kinds['random']?.(size >> 1) ?? Buffer.alloc(0), Buffer.alloc(size - (size >> 1), 'abc')]),
}

/** As a file is read: in whole pieces and a shorter last one. */
async function* piecesOf(bytes: Uint8Array, memory: Uint8Array = new Uint8Array(PIECE)): Pieces {
  for (let start = 0; start <= bytes.length; start += PIECE) {
    const piece = bytes.subarray(start, start + PIECE)
    memory.set(piece)
    yield memory.subarray(0, piece.length)
  }
}

function entriesOf(files: ReadonlyMap<string, Uint8Array>): readonly ZipEntry[] {
  const memory = new Uint8Array(PIECE)
  return [...files].map(([name, bytes]) => ({ name, pieces: () => piecesOf(bytes, memory) }))
}

async function pack(files: ReadonlyMap<string, Uint8Array>, most?: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of packZip(entriesOf(files), most)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

function filesOf(sizes: readonly number[]): ReadonlyMap<string, Buffer> {
  return new Map(Object.entries(kinds).flatMap(([kind, make]) => sizes.map((size) => [`${kind}/${size}`, make(size)] as const)))
}

const sizes = [0, 1, 2, 100, 8191, 8192, 32_767, 32_768, 65_535, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 500, 3 * PIECE - 1, 7 * PIECE + 77]

/** What a reader sees that goes from front to end and knows nothing of the directory there. */
function readFromFront(zip: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>()
  let at = 0
  while (zip.readUInt32LE(at) === 0x04034b50) {
    const flags = zip.readUInt16LE(at + 6)
    expect([flags & 8, zip.readUInt16LE(at + 8)]).toEqual([8, 8])
    const nameEnd = at + 30 + zip.readUInt16LE(at + 26)
    const content = nameEnd + zip.readUInt16LE(at + 28)
    const { buffer, engine } = inflateRawSync(zip.subarray(content), { info: true }) as unknown as {
      readonly buffer: Buffer
      readonly engine: { readonly bytesWritten: number }
    }
    found.set(zip.toString('utf8', at + 30, nameEnd), buffer)
    const after = content + engine.bytesWritten
    expect([zip.readUInt32LE(after), zip.readUInt32LE(after + 8), zip.readUInt32LE(after + 12)]).toEqual([0x08074b50, engine.bytesWritten, buffer.length])
    at = after + 16
  }
  expect(zip.readUInt32LE(at)).toBe(0x02014b50)
  return found
}

function expectSame(found: ReadonlyMap<string, Uint8Array>, files: ReadonlyMap<string, Buffer>): void {
  expect([...found.keys()]).toEqual([...files.keys()])
  for (const [name, bytes] of files) expect(bytes.equals(found.get(name) ?? Buffer.from('missing')), name).toBe(true)
}

describe('a ZIP file', () => {
  it('holds contents of every kind and size, for readers of its directory and for those that begin at the front', async () => {
    const files = filesOf(sizes)
    const zip = await pack(files)
    expectSame(new Map(Object.entries(unzipSync(zip))), files)
    expectSame(readFromFront(zip), files)
    const best = [...files.values()].reduce((sum, bytes) => sum + deflateRawSync(bytes).length, 0)
    expect(zip.length).toBeLessThan(1.05 * best + 200 * files.size)
  })

  it.runIf(works('python3', '-c', 'import zipfile'))('unpacks with Python', async () => {
    const folder = temporaryFolder()
    const files = filesOf(sizes)
    writeFileSync(join(folder, 'x.zip'), await pack(files))
    const script = `
import zipfile, hashlib
z = zipfile.ZipFile('x.zip')
assert z.testzip() is None
for i in z.infolist():
    assert (i.date_time, i.external_attr, i.create_system, i.extra) == ((1980, 1, 1, 0, 0, 0), 0, 0, b''), i
    print(i.filename, hashlib.sha256(z.read(i)).hexdigest())`
    const printed = execFileSync('python3', ['-c', script], { cwd: folder, encoding: 'utf8' })
    const expected = [...files].map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}\n`)
    expect(printed).toBe(expected.join(''))
  })

  it('depends on names and contents alone', async () => {
    const files = filesOf([0, 1000, PIECE, 2 * PIECE + 500])
    const sums = [await pack(files), await pack(files)].map((zip) => createHash('sha256').update(zip).digest('hex'))
    expect(sums).toEqual([sums[0], sums[0]])
    expect(sums[0]).toBe('b722fdb220ecbc4bde70221db930c03a3d11543a203b4d5a505edfdd81ab34a1')
  })

  it('holds many files, and is refused above 65,534', async () => {
    const filesOfNumber = (length: number): Map<string, Buffer> => new Map(Array.from({ length }, (_, i) => [`f${i}`, Buffer.alloc(0)]))
    expect(Object.keys(unzipSync(await pack(filesOfNumber(1000))))).toHaveLength(1000)
    await expect(pack(filesOfNumber(65_535))).rejects.toThrow(/65534 files/)
  })

  it('refuses what its numbers cannot tell: a content that is too large, or all of it', async () => {
    const files = new Map([['zeros', Buffer.alloc(5000)], ['b', Buffer.alloc(10)]])
    const { length } = await pack(files)
    expect((await pack(files, 5000)).length).toBe(length)
    await expect(pack(files, 4999)).rejects.toThrow('zeros takes more than 4999 bytes')
    const hard = new Map([['x', kinds['random']?.(5000) ?? Buffer.alloc(0)]])
    const size = (await pack(hard)).length
    expect((await pack(hard, size)).length).toBe(size)
    const refused = pack(hard, size - 1)
    await expect(refused).rejects.toThrow(FileError)
    await expect(refused).rejects.toThrow(`the folder takes more than ${size - 1} bytes`)
  })

  it('is packed only as far as somebody reads it, and then closes its file', async () => {
    let closed = false
    let read = 0
    const zip = packZip([
      {
        name: 'endless',
        pieces: async function* (): Pieces {
          try {
            for (;;) {
              read++
              yield new Uint8Array(PIECE)
            }
          } finally {
            closed = true
          }
        },
      },
    ])
    for (let i = 0; i < 3; i++) await zip.next()
    expect([read, closed]).toEqual([3, false])
    await zip.return()
    expect([read, closed]).toEqual([3, true])
  })
})

function works(tool: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(tool, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
