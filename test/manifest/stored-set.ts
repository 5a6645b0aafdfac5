import { verifyManifestSet } from '../../src/manifest.js'
import { pattern } from '../envelope/helpers.js'
import { streamOf } from '../stream/streams.js'
import { publisher, release } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { ReadObject, VerifiedManifestSet, VerifyManifestOptions } from '../../src/manifest.js'

export const CHUNK = 16_384
const sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 500]

/** Files of every size at an edge of a chunk. */
export const edgeFiles: Readonly<Record<string, Uint8Array>> = Object.fromEntries(sizes.map((size) => [`files/${size}`, pattern(size, size + 1)]))

/** A release of them, in chunks of 16 KiB. */
export const small: Manifest = await release(edgeFiles)

export type Objects = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

/** A storage that gives bytes. */
export const from = (objects: Objects): ReadObject => (name) => objects.get(name)

/** A storage that gives streams. */
export const streaming = (objects: Objects): ReadObject => (name) => {
  const object = objects.get(name)
  return object && { size: object.length, stream: streamOf(object, [1, 4093]) }
}

/** A server's options, which accept {@link small}. */
export const server = (more: Partial<VerifyManifestOptions> = {}): VerifyManifestOptions => ({ trust: publisher.publicKey, app: 'com.example.app', ...more })

export async function check(manifest: Manifest, readObject: ReadObject, more: Partial<VerifyManifestOptions> = {}): Promise<VerifiedManifestSet> {
  return verifyManifestSet(manifest, manifest.objectList, readObject, server(more))
}
