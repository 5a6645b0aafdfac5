import { EnvelopeError } from '../errors.js'
import { releaseOf, tellRefusal } from '../events.js'
import type { EnvelopeEvent } from '../events.js'
import type { Header } from '../format/header.js'
import type { Policy } from './options.js'

type Teller = Pick<Policy, 'onEvent' | 'now'>
type Refused = Extract<EnvelopeEvent['event'], 'head-refused' | 'bundle-refused' | 'reader-refused'>

/** What `work` gives; a refusal is told before it is thrown. */
export async function orTell<T>(teller: Teller, event: Refused, header: Header | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw told(teller, event, header, error)
  }
}

/** The same for what comes before a head is verified, when nothing is known of its release. */
export function orTellHead<T>(teller: Teller, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw told(teller, 'head-refused', undefined, error)
  }
}

/** Tells of a refusal, and gives it back; a caller who stopped the call was refused nothing. */
export function told({ onEvent, now }: Teller, event: Refused, header: Header | undefined, error: unknown): unknown {
  if (error instanceof EnvelopeError && error.code !== 'aborted') {
    const release = header === undefined ? {} : releaseOf(header)
    tellRefusal(onEvent, { event, time: now, ...release, code: error.code } as EnvelopeEvent)
  }
  return error
}

/** Tells that a payload has passed all of its checks. */
export function tellAccepted(header: Header, { onEvent, now }: Teller): void {
  onEvent({ event: 'bundle-accepted', time: now, ...releaseOf(header) })
}
