import { EnvelopeError } from '../index.js'
import { UsageError } from './errors.js'
import type { Pieces } from './input.js'

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
  return fetch(address, { signal: signal ?? null, headers: { 'accept-encoding': 'identity' } }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw fetchFailed(address, causeOf(error))
  })
}

export async function* bodyOf(address: URL, { body }: Response, signal?: AbortSignal): Pieces {
  if (body === null) return
  try {
    yield* body as unknown as AsyncIterable<Uint8Array>
  } catch (error) {
    signal?.throwIfAborted()
    throw fetchFailed(address, causeOf(error))
  }
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
