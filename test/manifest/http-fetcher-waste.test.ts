import { expect, it } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { expectRefused, sameAs } from '../envelope/helpers.js'
import { NAME, OBJECT, SIZE, asking, event, giveRange, readAll, serving } from './http-fetcher-server.js'
import type { RequestListener, ServerResponse } from 'node:http'
import type { FetchObject } from '../../src/manifest.js'

const START = 100_000

/** What a server that ignores Range gives of an object before its connection breaks. */
const breaksAt = (length: number) => (response: ServerResponse): void =>
  void response.writeHead(200, { 'Content-Length': SIZE }).write(OBJECT.subarray(0, length), () => response.destroy())
const little = breaksAt(START + 1000)

async function fetcherOf(listener: RequestListener): Promise<FetchObject> {
  const { url } = await serving(listener)
  return httpFetcher(url)
}

/** What came of the rest of the object. */
async function restBy(fetchObject: FetchObject, name: string = NAME): Promise<Uint8Array> {
  const { bytes } = await readAll(await fetchObject(asking(START, SIZE, { name })))
  expect(bytes).toSatisfy(sameAs(OBJECT.subarray(START, START + bytes.length)))
  return bytes
}

async function expectFinal(fetchObject: FetchObject): Promise<void> {
  await expectRefused(async () => fetchObject(asking(START)), 'fetch-failed', /answer requests with Range, or keep its connections/)
}

it('a server that ignores Range and breaks off after a little more, five times, is given up; later it has five more', async () => {
  const fetchObject = await fetcherOf((_, response) => little(response))
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5; i++) expect((await restBy(fetchObject)).length).toBeLessThanOrEqual(1000)
    await expectFinal(fetchObject)
  }
})

it.each([
  ['that gives more than what comes before', breaksAt(2 * START + 50_000)],
  ['that gives all', (response: ServerResponse) => void response.end(OBJECT)],
])('an answer %s begins the count anew', async (_, better) => {
  let count = 0
  const fetchObject = await fetcherOf((_request, response) => (++count === 5 ? better : little)(response))
  for (let i = 0; i < 10; i++) await restBy(fetchObject)
  await expectFinal(fetchObject)
})

it('each object has a count of its own', async () => {
  const fetchObject = await fetcherOf((_, response) => little(response))
  for (let i = 0; i < 5; i++) for (const name of [NAME, 'cd'.repeat(32)]) await restBy(fetchObject, name)
  await expectFinal(fetchObject)
})

it('a server that answers Range, and one that breaks off what begins at the start, may do so without end', async () => {
  const broken = (response: ServerResponse): void =>
    void response.writeHead(206, { 'Content-Range': `bytes ${START}-${SIZE - 1}/${SIZE}` }).write(OBJECT.subarray(START, START + 10), () => response.destroy())
  const fetchObject = await fetcherOf((request, response) => (request.headers.range === undefined ? breaksAt(10) : broken)(response))
  for (let i = 0; i < 7; i++) {
    await restBy(fetchObject)
    expect((await readAll(await fetchObject(asking()))).bytes.length).toBeLessThanOrEqual(10)
  }
})

it('what the program stops is no fault of the server; a server that learns Range is asked again', async () => {
  let isStalling = true
  let asked = event()
  const { url } = await serving((request, response) => {
    if (!isStalling) giveRange(request, response)
    else response.writeHead(200, { 'Content-Length': SIZE }).write(OBJECT.subarray(0, 1000), asked.tell)
  })
  const fetchObject = httpFetcher(url)
  for (let i = 0; i < 6; i++) {
    const controller = new AbortController()
    const reading = readAll(await fetchObject(asking(START, SIZE, { signal: controller.signal })))
    await asked.happened
    asked = event()
    controller.abort()
    expect(await reading).toMatchObject({ error: { code: 'aborted' } })
  }
  isStalling = false
  expect(await restBy(fetchObject)).toHaveLength(SIZE - START)
})
