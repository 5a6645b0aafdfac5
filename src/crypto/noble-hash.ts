import { sha256 } from '@noble/hashes/sha2.js'
import { copyBytes } from '../bytes.js'
import type { Hasher } from './backend.js'

/** A running SHA-256 in pure JavaScript, which is what there is wherever WebCrypto is all of the platform. */
export function nobleHasher(): Hasher {
  const hash = sha256.create()
  return { update: (bytes) => void hash.update(bytes), digest: () => copyBytes(hash.digest()) }
}
