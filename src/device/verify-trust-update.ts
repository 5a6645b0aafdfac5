import { deviceBackend } from '#device-backend'
import { EnvelopeError } from '../errors.js'
import { eventOption, tellRefusal } from '../events.js'
import { SEQUENCE_LEAD, TIME_MAX } from '../format/limits.js'
import { backendOption, integerOption, objectOption, timeOption } from '../options.js'
import { canonicalStore, parseTrustStore } from '../trust/store.js'
import { checkTrustStore, jsonObject, readTrust, trustOption } from '../trust/trust.js'
import { parseTrustUpdate, updateSigners } from '../trust/update.js'
import { TOLERANCE_MAX } from './options.js'
import type { DeviceBackend } from '../crypto/backend.js'
import type { EventListener, EventOptions } from '../events.js'
import type { JsonInput } from '../format/jws.js'
import type { Moment } from '../trust/objections.js'
import type { TrustStore } from '../trust/store.js'
import type { TrustInput, TrustOption } from '../trust/trust.js'
import type { ParsedTrustUpdate } from '../trust/update.js'

/** A signed trust update: JSON text, its UTF-8 bytes, or the parsed object. */
export type TrustUpdateInput = JsonInput

/** What a device has when a trust update comes. */
export interface TrustUpdateOptions extends EventOptions {
  /** Whom it trusts now: what it has kept of the last trust update, else what the app embeds. */
  readonly trust: TrustInput
  /** As for a bundle. */
  readonly now?: Date | number | undefined
  /** Seconds. */
  readonly clockTolerance?: number | undefined
  readonly backend?: DeviceBackend | undefined
}

/** Whom a device is to trust from now on. */
export interface VerifiedTrustUpdate {
  /** To be kept, as JSON, and passed as `trust`. */
  readonly trust: TrustStore
  /** Whether it is another one than before. */
  readonly changed: boolean
  /**
   * Stored sequences above this are to be forgotten, so that one that was published too high locks no device for ever: those that are more
   * than a day ahead of the clock. All others are kept. Where nothing has changed it is the highest sequence there is.
   */
  readonly forgetAbove: number
  /** The kid of each key of the old store that has signed; none where nothing has changed. */
  readonly signers: readonly string[]
}

/** The same options, read once and checked. */
interface Reading extends Moment {
  readonly trust: TrustOption
  readonly backend: DeviceBackend
  readonly tell: EventListener
}

/**
 * Decides whether a trust update may replace the trust store of this device: its epoch must be higher, and as many keys as the old
 * store and as the new one demand must have signed it. The very store that the device has already is not refused, and changes nothing.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`, `rollback`, `threshold-not-met`, `untrusted-key`, `revoked-key`,
 *   `bad-signature`, `out-of-scope`, `expired`, `not-yet-valid`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyTrustUpdate(update: TrustUpdateInput, options: TrustUpdateOptions): Promise<VerifiedTrustUpdate> {
  const reading = readOptions(options)
  const { tell, now } = reading
  const seen: { epoch?: number } = {}
  try {
    const parsed = parseTrustUpdate(update)
    seen.epoch = parsed.store.epoch
    const verified = await judgeUpdate(parsed, reading)
    if (verified.changed) tell({ event: 'trust-updated', time: now, epoch: seen.epoch, signers: verified.signers })
    return verified
  } catch (error) {
    if (error instanceof EnvelopeError) tellRefusal(tell, { event: 'trust-refused', time: now, ...seen, code: error.code })
    throw error
  }
}

function readOptions(options: TrustUpdateOptions): Reading {
  const { now = new Date(), clockTolerance = 0, backend = deviceBackend } = objectOption('options', options)
  return {
    trust: trustOption(options.trust),
    now: timeOption('now', now, TIME_MAX),
    clockTolerance: integerOption('clockTolerance', clockTolerance, TOLERANCE_MAX),
    backend: backendOption(backend, ['sha256', 'verify']).backend,
    tell: eventOption(options),
  }
}

// R89
async function judgeUpdate(parsed: ParsedTrustUpdate, { trust, ...moment }: Reading): Promise<VerifiedTrustUpdate> {
  const old = await readTrust(trust, moment.backend)
  const store = canonicalStore(parsed.store)
  if (isSame(store, trust)) return { trust: store, changed: false, forgetAbove: Number.MAX_SAFE_INTEGER, signers: [] }
  // R65
  if (store.epoch <= old.epoch) {
    throw new EnvelopeError('rollback', `the trust update has epoch ${store.epoch}, which is not above ${old.epoch}, that of the trust store`)
  }
  const signers = await updateSigners(parsed, { ...moment, trust: old }, false)
  await updateSigners(parsed, { ...moment, trust: await checkTrustStore(store, moment.backend) }, true)
  // R70
  return { trust: store, changed: true, forgetAbove: moment.now + SEQUENCE_LEAD, signers: signers.map(({ kid }) => kid) }
}

function isSame(store: TrustStore, trust: TrustOption): boolean {
  return 'store' in trust && JSON.stringify(store) === JSON.stringify(canonicalStore(parseTrustStore(trust.store)))
}

/**
 * The trust store with the highest epoch, of two the first: what an app embeds may be newer than what it has kept. Plain public keys
 * have epoch 0, and `undefined` or `null` counts as none.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`; TypeError where there is none
 */
export function newestTrust(...stores: readonly (TrustInput | null | undefined)[]): TrustInput {
  const found = stores.filter((store) => store !== undefined && store !== null)
  const epochs = found.map(epochOf)
  const newest = found[epochs.indexOf(Math.max(...epochs))]
  if (newest === undefined) throw new TypeError('newestTrust takes at least one public key or trust store')
  return newest
}

function epochOf(trust: TrustInput): number {
  const option = trustOption(trust)
  if ('store' in option) return parseTrustStore(option.store).epoch
  // What is left of a store that was damaged must not pass for a key of epoch 0, beside which any other store is newer.
  if (option.keys.every(mayBeKey)) return 0
  throw new EnvelopeError('bad-trust-store', 'this is neither a trust store nor a public key: if it was kept on this device, use the embedded one')
}

function mayBeKey(key: unknown): boolean {
  if (typeof key === 'string') return key.includes('-----BEGIN ') || mayBeKey(jsonObject(key))
  return typeof key === 'object' && key !== null && ('kty' in key || 'algorithm' in key)
}
