import { readPlan } from '../build/options.js'
import { encodings } from '../compression.js'
import { metaSize } from '../format/header.js'
import { META_SIZE_MAX } from '../format/limits.js'
import { MANIFEST_TYPE } from '../format/manifest.js'
import { OBJECTS_META } from '../format/object-list.js'
import { readManifestPolicy } from '../manifest/policy.js'
import { backendOption, listOption, objectOption } from '../options.js'
import type { EncryptOptions, Plan } from '../build/options.js'
import type { Encoding } from '../compression.js'
import type { EnvelopeInput } from '../device/verify-and-decrypt.js'
import type { DeviceReader } from '../device/readers.js'
import type { Claims } from '../format/header.js'
import type { ManifestPolicy } from '../manifest/policy.js'
import type { TrustInput } from '../trust/trust.js'
import type { ObjectStore } from './object-store.js'

/** The release before, whose objects are used again. */
export interface PreviousManifest {
  readonly manifest: EnvelopeInput
  /** The publisher's public key or trust store, as it is today: nothing is taken from a release whose signature no longer counts. */
  readonly trust: TrustInput
  /** What opens the previous manifest, where it was published for named readers: the publisher must be one of them. */
  readonly reader?: DeviceReader | undefined
}

/** What a publisher says of a release of many files. */
export interface CreateManifestOptions extends Omit<EncryptOptions, 'type'> {
  /** Left out: all objects are new. */
  readonly previous?: PreviousManifest | undefined
  /**
   * How files may be compressed before they are encrypted, by which each device must be able to read them. Of these the smallest is taken for
   * each file, where it saves at least a sixteenth. Left out: files go as they are.
   */
  readonly compress?: Encoding | readonly Encoding[] | undefined
  /** Where new objects go. Left out: they are part of the result, in memory. */
  readonly store?: ObjectStore | undefined
}

/** The options, read once and checked. */
export interface PublishOptions {
  /** Those of any envelope. */
  readonly plan: Plan
  readonly previous: PreviousOption | undefined
  readonly encodings: readonly Encoding[]
  readonly store: ObjectStore | undefined
}

/** A previous manifest, and how it is opened. */
export interface PreviousOption {
  readonly manifest: EnvelopeInput
  readonly policy: ManifestPolicy
}

/** @throws TypeError, RangeError; EnvelopeError `bad-trust-store` */
export function publishOptions(options: CreateManifestOptions): PublishOptions {
  const { previous, compress, store, type } = objectOption('options', options) as CreateManifestOptions & { readonly type?: unknown }
  if (type !== undefined) throw new TypeError('a manifest has a type of its own: leave type out')
  if (store !== undefined && typeof objectOption('store', store).create !== 'function') throw new TypeError('store must have the method create')
  const plan = { ...readPlan(options), type: MANIFEST_TYPE }
  backendOption(plan.backend, ['hasher'])
  checkMeta(plan.claims)
  return {
    plan,
    previous: previous === undefined ? undefined : previousOption(previous, plan),
    encodings: compress === undefined ? [] : listOption('compress', compress).map(encodingOption),
    store,
  }
}

/** There must be room for the digest of the object list, whatever it is. */
function checkMeta({ meta }: Claims): void {
  if (meta === undefined) return
  if (Object.hasOwn(meta, OBJECTS_META)) throw new RangeError(`meta must not have ${OBJECTS_META}, which is the manifest's own`)
  const excess = metaSize(withObjects(meta, '-'.repeat(43))) - META_SIZE_MAX
  if (excess > 0) throw new RangeError(`meta takes ${excess} bytes too many beside ${OBJECTS_META}, which a manifest adds to it`)
}

/** A publisher's own data, and the digest of the object list. */ // R79
export function withObjects(meta: Claims['meta'], digest: string): Readonly<Record<string, string>> {
  return { ...meta, [OBJECTS_META]: digest }
}

/** R80: it must be of the same app; the channel may be another where its signatures count for both, and any sequence will do for reading it. */
function previousOption(previous: PreviousManifest, { claims: { app }, backend, signal, onEvent }: Plan): PreviousOption {
  const { manifest, trust, reader } = objectOption('previous', previous)
  const policy = readManifestPolicy({ trust, reader, app, channel: null, lastSequence: null, backend, signal, onEvent })
  return { manifest, policy: { ...policy, freshness: false } }
}

function encodingOption(value: unknown): Encoding {
  const known = encodings.find((encoding) => encoding === value)
  if (known === undefined) throw new RangeError(`compress must be one of ${encodings.join(', ')}, or several of them`)
  return known
}
