import { existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { randomOf } from '../random.js'
import { damaged, damages } from './disk.js'
import { chunksOnDisk, makeWorld, releaseOf } from './world.js'
import type { ByteRange, ChunkSize } from '../../src/index.js'
import type { Answer } from './cutting-server.js'
import type { Release, World } from './world.js'

const SMALL = 16_384
const LARGE = 262_144
const sizes: readonly (readonly [ChunkSize, number])[] = [[SMALL, 24 * SMALL + 777], [LARGE, 4 * LARGE + 1000]]

/** What happened, so that a test can show that it tested something. */
type Counts = Map<string, number>
const count = (counts: Counts, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)

/**
 * Cuts an answer somewhere: before it, at 0 bytes, between two chunks, beside that, or anywhere in its first three chunks.
 * The index is of no use before it is whole, so it often comes through.
 */
function cut(answer: Answer, { start }: ByteRange, stride: number, random: () => number, counts: Counts): Answer {
  const { length } = answer.body
  if (start === 0 && random() < 0.7) return answer
  const most = Math.min(length, 3 * stride)
  const border = stride * Math.floor(random() * Math.ceil(most / stride))
  const [kind, cutAfter] = ([
    ['no answer', -1],
    ['0 bytes', 0],
    ['a border', border],
    ['beside a border', Math.max(0, border + (random() < 0.5 ? 1 : -1))],
    ['anywhere', Math.floor(random() * most)],
    ['anywhere', Math.floor(random() * most)],
  ] as const)[Math.floor(random() * 6)] as readonly [string, number]
  count(counts, 'cut')
  count(counts, start === 0 ? 'cut in the index' : `cut: ${kind}`)
  return { ...answer, cutAfter: Math.min(cutAfter, length - 1) }
}

/** Does something bad to what an earlier run has left. */
function spoilDisk({ kept, release }: World, other: Release, random: () => number, counts: Counts): void {
  const { part, index } = kept()
  if (!existsSync(part) || !existsSync(index)) return
  const { chunkSize, bundle } = release
  const file = readFileSync(part)
  const [i = 0, j = 0] = [...chunksOnDisk(part, release)].sort(() => random() - 0.5)
  const within = (n: number): Buffer => file.subarray(n * chunkSize, (n + 1) * chunkSize)
  const at = Math.floor(random() * within(i).length)
  const [name, damage] = damages[Math.floor(random() * damages.length)] as (typeof damages)[0]
  const kinds: readonly (readonly [string, () => void])[] = [
    [`a chunk ${name}`, () => writeFileSync(part, damaged(file, chunkSize, i, damage, at))],
    ['two chunks swapped', () => {
      const [one, another] = [Buffer.from(within(i)), Buffer.from(within(j))]
      within(i).set(another.subarray(0, within(i).length))
      within(j).set(one.subarray(0, within(j).length))
      writeFileSync(part, file)
    }],
    ['a file of another release', () => writeFileSync(part, other.bundle)],
    ['a chunk of another release', () => {
      within(i).set(other.bundle.subarray(i * chunkSize, i * chunkSize + within(i).length))
      writeFileSync(part, file)
    }],
    ['a file that is too short', () => truncateSync(part, Math.floor(random() * file.length))],
    ['a file that is too long', () => writeFileSync(part, Buffer.concat([file, Buffer.alloc(Math.max(0, bundle.length - file.length) + 999)]))],
    ['no file', () => rmSync(part)],
    ['a spoilt index', () => writeFileSync(index, readFileSync(index).fill(random() * 256, Math.floor(random() * 99)))],
    ['an index that is too short', () => truncateSync(index, 40)],
    ['an index of another release', () => writeFileSync(index, other.payload.subarray(0, readFileSync(index).length))],
    ['no index', () => rmSync(index)],
  ]
  const [kind, spoil] = kinds[Math.floor(random() * kinds.length)] as (typeof kinds)[0]
  spoil()
  count(counts, `disk: ${kind}`)
}

interface Plan {
  readonly seed: number
  /** The answers to so many requests are cut; then the network is good. */
  readonly cuts: number
  readonly counts: Counts
  /** How likely it is that a process is killed, and that the disk is spoilt between two of them. */
  readonly deaths?: number
  readonly spoilt?: number
  /** What the server has after half of the cuts. */
  readonly next?: Release
}

/** Downloads a release over a bad network, process by process. */
async function install(release: Release, other: Release, { seed, cuts, counts, deaths = 0, spoilt = 0, next }: Plan): Promise<void> {
  const random = randomOf(seed)
  const world = await makeWorld(release)
  let done = 0
  world.tamper = (answer, range) => {
    if (done === cuts) return answer
    if (next !== undefined && done * 2 >= cuts) world.release = next
    const tampered = cut(answer, range, release.chunkSize + 16, random, counts)
    if (tampered.cutAfter !== undefined) done++
    return tampered
  }
  try {
    for (let runs = 1; !existsSync(world.final); runs++) {
      expect(runs, 'processes').toBeLessThan(cuts + 200)
      const killed = random() < deaths
      const error = await world.run(killed ? { atWrite: Math.floor(random() * 10), part: random() } : undefined)
      count(counts, 'process')
      if (error !== undefined) count(counts, `ended by ${(error as { code?: string }).code ?? (error as Error).message}`)
      if (random() < spoilt && !existsSync(world.final)) spoilDisk(world, other, random, counts)
    }
    expect(readFileSync(world.final).equals(world.release.bundle)).toBe(true)
    expect(readdirSync(world.folder).filter((name) => name.endsWith('.part'))).toEqual([])
  } finally {
    await world.close()
  }
}

describe.each(sizes)('a download in chunks of %i bytes, cut at random places again and again,', (chunkSize, size) => {
  const stride = chunkSize === SMALL ? 20 : 10
  const releases = Promise.all([1, 2].map(async (number) => releaseOf(size, chunkSize, number)))

  async function manyCuts(atLeast: number, firstSeed: number, plan: Partial<Plan>, next = false): Promise<Counts> {
    const [release, other] = (await releases) as [Release, Release]
    const counts: Counts = new Map()
    for (let seed = firstSeed; (counts.get('cut') ?? 0) < atLeast; seed++) {
      try {
        await install(release, other, { seed, cuts: stride, counts, ...plan, ...(next && { next: other }) })
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
    return counts
  }

  test('comes to its end in one process or several: 60 cuts, of every kind', async () => {
    const counts = await manyCuts(60, 100, {})
    for (const kind of [' in the index', ': no answer', ': 0 bytes', ': a border', ': beside a border', ': anywhere']) {
      expect(counts.get(`cut${kind}`), kind).toBeGreaterThan(2)
    }
    expect([...counts.keys()].filter((key) => /bad-|trailing/.test(key))).toEqual([])
  })

  test('goes on after its process was killed in the middle of a write: 50 cuts', async () => {
    const counts = await manyCuts(50, 200, { deaths: 1 })
    expect(counts.get('ended by killed')).toBeGreaterThan(15)
  })

  test('finds what was spoilt on the disk, and fetches nothing else anew: 50 cuts', async () => {
    const counts = await manyCuts(50, 300, { deaths: 1, spoilt: 0.5 })
    const kinds = [...counts.keys()].filter((key) => key.startsWith('disk: '))
    expect(kinds.length, kinds.join(', ')).toBeGreaterThan(6)
  })

  test('mixes nothing where a new release comes out in the middle of it: 40 cuts', async () => {
    const counts = await manyCuts(40, 400, { deaths: 0.4 }, true)
    expect((counts.get('ended by bad-chunk') ?? 0) + (counts.get('ended by bad-index') ?? 0)).toBeGreaterThan(0)
  })
})
