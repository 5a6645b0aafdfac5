import { deviceBackend } from '#device-backend'
import { eventOption } from '../events.js'
import { namePattern, typePattern } from '../format/header.js'
import { TIME_MAX } from '../format/limits.js'
import {
  backendOption,
  booleanOption,
  callOption,
  integerOption,
  objectOption,
  textOption,
  timeOption,
} from '../options.js'
import { trustOption } from '../trust/trust.js'
import { readerOption } from './readers.js'
import type { DeviceBackend, Hasher, HashingDeviceBackend } from '../crypto/backend.js'
import type { EventListener, EventOptions } from '../events.js'
import type { Call, CallOptions } from '../options.js'
import type { TrustInput, TrustOption } from '../trust/trust.js'
import type { DeviceReader, DeviceReaderOption } from './readers.js'

/** The most that a clock may be wrong: seconds of a week. */
export const TOLERANCE_MAX: number = 604_800

const METHODS = ['sha256', 'hmac', 'gcmOpener', 'unwrapKey', 'verify'] as const

/** What a device trusts and accepts. `null` says, visibly, that the caller wants no check. */
export interface DeviceOptions extends CallOptions, EventOptions {
  /** The publisher's public key, or several of which one must have signed: PEM, JWK or `CryptoKey`. Or a trust store: JSON text, or its object. */
  readonly trust: TrustInput
  readonly app: string | null
  /** A header without a channel matches only `null`. */
  readonly channel: string | null
  /** The sequence of the release that is installed; an update must be above it. */
  readonly lastSequence: number | null
  /** Left out: any runtime. */
  readonly runtime?: string | undefined
  /** Media type. Left out: any type. */
  readonly type?: string | undefined
  /** Most bytes of bundle that are accepted. */
  readonly maxSize?: number | undefined
  /** The time that `expires` and the validity of keys are held against: a `Date`, or whole seconds since 1970. Left out: the clock. */
  readonly now?: Date | number | undefined
  /** Seconds by which that time may be wrong, in both directions; at most a week. Left out: 0. */
  readonly clockTolerance?: number | undefined
  /** A 32-byte secret shared with the publisher, an X25519 or P-256 private key, or a list of them. Left out: the trusted key itself opens the envelope. */
  readonly reader?: DeviceReader | undefined
  /** Left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: DeviceBackend | undefined
  /**
   * Whether the checksum of the whole bundle is checked as well; the signed digests of its chunks always are. Left out:
   * `true` where the whole bundle is returned, `false` in a stream, for which WebCrypto has no running hash.
   */
  readonly checksum?: boolean | undefined
}

/** The options, read once and checked. */
export interface Policy extends Call {
  readonly trust: TrustOption
  readonly app: string | null
  readonly channel: string | null
  readonly lastSequence: number | null
  readonly runtime: string | null
  readonly type: string | null
  /** Bytes. */
  readonly maxSize: number
  /** Whole seconds since 1970. */
  readonly now: number
  readonly clockTolerance: number
  readonly onEvent: EventListener
  readonly reader: DeviceReaderOption | undefined
  readonly backend: DeviceBackend
  /** Chunks in flight. */
  readonly lanes: number
  /** The backend's running SHA-256, or one from elsewhere. */
  readonly hasher: (() => Hasher) | undefined
  readonly checksum: boolean
  /** Not set where an old release is read by its publisher: a device refuses what is expired or older than its built-in one. */
  readonly freshness: boolean
}

/** The claims that a device must name, or refuse to check. */
export type RequiredClaim = 'app' | 'channel' | 'lastSequence'

/** What an option is where it is left out; a required claim that has no default must be given. */
export type PolicyDefaults = { readonly [name in RequiredClaim]?: null } & {
  readonly checksum?: boolean
  readonly hasher?: () => Hasher
}

/**
 * Reads a caller's options.
 *
 * @throws TypeError, RangeError
 */
export function readPolicy(options: Omit<DeviceOptions, RequiredClaim> & Partial<DeviceOptions>, defaults: PolicyDefaults = {}): Policy {
  const { runtime, type, reader } = objectOption('options', options)
  const { app = defaults.app, channel = defaults.channel, lastSequence = defaults.lastSequence } = options
  const { maxSize = Number.MAX_SAFE_INTEGER, now = new Date(), backend = deviceBackend } = options
  const { checksum = defaults.checksum ?? true, clockTolerance = 0 } = options
  return {
    trust: trustOption(options.trust),
    app: required('app', app, (value) => textOption('app', value, namePattern)),
    channel: required('channel', channel, (value) => textOption('channel', value, namePattern)),
    lastSequence: required('lastSequence', lastSequence, (value) =>
      integerOption('lastSequence', value, Number.MAX_SAFE_INTEGER),
    ),
    runtime: runtime === undefined ? null : textOption('runtime', runtime, namePattern),
    type: type === undefined ? null : textOption('type', type, typePattern),
    maxSize: integerOption('maxSize', maxSize, Number.MAX_SAFE_INTEGER),
    now: timeOption('now', now, TIME_MAX),
    clockTolerance: integerOption('clockTolerance', clockTolerance, TOLERANCE_MAX),
    onEvent: eventOption(options),
    reader: reader === undefined ? undefined : readerOption(reader),
    ...backendOption(backend, METHODS),
    hasher: typeof backend.hasher === 'function' ? () => (backend as HashingDeviceBackend).hasher() : defaults.hasher,
    ...callOption(options),
    checksum: booleanOption('checksum', checksum),
    freshness: true,
  }
}

function required<T>(name: string, value: unknown, read: (value: unknown) => T): T | null {
  if (value === undefined) throw new TypeError(`${name} is missing: name what this device accepts, or pass null for no check`)
  return value === null ? null : read(value)
}
