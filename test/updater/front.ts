import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request of a device on its way to the update server. */
export interface Passing {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly response: ServerResponse
  /** What the update server answers. */
  readonly honest: () => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Gives an answer for a request, or sends one itself and gives nothing; left alone, the honest one passes. */
export type Attack = (passing: Passing) => Promise<Answer | undefined>

/** The way between devices and the update server, which a test may take into its hands. */
export interface Front {
  readonly url: string
  /** What was asked since the last `clear`, and how many bytes of payloads were sent. */
  readonly seen: { requests: string[]; payloadBytes: number }
  attack: Attack
  target: string
  clear: () => void
  close: () => Promise<void>
}

const pass: Attack = async ({ honest }) => honest()

/** Headers that belong to one connection, or that are wrong after the body was decoded. */
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length', 'date']

export async function startFront(): Promise<Front> {
  const server = createServer((request, response) => {
    void answer(front, request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  const port = await listen(server)
  const front: Front = {
    url: `http://127.0.0.1:${port}`,
    seen: { requests: [], payloadBytes: 0 },
    attack: pass,
    target: '',
    clear: () => {
      front.attack = pass
      front.seen.requests = []
      front.seen.payloadBytes = 0
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return front
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function answer(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers: { range } } = request
  const body = await bodyOf(request)
  front.seen.requests.push(`${method} ${path}${range === undefined ? '' : ` ${range}`}`)
  const honest = async (): Promise<Answer> => forward(`${front.target}${path}`, request, body)
  const isPayload = path.startsWith('/v1/payloads/')
  // Preflights are between browser and server: a hostile one gives what it likes.
  const given = method === 'OPTIONS' ? await honest() : await front.attack({ method, path, range, response, honest })
  if (given === undefined) return
  if (isPayload) front.seen.payloadBytes += given.body.length
  send(response, given)
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length })
  response.end(body)
}

async function forward(url: string, request: IncomingMessage, body: Buffer<ArrayBuffer>): Promise<Answer> {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name)))
  const response = await fetch(url, { method: request.method ?? 'GET', headers: headers as Record<string, string>, ...(body.length > 0 && { body }) })
  const own = Object.fromEntries([...response.headers].filter(([name]) => !HOP.includes(name)))
  return { status: response.status, headers: own, body: Buffer.from(await response.arrayBuffer()) }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
