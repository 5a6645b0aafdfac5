import { buildBackend } from '#build-backend'
import { eventOption } from '../events.js'
import { DEFAULT_CHUNK_SIZE, chunkSizes } from '../format/geometry.js'
import { metaSize, namePattern, typePattern } from '../format/header.js'
import { LINKS_MAX, META_SIZE_MAX, SEQUENCE_LEAD, SIGNATURES_MAX, TIME_MAX } from '../format/limits.js'
import { isUnicode } from '../text.js'
import {
  backendOption,
  booleanOption,
  callOption,
  integerOption,
  listOption,
  objectOption,
  textOption,
  timeOption,
} from '../options.js'
import { readersOption } from './readers.js'
import type { Backend } from '../crypto/backend.js'
import type { ChunkSize } from '../format/geometry.js'
import type { Claims } from '../format/header.js'
import type { KeyInput } from '../keys/types.js'
import type { Call, CallOptions } from '../options.js'
import type { EventListener, EventOptions } from '../events.js'
import type { ReaderInput, ReaderOption } from './readers.js'
import type { SignerInput } from './signer.js'

/** What the build side calls of a backend. */
export const METHODS: readonly (keyof Backend)[] = ['sha256', 'hmac', 'verify', 'randomBytes', 'gcmSealer', 'wrapKey', 'sign', 'ed25519PublicKey']

/** What a publisher says of a bundle, and with which keys. */
export interface EncryptOptions extends CallOptions, EventOptions {
  /** The publisher's private key (PEM, JWK or extractable `CryptoKey`), a {@link Signer}, or several that all sign. */
  readonly signer: SignerInput | readonly SignerInput[]
  /** Where a signer is a release key: the links by which root keys delegate to it, as `delegate` makes them. */
  readonly chain?: string | readonly string[] | undefined
  /** The public keys of these roots. By default, whoever has one of them can read. */
  readonly roots?: KeyInput | readonly KeyInput[] | undefined
  readonly app: string
  readonly version: string
  /** Must grow with each release of the app. Left out: now, in whole seconds since 1970. */
  readonly sequence?: number | undefined
  /** Lets `sequence` lie more than a day ahead of the clock, above which no normal release will ever come. */
  readonly allowFutureSequence?: boolean | undefined
  readonly channel?: string | undefined
  readonly runtime?: string | undefined
  /** A `Date`, or whole seconds since 1970. */
  readonly expires?: Date | number | undefined
  /** Media type. Left out: `application/octet-stream`. */
  readonly type?: string | undefined
  /** Readable by everyone who has the head. */
  readonly meta?: Readonly<Record<string, string>> | undefined
  /** Who may read: 32-byte secrets shared with them, and their X25519 and P-256 public keys. Left out: whoever holds the public key may. */
  readonly readers?: readonly ReaderInput[] | undefined
  /** Left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: Backend | undefined
  /** 16,384 or 262,144 bytes. Left out: 262,144. */
  readonly chunkSize?: ChunkSize | undefined
}

/** The options, read once and checked. */
export interface Plan extends Call {
  readonly signers: readonly SignerInput[]
  readonly chain: readonly string[]
  readonly roots: readonly KeyInput[]
  readonly onEvent: EventListener
  readonly claims: Claims
  readonly type: string
  /** Empty: the signers' public keys open the envelope. */
  readonly readers: readonly ReaderOption[]
  readonly backend: Backend
  /** Chunks in flight. */
  readonly lanes: number
  readonly chunkSize: ChunkSize
  /** Bytes of the bundle, where they are known before it is read; for the progress alone. */
  readonly size?: number
}

/**
 * Reads a caller's options.
 *
 * @throws TypeError, RangeError
 */
export function readPlan(options: EncryptOptions): Plan {
  const { readers, backend = buildBackend, chunkSize = DEFAULT_CHUNK_SIZE } = objectOption('options', options)
  const { type = 'application/octet-stream' } = options
  const signers = listOption('signer', options.signer)
  if (signers.length > SIGNATURES_MAX) throw new RangeError(`at most ${SIGNATURES_MAX} keys can sign`)
  return {
    signers,
    ...readChain(options),
    onEvent: eventOption(options),
    claims: readClaims(options),
    type: textOption('type', type, typePattern),
    readers: readers === undefined ? [] : readersOption(readers),
    ...backendOption(backend, METHODS),
    chunkSize: readChunkSize(chunkSize),
    ...callOption(options),
  }
}

function readChain({ chain, roots }: EncryptOptions): Pick<Plan, 'chain' | 'roots'> {
  const links = chain === undefined ? [] : listOption('chain', chain)
  if (links.length > LINKS_MAX) throw new RangeError(`chain can hold at most ${LINKS_MAX} links`)
  if (links.some((link) => typeof link !== 'string')) throw new TypeError('chain must be a link, or an array of links, as delegate makes them')
  if ((chain === undefined) !== (roots === undefined)) throw new TypeError('chain and roots belong together: pass the links, and the public keys that signed them')
  return { chain: links.map((link) => link.trim()), roots: roots === undefined ? [] : listOption('roots', roots) }
}

function readClaims({ app, version, sequence, channel, runtime, expires, meta, ...more }: EncryptOptions): Claims {
  const created = timeOption('the clock', new Date(), TIME_MAX)
  return {
    app: textOption('app', app, namePattern),
    version: textOption('version', version, namePattern),
    sequence: sequence === undefined ? created : readSequence(sequence, created, more.allowFutureSequence),
    ...(channel !== undefined && { channel: textOption('channel', channel, namePattern) }),
    ...(runtime !== undefined && { runtime: textOption('runtime', runtime, namePattern) }),
    created,
    ...(expires !== undefined && { expires: timeOption('expires', expires, TIME_MAX) }),
    ...(meta !== undefined && { meta: readMeta(meta) }),
  }
}

function readSequence(value: number, now: number, allowFuture = false): number {
  const sequence = integerOption('sequence', value, Number.MAX_SAFE_INTEGER)
  // R50
  if (sequence > now + SEQUENCE_LEAD && !booleanOption('allowFutureSequence', allowFuture)) {
    throw new RangeError(
      `sequence ${sequence} is more than a day ahead of the clock (${now}): devices would refuse every later release. ` +
        'Give whole seconds, not milliseconds, or set allowFutureSequence too',
    )
  }
  return sequence
}

function readMeta(meta: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.prototype.toString.call(meta) !== '[object Object]') throw new TypeError('meta must be an object of names and strings')
  const entries = Object.entries(meta)
  if (entries.some(([, value]) => typeof value !== 'string')) throw new TypeError('meta must map names to strings')
  if (!entries.flat().every(isUnicode)) throw new RangeError('meta must be Unicode text, without lone surrogates')
  if (metaSize(meta) > META_SIZE_MAX) throw new RangeError(`meta must take at most ${META_SIZE_MAX} bytes of JSON`)
  return Object.fromEntries(entries)
}

function readChunkSize(value: unknown): ChunkSize {
  const known = chunkSizes.find((size) => size === value)
  if (known === undefined) throw new RangeError(`chunkSize must be one of ${chunkSizes.join(', ')}`)
  return known
}
