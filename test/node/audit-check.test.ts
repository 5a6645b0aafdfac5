import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyAuditLog } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { badLog, digest, linesOf, write } from './audit.js'
import type { EnvelopeError } from '../../src/node.js'

const LINES = 8
const path = join(temporaryFolder(), 'audit.jsonl')
const damaged = `${path}.damaged`
let lines: readonly string[]
let bytes: Buffer

beforeAll(async () => {
  await write(path, LINES)
  lines = linesOf(path)
  bytes = readFileSync(path)
})

/** The number of the line that the check names, of a log made of `content`; 0 where it finds nothing. */
async function named(content: Uint8Array | readonly string[], last?: string): Promise<number> {
  writeFileSync(damaged, content instanceof Uint8Array ? content : content.map((line) => `${line}\n`).join(''))
  try {
    await verifyAuditLog(damaged, { last })
    return 0
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-audit-log' })
    return Number(/^line (\d+) /.exec((error as EnvelopeError).message)?.[1] ?? Infinity)
  }
}

/** Expects a line to be named that is at or before the damage, and close to it. */
function expectAt(found: number, damage: number): void {
  expect(found).toBeGreaterThanOrEqual(Math.max(1, damage - 1))
  expect(found).toBeLessThanOrEqual(damage)
}

const replaced = (i: number, line: string, list = lines): readonly string[] => list.map((other, at) => (at === i ? line : other))
const removed = (i: number): readonly string[] => lines.filter((_, at) => at !== i)
const inserted = (i: number, line: string, list = lines): readonly string[] => [...list.slice(0, i), line, ...list.slice(i)]

const index = fc.nat(LINES - 1)

describe('damage is found, and named at or before where it is', () => {
  it('any byte changed, of any line but the last', async () => {
    const end = bytes.lastIndexOf('\n', bytes.length - 2) + 1
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ difference
        expectAt(await named(changed), bytes.subarray(0, at).toString('latin1').split('\n').length)
      }),
      { numRuns: 600 },
    )
  })

  it('any byte of the last line changed: at the latest by the digest that was noted', async () => {
    const last = digest(lines.at(-1) as string)
    const start = bytes.lastIndexOf('\n', bytes.length - 2) + 1
    for (let at = start; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 1
      expect(await named(changed, last), `byte ${at}`).not.toBe(0)
    }
  })

  it('any line that is valid by itself, put in the place of another', async () => {
    const forged = (i: number): string => (lines[i] as string).replace('com.example.app', 'com.example.foe')
    for (let i = 0; i < LINES - 1; i++) expect(await named(replaced(i, forged(i)))).toBe(i + 1)
    expect(await named(replaced(LINES - 1, forged(LINES - 1))), 'the last one is covered by nothing').toBe(0)
  })

  it('any line removed, but at the end', async () => {
    for (let i = 0; i < LINES - 1; i++) expectAt(await named(removed(i)), i + 1)
  })

  it('any two lines swapped', async () => {
    await fc.assert(
      fc.asyncProperty(index, index, async (i, j) => {
        fc.pre(i < j)
        const swapped = replaced(j, lines[i] as string, replaced(i, lines[j] as string))
        expectAt(await named(swapped), i + 1)
      }),
    )
  })

  it('any line duplicated, or moved, or inserted as one that fits there', async () => {
    await fc.assert(
      fc.asyncProperty(index, index, async (from, to) => {
        expectAt(await named(inserted(to, lines[from] as string)), to + 1)
        if (from === to) return
        const moved = inserted(to, lines[from] as string, removed(from))
        expectAt(await named(moved), Math.min(from, to) + 1)
      }),
    )
    for (let i = 0; i < LINES; i++) {
      const fitting = (lines[i] as string).replace('com.example.app', 'com.example.foe')
      expectAt(await named(inserted(i, fitting)), i + 1)
    }
  })

  it('the end of the file cut off in the middle of a line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), async (length) => {
        const whole = length === 0 || bytes[length - 1] === 0x0a
        const at = bytes.subarray(0, length).toString('latin1').split('\n').length
        expect(await named(bytes.subarray(0, length))).toBe(whole ? 0 : at)
      }),
    )
  })

  it('any bytes whatever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (content) => {
        expect(await named(content)).toBe(1)
      }),
    )
  })
})

describe('what only a digest that was noted shows', () => {
  it('lines removed at the end', async () => {
    const noted = digest(lines[LINES - 3] as string)
    for (let kept = 0; kept <= LINES; kept++) {
      const found = await named(lines.slice(0, kept))
      expect([kept, found, await named(lines.slice(0, kept), noted)]).toEqual([kept, 0, kept < LINES - 2 ? Infinity : 0])
    }
    writeFileSync(damaged, `${lines[0] as string}\n`)
    await expect(verifyAuditLog(damaged, { last: noted })).rejects.toMatchObject(badLog(/^none of the 1 lines has the digest/))
  })

  it('a log that was written anew', async () => {
    const noted = digest(lines.at(-1) as string)
    await write(`${path}.anew`, LINES, 1)
    expect(await verifyAuditLog(`${path}.anew`)).toMatchObject({ records: LINES })
    await expect(verifyAuditLog(`${path}.anew`, { last: noted })).rejects.toMatchObject(badLog(/^none of the 8 lines/))
  })

  it('says on which line it is, since the log may have grown', async () => {
    for (const [i, line] of lines.entries()) {
      expect(await verifyAuditLog(path, { last: digest(line) })).toMatchObject({ records: LINES, notedLine: i + 1, last: digest(lines.at(-1) as string) })
    }
    expect(await verifyAuditLog(path, { last: '0'.repeat(64) })).toMatchObject({ notedLine: 0 })
    expect(await verifyAuditLog(path)).not.toHaveProperty('notedLine')
  })

  it.each([['', RangeError], ['0'.repeat(63), RangeError], ['A'.repeat(64), RangeError], [7, TypeError], [null, TypeError]])('%j is no digest', async (last, kind) => {
    await expect(verifyAuditLog(path, { last: last as string })).rejects.toThrow(kind)
  })
})

it('an empty log is one without records', async () => {
  writeFileSync(damaged, '')
  expect(await verifyAuditLog(damaged)).toEqual({ records: 0, last: '0'.repeat(64) })
})

it('memory is bounded, also where there is no newline for 200 MB', async () => {
  const started = process.memoryUsage().rss
  writeFileSync(damaged, '')
  const piece = Buffer.alloc(2 ** 20, 'x')
  for (let i = 0; i < 200; i++) writeFileSync(damaged, piece, { flag: 'a' })
  await expect(verifyAuditLog(damaged)).rejects.toMatchObject(badLog(/^line 1 is longer than 65536 bytes/))
  expect(process.memoryUsage().rss - started).toBeLessThan(100 * 2 ** 20)
  writeFileSync(damaged, '')
})
