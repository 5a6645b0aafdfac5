import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server does wrong. */
export interface ServerFault {
  readonly kind: 'cut' | 'drip' | 'stall' | 'status' | 'missing' | 'corrupted' | 'swapped'
  /** The request that it begins with, from 0. */
  readonly request: number
  /** Where in the answer, from 0 up to, not including, 1. */
  readonly at: number
  /** It stays so: for all requests from then on, or for the one object. */
  readonly always: boolean
}

/** A server of objects on this machine. */
export interface FaultyServer {
  readonly url: string
  /** From now on this is wrong, or nothing. */
  readonly begin: (fault: ServerFault | undefined) => void
  /** Requests since then, and how many of them something was wrong with. */
  readonly counts: () => { readonly requests: number; readonly struck: number }
  /** Settles with the next request. */
  readonly asked: () => Promise<unknown>
  readonly close: () => void
}

const PIECES = 12

/** Serves objects by name. `swapped` is what is sent in place of others. */
export async function faultyServer(objects: ReadonlyMap<string, Uint8Array>, swapped: Uint8Array): Promise<FaultyServer> {
  let fault: ServerFault | undefined
  let requests = 0
  let struck = 0
  let victim: string | undefined
  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    const name = (request.url ?? '').slice(1)
    const number = requests++
    if (number === fault?.request) victim = name
    const isOfObject = fault?.kind === 'missing' || fault?.kind === 'corrupted' || fault?.kind === 'swapped'
    const isStruck = fault !== undefined && (number === fault.request || (fault.always && (isOfObject ? name === victim : number > fault.request)))
    if (isStruck) struck++
    server.emit('asked')
    answer(objects.get(name), request, response, isStruck ? fault : undefined, swapped)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin: (next) => {
      fault = next
      requests = 0
      struck = 0
      victim = undefined
    },
    counts: () => ({ requests, struck }),
    asked: async () => once(server, 'asked'),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(object: Uint8Array | undefined, request: IncomingMessage, response: ServerResponse, fault: ServerFault | undefined, swapped: Uint8Array): void {
  if (object === undefined || fault?.kind === 'missing') return void response.writeHead(404).end()
  if (fault?.kind === 'status') return void response.writeHead([500, 502, 503][Math.floor(fault.at * 3)] as number).end('sorry')
  const sent = fault?.kind === 'swapped' ? fitted(swapped, object.length) : fault?.kind === 'corrupted' ? flipped(object, Math.floor(fault.at * object.length)) : object
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const start = Number(from ?? 0)
  const end = to === undefined ? sent.length : Number(to) + 1
  const body = sent.subarray(start, end)
  const range = from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${sent.length}` }
  response.writeHead(from === undefined ? 200 : 206, { 'content-length': body.length, ...range })
  if (fault?.kind === 'cut') response.write(body.subarray(0, fault.at * body.length), () => response.destroy())
  else if (fault?.kind === 'stall') response.write(body.subarray(0, fault.at * body.length))
  else if (fault?.kind === 'drip') drip(body, response)
  else response.end(body)
}

function drip(body: Uint8Array, response: ServerResponse): void {
  const size = Math.ceil(body.length / PIECES)
  let position = 0
  const timer = setInterval(() => {
    response.write(body.subarray(position, position + size))
    position += size
    if (position < body.length) return
    clearInterval(timer)
    response.end()
  }, 4)
  response.on('close', () => clearInterval(timer))
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] as number) ^ 0x40
  return copy
}

/** Another object, as long as the one that is asked for, so that its length gives nothing away. */
function fitted(other: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => other[i % other.length] as number)
}
