import { EnvelopeError } from '../errors.js'
import type { ByteStreamLike } from '../stream/source.js'
import type { ObjectRequest } from './fetcher.js'

/** The part of the platform's `Response` that is used. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: {
    /** A header by its name, in any case; `null` where there is none. */
    get(name: string): string | null
  }
  readonly body?: ByteStreamLike | null
}

/** Of these statuses another request may change something; of all others from 400 to 499 it does not. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

const HINTS: Readonly<Record<number, string>> = {
  401: 'the server asks for other credentials',
  403: 'the server does not allow it: has the access expired?',
  404: 'it is not there: upload the objects before the manifest',
  410: 'it is gone: keep the objects of all releases that devices may still install',
  416: 'it is shorter there than when it was published: upload it again',
}

/**
 * How many bytes of an answer's body come before those that were asked for.
 *
 * @throws EnvelopeError `fetch-failed` where asking again is of no use
 * @throws Error, perhaps with `retryAfter`, where it may be
 */
export function bytesBefore({ status, headers }: HttpAnswer, { name, size, range }: ObjectRequest): number {
  if (status === 200) return range.start
  if (status === 206) {
    checkRange(headers, range.start, size)
    return 0
  }
  const message = `the server answered ${status} for the object ${name}`
  if (status >= 400 && status < 500 && !PASSING.has(status)) {
    throw new EnvelopeError('fetch-failed', `${message}: ${HINTS[status] ?? 'it will not give it'}`)
  }
  const retryAfter = secondsUntil(headers.get('retry-after'))
  throw Object.assign(new Error(message), retryAfter !== undefined && { retryAfter })
}

/**
 * A page is not shown these headers of another origin's answer unless that exposes them: what can't be seen is left to the digests of
 * the chunks.
 */
function checkRange(headers: HttpAnswer['headers'], start: number, size: number): void {
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') throw new Error(`the server gave a range of the object in its encoding ${encoding}: objects must not be compressed on their way`)
  const given = headers.get('content-range')
  if (given === null) return
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(given) ?? []
  if (Number(from) !== start) throw new Error('the server gave another range than it was asked for')
  if (total !== '*' && Number(total) !== size) throw new Error(`the server has ${total} bytes of an object of ${size}`)
}

/** From `Retry-After`: seconds, or a date. */
function secondsUntil(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
