import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { pattern, sameAs } from '../envelope/helpers.js'
import { chunksOnDisk, makeWorld, releaseOf } from './world.js'
import type { Answer } from './cutting-server.js'
import type { World } from './world.js'

const CHUNK = 16_384
const STRIDE = CHUNK + 16
const SIZE = 5 * CHUNK + 500
const release = await releaseOf(SIZE, CHUNK, 1)
const other = await releaseOf(SIZE, CHUNK, 2)
const INDEX = 6 * 32 + 56

/** What a bad server makes of the answer to a request for chunks. */
type Bad = (answer: Answer, start: number) => Answer

let world: World
beforeEach(async () => {
  world = await makeWorld(release)
})
afterEach(async () => world.close())

function answerBadly(bad: Bad): void {
  world.tamper = (answer, { start }) => (start === 0 ? answer : bad(answer, start))
}

/** With a good server the download goes on; {@link makeWorld} sees to it that nothing good is asked for again. */
async function expectGoesOn(): Promise<void> {
  world.tamper = (answer) => answer
  expect(await world.run()).toBeUndefined()
  expect(readFileSync(world.final)).toSatisfy(sameAs(world.release.bundle))
}

test('a good server: the control of what follows', async () => {
  await expectGoesOn()
  expect(world.asked).toEqual([{ start: 0, end: INDEX }, { start: INDEX, end: release.payload.length }])
})

const said = (contentRange: string): Bad => (answer) => ({ ...answer, headers: { 'content-range': contentRange } })
const whole: Answer = { body: release.payload }
const last = release.payload.length - 1

describe('an answer that is not what was asked for is tried again six times, with longer and longer pauses, and gives nothing:', () => {
  const answers: readonly (readonly [string, Bad])[] = [
    ['200 with the whole payload', () => whole],
    ['200 with the right part', ({ body, headers }) => ({ status: 200, body, ...(headers && { headers }) })],
    ['206 that does not say which part', ({ body }) => ({ status: 206, body })],
    ['206 of a part that begins before', said(`bytes ${INDEX - 1}-${last}/${last + 1}`)],
    ['206 of a part that begins behind', said(`bytes ${INDEX + 1}-${last}/${last + 1}`)],
    ['206 of a part that ends before', said(`bytes ${INDEX}-${last - 1}/${last + 1}`)],
    ['206 of a part that ends behind', said(`bytes ${INDEX}-${last}0/${last + 1}0`)],
    ['206 in several parts', () => ({ status: 206, headers: { 'content-type': 'multipart/byteranges; boundary=x' }, body: pattern(999) })],
    ...[204, 304, 403, 404, 416, 429, 500, 503].map((status): readonly [string, Bad] => [`${status}`, () => ({ status, body: new Uint8Array(0) })]),
    ['no answer', (answer) => ({ ...answer, cutAfter: -1 })],
    ['no body', (answer) => ({ ...answer, cutAfter: 0 })],
    ['a body that ends early, without an error', (answer) => ({ ...answer, body: answer.body.subarray(0, 99), lengthless: true })],
  ]
  test.each(answers)('%s', async (_, bad) => {
    answerBadly(bad)
    expect(await world.run()).toBeInstanceOf(Error)
    expect(world.asked).toHaveLength(1 + 6)
    expect(world.pauses).toEqual([200, 400, 800, 1600, 3200])
    expect(chunksOnDisk(world.kept().part, release).size).toBe(0)
    expect(existsSync(world.final)).toBe(false)
    await expectGoesOn()
  })

  test('and the error says what the server did', async () => {
    answerBadly(() => whole)
    expect(await world.run()).toMatchObject({ message: `the server answered 200 to a request for bytes ${INDEX}-${last}` })
  })
})

