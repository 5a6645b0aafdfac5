import { EnvelopeError } from '../index.js'
import { UsageError } from './errors.js'
import type { Pieces } from './input.js'

/** Seconds without a byte from a server after which it is given up. */
const SILENCE = 30

/** Whether it is an address, and no name of a file or folder. */
export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

/** @throws UsageError */
export function addressOf(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (address === undefined) throw new UsageError('an address begins with https:// and a host, and one that is given does not')
  if (address.username !== '' || address.password !== '') throw new UsageError('an address must not hold a user name or password')
  return address
}

/** An address as messages may show it: what is behind the path may be a credential. */
export function shownAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname}`
}

/** The bytes of what lies at an address. */
export async function* fetchedPieces(address: URL, signal?: AbortSignal): Pieces {
  const response = await answerOf(address, signal)
  if (!response.ok) throw fetchFailed(address, `the server has answered ${response.status}`)
  yield* bodyOf(address, response, signal)
}

/** An answer to a request for what must come as it is stored. */
export async function answerOf(address: URL, signal?: AbortSignal): Promise<Response> {
  const silence = new AbortController()
  const signals = [silence.signal, ...(signal === undefined ? [] : [signal])]
  return heard(address, fetch(address, { signal: AbortSignal.any(signals), headers: { 'accept-encoding': 'identity' } })).catch((error: unknown) => {
    silence.abort()
    throw failureOf(address, error, signal)
  })
}

export async function* bodyOf(address: URL, { body }: Response, signal?: AbortSignal): Pieces {
  const reader = (body as ReadableStream<Uint8Array> | null)?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await heard(address, reader.read())
      if (done) return
      yield value
    }
  } catch (error) {
    throw failureOf(address, error, signal)
  } finally {
    // Frees the connection.
    reader.cancel().catch(() => undefined)
  }
}

/** What a server does, if it does it soon. */
async function heard<T>(address: URL, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fetchFailed(address, `the server was silent for ${SILENCE} seconds`)), SILENCE * 1000)
  })
  return Promise.race([work, silent]).finally(() => clearTimeout(timer))
}

function failureOf(address: URL, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  return error instanceof EnvelopeError ? error : fetchFailed(address, causeOf(error))
}

export function fetchFailed(address: URL, why: string): EnvelopeError {
  return new EnvelopeError('fetch-failed', `cannot fetch ${shownAddress(address)}: ${why}`)
}

/** What fetch throws says only that it failed, and may quote the address. */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown }
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? `the connection failed (${code})` : 'the connection failed'
}
