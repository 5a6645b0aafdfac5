import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { randomOf } from '../random.js'
import type { AddressInfo } from 'node:net'
import type { ByteRange } from '../../src/index.js'

/** What a client asks for. */
export interface Asked {
  /** Of the URL, without the slash before it. */
  readonly name: string
  /** Of a request for a part. */
  readonly range: ByteRange | undefined
}

/** What it gets. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The connection is destroyed after so many bytes of `body`, or before anything of the answer where it is negative. */
  readonly cutAfter?: number | undefined
  /** Whether the answer does not say how long it is. */
  readonly lengthless?: boolean
  /** Whether nothing comes after `body`, and no end either. */
  readonly stalls?: boolean
}

export interface LocalServer {
  /** Ends with a slash. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Given to the client to read what has come, as it has on a slow network: a broken connection takes with it what lies unread. */
const MILLISECONDS_BEFORE_CUT = 3

/** The answer of an honest server: 206 to a range that there is, 200 to no range. */
export function honestAnswer(file: Uint8Array | undefined, { range }: Asked): Answer {
  if (file === undefined) return { status: 404, body: new Uint8Array(0) }
  if (range === undefined) return { body: file }
  if (range.start >= file.length) return { status: 416, headers: { 'content-range': `bytes */${file.length}` }, body: new Uint8Array(0) }
  const end = Math.min(range.end, file.length)
  return { status: 206, headers: { 'content-range': `bytes ${range.start}-${end - 1}/${file.length}` }, body: file.subarray(range.start, end) }
}

/** A real HTTP server on this machine, whose connections break where the answers say so. */
export async function serve(answer: (asked: Asked) => Answer | Promise<Answer>): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const range = first === undefined ? undefined : { start: Number(first), end: Number(last) + 1 }
    void Promise.resolve({ name: (request.url ?? '').slice(1), range }).then(answer).then(({ status = 200, headers, body, cutAfter, lengthless = false, stalls = false }) => {
      const cut = (): void => void setTimeout(() => request.socket.destroy(), MILLISECONDS_BEFORE_CUT)
      if (cutAfter !== undefined && cutAfter < 0) {
        request.socket.destroy()
        return
      }
      response.writeHead(status, { ...headers, ...(!lengthless && { 'content-length': body.length }) })
      response.flushHeaders()
      if (stalls) response.write(body)
      else if (cutAfter === undefined) response.end(body)
      else if (cutAfter === 0) cut()
      else response.write(body.subarray(0, cutAfter), cut)
    }, (error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Bytes of an answer that often comes through also on a bad network. */
const SHORT = 1000

/** A server of the files in a folder that breaks off its first answers to requests for a part, so many, at random places. */
export async function serveWithCuts(folder: string, count: number, seed: number): Promise<LocalServer & { readonly cuts: () => number }> {
  const random = randomOf(seed)
  let cuts = 0
  const server = await serve((asked) => {
    const path = join(folder, basename(asked.name))
    const answer = honestAnswer(existsSync(path) ? readFileSync(path) : undefined, asked)
    if (asked.range === undefined || cuts === count || (answer.body.length < SHORT && random() < 0.5)) return answer
    cuts++
    return { ...answer, cutAfter: Math.floor(random() * answer.body.length) }
  })
  return { ...server, cuts: () => cuts }
}