describe('an answer of other bytes is refused at once, and only what was right before them is kept:', () => {
  const answers: readonly (readonly [string, number, string, Bad])[] = [
    ['random bytes', 0, 'bad-chunk', (answer) => ({ ...answer, body: pattern(answer.body.length, 3) })],
    ['chunks of another release', 0, 'bad-chunk', (answer, start) => ({ ...answer, body: other.payload.subarray(start) })],
    ['the payload from another place', 0, 'bad-chunk', (answer, start) => ({ ...answer, body: release.payload.subarray(start - 32, last + 1 - 32) })],
    ['chunks, the third of another release', 2, 'bad-chunk', (answer, start) => {
      const body = Buffer.from(answer.body)
      body.set(other.payload.subarray(start + 2 * STRIDE, start + 3 * STRIDE), 2 * STRIDE)
      return { ...answer, body }
    }],
    ['chunks, two of them swapped', 1, 'bad-chunk', ({ body, ...answer }) => ({
      ...answer,
      body: Buffer.concat([body.subarray(0, STRIDE), body.subarray(2 * STRIDE, 3 * STRIDE), body.subarray(STRIDE, 2 * STRIDE), body.subarray(3 * STRIDE)]),
    })],
    ['chunks, the first one twice', 1, 'bad-chunk', ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body.subarray(0, STRIDE), body]) })],
    ['chunks without the second', 1, 'bad-chunk', ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body.subarray(0, STRIDE), body.subarray(2 * STRIDE)]) })],
    ['all that was asked for, and a byte', 6, 'trailing-data', ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body, pattern(1)]) })],
    ['a chunk with a flipped bit', 3, 'bad-chunk', ({ body, ...answer }) => ({ ...answer, body: body.map((byte, at) => (at === 3 * STRIDE + 77 ? byte ^ 4 : byte)) })],
  ]
  test.each(answers)('%s', async (_, right, code, bad) => {
    answerBadly(bad)
    const error = await world.run()
    expect(error).toBeInstanceOf(EnvelopeError)
    expect(error).toMatchObject({ code })
    expect(world.asked).toHaveLength(2)
    expect(world.pauses).toEqual([])
    expect(chunksOnDisk(world.kept().part, release).size).toBe(right)
    expect(existsSync(world.final)).toBe(false)
    await expectGoesOn()
  })

  test.each([['random bytes', pattern(INDEX, 9)], ['that of another release', other.payload.subarray(0, INDEX)]])(
    'an index of %s, which is not kept either', async (_, index) => {
      world.tamper = (answer) => ({ ...answer, body: index })
      expect(await world.run()).toMatchObject({ code: 'bad-index' })
      expect(existsSync(world.kept().index)).toBe(false)
      await expectGoesOn()
    },
  )
})

test.each([['a byte', 1, false], ['any number of bytes', 200_000, true]])(
  'an index that %s follow is not taken in, and not kept', async (_, more, stalls) => {
    world.tamper = (answer) => ({ ...answer, body: Buffer.concat([answer.body, pattern(more)]), lengthless: true, stalls })
    expect(await world.run()).toBeInstanceOf(RangeError)
    expect(world.asked).toHaveLength(6)
    expect(existsSync(world.kept().index)).toBe(false)
    await expectGoesOn()
  },
)

test('an answer that was compressed on its way is as good as another', async () => {
  world.tamper = (answer) => ({ ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' }, body: gzipSync(answer.body) })
  expect(await world.run()).toBeUndefined()
  expect(readFileSync(world.final)).toSatisfy(sameAs(release.bundle))
})

test('a server that gives one chunk at a time and then breaks off is asked as long as it gives something', async () => {
  answerBadly((answer) => ({ ...answer, cutAfter: STRIDE }))
  expect(await world.run()).toBeUndefined()
  expect(world.asked.map(({ start }) => start)).toEqual([0, ...[0, 1, 2, 3, 4, 5].map((i) => INDEX + i * STRIDE)])
  expect(world.pauses.every((pause) => pause <= 200), 'each gain begins the pauses anew').toBe(true)
  expect(readFileSync(world.final)).toSatisfy(sameAs(release.bundle))
})

test('a process that is stopped while the server is silent ends at once, and the next one goes on', async () => {
  answerBadly((answer) => {
    const watch = setInterval(() => {
      if (chunksOnDisk(world.kept().part, release).size < 2) return
      clearInterval(watch)
      world.stop('no time')
    }, 1)
    return { ...answer, body: answer.body.subarray(0, 2 * STRIDE + 5), lengthless: true, stalls: true }
  })
  const error = await world.run()
  expect(error).toMatchObject({ code: 'aborted', cause: 'no time' })
  expect(chunksOnDisk(world.kept().part, release).size).toBe(2)
  await expectGoesOn()
})
