import { manifestBackend } from '#manifest-backend'
import { readPolicy } from '../device/options.js'
import { MANIFEST_SIZE_MAX } from '../format/limits.js'
import { MANIFEST_TYPE } from '../format/manifest.js'
import type { Hasher } from '../crypto/backend.js'
import type { DeviceOptions, Policy } from '../device/options.js'

/** As for a bundle; `maxSize` are the most bytes that the files of a release may have together. */
export type OpenManifestOptions = Omit<DeviceOptions, 'type' | 'checksum' | 'onProgress'>

/** The options, read once and checked. */
export interface ManifestPolicy extends Policy {
  /** There is always one: the platform's, or one in pure JavaScript. */
  readonly hasher: () => Hasher
  /** Bytes of all files together. */
  readonly releaseSize: number
}

/**
 * Reads a caller's options.
 *
 * @throws TypeError, RangeError
 */
export function readManifestPolicy(options: OpenManifestOptions): ManifestPolicy {
  const hasher = (): Hasher => manifestBackend.hasher()
  const policy = readPolicy({ backend: manifestBackend, ...options }, { hasher })
  return { ...policy, hasher: policy.hasher ?? hasher, type: MANIFEST_TYPE, releaseSize: policy.maxSize, maxSize: MANIFEST_SIZE_MAX, checksum: true }
}
