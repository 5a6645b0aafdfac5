import { EnvelopeError } from '../errors.js'
import { checkAborted, objectOption, onAbort } from '../options.js'
import { bytesBefore } from './http-answer.js'
import { bodyPart } from './http-body.js'
import { openExchange, withoutUrl } from './http-exchange.js'
import { wasteCount } from './http-waste.js'
import type { Awaitable } from '../crypto/backend.js'
import type { ByteStreamLike } from '../stream/source.js'
import type { FetchObject, ObjectRequest } from './fetcher.js'
import type { HttpAnswer } from './http-answer.js'
import type { Exchange } from './http-exchange.js'
import type { WasteCount } from './http-waste.js'

declare global {
  // Merged with the platform's own where its types are known, and empty elsewhere.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface AbortSignal {}
}

/** What is asked of `fetch`. */
export interface HttpRequest {
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
  /** An object that came broken must not come from a cache again. */
  readonly cache: 'no-store'
}

/** The part of the platform's `fetch` that is used. */
export type HttpFetch = (url: string, request: HttpRequest) => Promise<HttpAnswer>

/** Where objects are: each under its name below a URL, or where a function says, which is asked anew for each request. */
export type HttpBase = UrlLike | ((name: string) => Awaitable<UrlLike>)

/** A URL as text, or the platform's `URL`. */
export type UrlLike = string | { readonly href: string }

/** How objects are fetched over HTTP. */
export interface HttpFetcherOptions {
  /** Left out: the platform's. */
  readonly fetch?: HttpFetch | undefined
  /** Sent with each request; to another origin that redirects lead to as well, all but `Authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Seconds without a byte from the server after which a request is given up. Left out: 30. */
  readonly stallTimeout?: number | undefined
}

const STALL_DEFAULT = 30
const STALL_MAX = 86_400

/**
 * Fetches objects over HTTP: those parts of them that are asked for, also from a server that only ever gives all. An answer that
 * another request won't change, such as 404, is final; a broken connection, a silent server, 429 and 503 are tried again.
 *
 * @throws EnvelopeError `backend-unavailable` where there is no `fetch`
 * @throws TypeError, RangeError
 */
export function httpFetcher(base: HttpBase, options: HttpFetcherOptions = {}): FetchObject {
  const urlOf = urlOption(base)
  const { fetch = platformFetch(), headers = {}, stallTimeout = STALL_DEFAULT } = objectOption('options', options)
  if (typeof fetch !== 'function') throw new TypeError('fetch must be a function')
  const own = headersOption(headers)
  checkStall(stallTimeout)
  const waste = wasteCount()
  return async (request) => {
    const { name, signal } = request
    const init = { headers: { ...own, ...rangeHeader(request) }, cache: 'no-store' } as const
    checkAborted(signal)
    const exchange = openExchange(stallTimeout)
    const unsubscribe = onAbort(signal, exchange.close)
    try {
      const answer = await exchange.wait(async () => ask(fetch, await urlOf(name), { ...init, signal: exchange.signal }))
      return partOf(answer, request, exchange, waste)
    } catch (error) {
      exchange.close(error)
      throw error
    } finally {
      unsubscribe()
    }
  }
}

async function ask(fetch: HttpFetch, url: string, init: HttpRequest): Promise<HttpAnswer> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    // Which tells of a URL by quoting it, with all its secrets.
    if (String(cause).includes(url)) throw new EnvelopeError('fetch-failed', 'the URL of an object is not one that fetch takes')
    throw new Error('the server could not be reached', { cause: withoutUrl(cause) })
  }
}

function partOf(answer: HttpAnswer, request: ObjectRequest, exchange: Exchange, waste: WasteCount): ByteStreamLike {
  const before = bytesBefore(answer, request)
  if (before > 0) waste.check(request.name)
  const { body } = answer
  if (body === undefined || body === null) {
    throw new EnvelopeError('backend-unavailable', 'what fetch gives here has no stream as its body: pass a fetch that streams')
  }
  const { name, range, signal } = request
  const length = range.end - range.start
  const onEnd = (given: number): void => waste.add(name, { before, length, given })
  return bodyPart(body, { before, length, onEnd }, exchange, signal)
}

/** Without it a server's answer may be compressed on its way, which fetch undoes; a part of one could not be. */
function rangeHeader({ range: { start, end }, size }: ObjectRequest): Record<string, string> {
  if (!(start >= 0 && start < end && end <= size)) throw new RangeError('range must be a part of the object')
  return start === 0 && end === size ? {} : { range: `bytes=${start}-${end - 1}` }
}

/** @throws EnvelopeError `backend-unavailable` */
function platformFetch(): HttpFetch {
  const { fetch } = globalThis as { readonly fetch?: HttpFetch }
  if (fetch !== undefined) return async (url, request) => fetch(url, request)
  throw new EnvelopeError('backend-unavailable', 'this engine has no fetch: pass one as `fetch`')
}

/** @throws TypeError, RangeError */
function urlOption(base: HttpBase): (name: string) => Awaitable<string> {
  if (typeof base === 'function') return async (name) => textOf('what base gives', await base(name))
  const url = textOf('base', base)
  if (url === '' || /[?#]/.test(url)) throw new RangeError('base must be a URL without query and fragment: pass a function that gives the whole URL for a name')
  if (/^[a-z]+:\/\/[^/]*@/i.test(url)) throw new RangeError('base must be a URL without credentials: pass them in headers')
  const folder = url.replace(/\/$/, '')
  return (name) => `${folder}/${name}`
}

/** @throws TypeError */
function textOf(name: string, url: unknown): string {
  const text: unknown = typeof url === 'object' && url !== null && 'href' in url ? url.href : url
  if (typeof text !== 'string') throw new TypeError(`${name} must be a URL`)
  return text
}

/** @throws TypeError, RangeError */
function headersOption(headers: Readonly<Record<string, string>>): Record<string, string> {
  const copy = { ...objectOption('headers', headers) }
  for (const [name, value] of Object.entries(copy)) {
    if (typeof value !== 'string') throw new TypeError(`headers: ${name} must be a string`)
    if (name.toLowerCase() === 'range') throw new RangeError('headers must not have Range, which each request has of its own')
  }
  return copy
}

/** @throws TypeError, RangeError */
function checkStall(seconds: unknown): void {
  if (typeof seconds !== 'number') throw new TypeError('stallTimeout must be a number of seconds')
  if (!(seconds > 0 && seconds <= STALL_MAX)) throw new RangeError(`stallTimeout must be above 0, and at most ${STALL_MAX} seconds`)
}
