import type { ErrorCode } from './errors.js'

/**
 * What every record has.
 *
 * @inline
 */
interface Recorded {
  /** Whole seconds since 1970, by the clock or the `now` of the call. */
  readonly time: number
}

/**
 * Of a release, as its header says; in a refusal nobody vouches for it.
 *
 * @inline
 */
interface Release {
  readonly app: string
  readonly version: string
  readonly sequence: number
  readonly channel?: string
}

/**
 * Why something was refused.
 *
 * @inline
 */
interface Refusal {
  readonly code: ErrorCode
}

/**
 * A record for audit logs, of each use and refusal of a key: serialisable as JSON, without key material and without anything of a
 * bundle. `kid` is the SHA-256 JWK thumbprint (RFC 7638) of the key concerned; `root` that of the trust-store key that it
 * counted for, or whose link names it.
 */
export type EnvelopeEvent =
  /** A private key signed a head. */
  | (Recorded & Release & { readonly event: 'head-signed'; readonly kid: string })
  /** A private key signed a link for `delegate`. */
  | (Recorded & { readonly event: 'link-signed'; readonly kid: string; readonly delegate: string })
  /** A private key signed a trust update. */
  | (Recorded & { readonly event: 'trust-signed'; readonly kid: string; readonly epoch: number })
  /** Slots were added to a head for the readers `kids`. */
  | (Recorded & Release & { readonly event: 'readers-added'; readonly kids: readonly string[] })
  /** A signature counts, for the trust-store key `root`. */
  | (Recorded & Release & { readonly event: 'signature-counted'; readonly kid: string; readonly root: string })
  /** A signature doesn't count; whether the head is refused for it, the next record tells. */
  | (Recorded & Release & Refusal & { readonly event: 'signature-refused'; readonly kid: string; readonly root?: string })
  /** Enough signatures count and the claims are accepted; `signers` are trust-store keys. */
  | (Recorded & Release & { readonly event: 'head-verified'; readonly signers: readonly string[] })
  /** A head is refused; where its form is broken nothing is known of the release. */
  | (Recorded & Partial<Release> & Refusal & { readonly event: 'head-refused' })
  /** A reader key opened the slot that fits. */
  | (Recorded & Release & { readonly event: 'reader-used'; readonly kid: string })
  /** No slot fits. */
  | (Recorded & Release & Refusal & { readonly event: 'reader-refused' })
  /** A bundle has passed all of its checks. */
  | (Recorded & Release & { readonly event: 'bundle-accepted' })
  /** A payload, or a chunk of it, is refused. */
  | (Recorded & Release & Refusal & { readonly event: 'bundle-refused' })
  /** What was fetched as the object `object` of a release, or found on the disk, isn't what was signed; it will be fetched again, or the call says so. */
  | (Recorded & Release & Refusal & { readonly event: 'object-refused'; readonly object: string })
  /** An object could not be fetched to its end; it will be tried again, or the call fails. */
  | (Recorded & Release & { readonly event: 'fetch-interrupted'; readonly object: string })
  /** All files of a release are there, and it is what the app uses now. */
  | (Recorded & Release & { readonly event: 'release-installed' })
  /** A signed trust update replaces a trust store. */
  | (Recorded & { readonly event: 'trust-updated'; readonly epoch: number; readonly signers: readonly string[] })
  /** A trust update is refused. */
  | (Recorded & Refusal & { readonly event: 'trust-refused'; readonly epoch?: number })

/** What takes the records, one after the other. What it throws ends a call that would succeed, so that nothing goes unrecorded. */
export type EventListener = (event: EnvelopeEvent) => void

/** What every call takes that uses a key. */
export interface EventOptions {
  /** Called with each record of a use or a refusal of a key. */
  readonly onEvent?: EventListener | undefined
}

/** @throws TypeError */
export function eventOption({ onEvent }: EventOptions): EventListener {
  if (onEvent !== undefined && typeof onEvent !== 'function') throw new TypeError('onEvent must be a function')
  return onEvent === undefined ? () => undefined : (event) => onEvent(frozen(event))
}

/** Nobody who is told can change what others are told, or what the call gives. */
function frozen(event: EnvelopeEvent): EnvelopeEvent {
  for (const value of Object.values(event)) Object.freeze(value)
  return Object.freeze(event)
}

/** Tells of a refusal: what the listener throws must not hide why. */
export function tellRefusal(tell: EventListener, event: EnvelopeEvent): void {
  try {
    tell(event)
  } catch {
    // The refusal itself is thrown by whoever tells of it.
  }
}

/** What a header says of its release, as records have it. */
export function releaseOf({ app, version, sequence, channel }: Release): Release {
  return { app, version, sequence, ...(channel !== undefined && { channel }) }
}
