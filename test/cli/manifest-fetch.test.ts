import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, it, vi } from 'vitest'
import { addressOf, fetchedPieces } from '../../src/cli/manifest-fetch.js'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const stops: (() => void)[] = []

afterEach(() => {
  vi.useRealTimers()
  for (const stop of stops.splice(0)) stop()
})

/** An address, and the end of the connection that asks for it. */
async function serving(listener: RequestListener): Promise<{ readonly address: URL; readonly asked: Promise<unknown>; readonly closed: Promise<unknown> }> {
  const server = createServer(listener)
  const asked = once(server, 'request')
  const closed = once(server, 'connection').then(async ([socket]) => once(socket as NodeJS.EventEmitter, 'close'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: addressOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m?token=sesame`), asked, closed }
}

const silent = { code: 'fetch-failed', message: expect.stringMatching(/\/m: the server was silent for 30 seconds$/) as string }

it('a server that never answers is given up after 30 seconds, and its connection is closed', async () => {
  const { address, asked, closed } = await serving(() => undefined)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const reading = fetchedPieces(address).next().then(() => undefined, (error: unknown) => error)
  await asked
  await vi.advanceTimersByTimeAsync(29_900)
  expect(await Promise.race([reading, Promise.resolve('waiting')])).toBe('waiting')
  await vi.advanceTimersByTimeAsync(200)
  expect(await reading).toMatchObject(silent)
  await closed
})

it('one that stops in the middle is given up 30 seconds after its last byte, and its connection is closed', async () => {
  const { address, closed } = await serving((_, response) => void response.writeHead(200, { 'content-length': 100 }).write('first'))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const pieces = fetchedPieces(address)
  expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe('first')
  await vi.advanceTimersByTimeAsync(60_000)
  const reading = pieces.next().then(() => undefined, (error: unknown) => error)
  await vi.advanceTimersByTimeAsync(29_900)
  expect(await Promise.race([reading, Promise.resolve('waiting')])).toBe('waiting')
  await vi.advanceTimersByTimeAsync(200)
  expect(await reading).toMatchObject(silent)
  await closed
})

it('who leaves early closes the connection; an abort is what the program said', async () => {
  const { address, closed } = await serving((_, response) => void response.writeHead(200, { 'content-length': 100 }).write('first'))
  const controller = new AbortController()
  const stopped = fetchedPieces(address, controller.signal)
  await stopped.next()
  const reading = stopped.next().then(() => undefined, (error: unknown) => error)
  const reason = new Error('enough')
  controller.abort(reason)
  expect(await reading).toBe(reason)
  await closed
  const other = await serving((_, response) => void response.writeHead(200, { 'content-length': 100 }).write('first'))
  const pieces = fetchedPieces(other.address)
  await pieces.next()
  await pieces.return()
  await other.closed
})
