import { encodings } from '../compression.js'
import { MANIFEST_TYPE } from '../format/manifest.js'
import { OBJECTS_META } from '../format/object-list.js'
import { listOption, objectOption } from '../options.js'
import type { EncryptOptions } from '../build/options.js'
import type { Encoding } from '../compression.js'
import type { EnvelopeInput } from '../device/verify-and-decrypt.js'
import type { DeviceReader } from '../device/readers.js'
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

/** The options, as far as they are not those of any envelope. */
export interface PublishOptions {
  readonly previous: PreviousManifest | undefined
  readonly encodings: readonly Encoding[]
  readonly store: ObjectStore | undefined
  /** The others, and a place for the digest of the object list. */
  readonly encrypt: EncryptOptions
}

/** @throws TypeError, RangeError */
export function publishOptions(options: CreateManifestOptions): PublishOptions {
  const { previous, compress, store, meta, ...encrypt } = objectOption('options', options)
  if ('type' in encrypt) throw new TypeError('a manifest has a type of its own: leave type out')
  if (meta !== undefined && OBJECTS_META in objectOption('meta', meta)) throw new RangeError(`meta must not have ${OBJECTS_META}, which is the manifest's own`)
  if (previous !== undefined) objectOption('previous', previous)
  if (store !== undefined && typeof objectOption('store', store).create !== 'function') throw new TypeError('store must have the method create')
  return {
    previous,
    store,
    encodings: compress === undefined ? [] : listOption('compress', compress).map(encodingOption),
    encrypt: { ...encrypt, type: MANIFEST_TYPE, meta: { ...meta, [OBJECTS_META]: '-'.repeat(43) } },
  }
}

function encodingOption(value: unknown): Encoding {
  const known = encodings.find((encoding) => encoding === value)
  if (known === undefined) throw new RangeError(`compress must be one of ${encodings.join(', ')}, or several of them`)
  return known
}
