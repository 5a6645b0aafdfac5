import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { pattern } from '../envelope/helpers.js'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ObjectRequest } from '../../src/manifest.js'
import type { ByteStreamLike } from '../../src/stream/source.js'

export const NAME = 'ab'.repeat(32)
export const SIZE = 300_000
export const OBJECT: Uint8Array<ArrayBuffer> = pattern(SIZE)

export interface TestServer {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  /** Connections, of which some may be closed. */
  readonly sockets: readonly Socket[]
}

/** A server for one test. */
export async function serving(listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = []
  const sockets: Socket[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    response.on('error', () => undefined)
    listener(request, response)
  })
  server.on('connection', (socket) => void sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, sockets }
}

/** Serves ranges, as a server of static files does. */
export function giveRange(request: IncomingMessage, response: ServerResponse, object: Uint8Array = OBJECT): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (from === undefined) {
    response.writeHead(200, { 'Content-Length': object.length }).end(object)
    return
  }
  const part = object.subarray(Number(from), Number(to) + 1)
  response.writeHead(206, { 'Content-Range': `bytes ${from}-${to ?? ''}/${object.length}`, 'Content-Length': part.length }).end(part)
}

/** What is asked for: all of it, where no range is given. */
export function asking(start = 0, end: number = SIZE, more: Partial<ObjectRequest> = {}): ObjectRequest {
  return { name: NAME, size: SIZE, range: { start, end }, ...more }
}

export interface Read {
  readonly bytes: Uint8Array
  /** What the stream broke off with. */
  readonly error: unknown
}

/** All that a stream gives, and why it gives no more. */
export async function readAll(stream: ByteStreamLike): Promise<Read> {
  const reader = stream.getReader()
  const parts: Uint8Array[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { bytes: Buffer.concat(parts), error: undefined }
      parts.push(value as Uint8Array)
    }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

/** What a call fails with, which is not the library's own refusal. */
export async function failure(call: Promise<unknown>): Promise<Error> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof Error) return outcome
  throw new Error('expected a failure, but the call returned')
}

/** Something that happens once, elsewhere. */
export function event(): { readonly happened: Promise<void>; readonly tell: () => void } {
  let tell = (): void => undefined
  const happened = new Promise<void>((resolve) => (tell = resolve))
  return { happened, tell }
}
