import { memoryStorage } from '../../src/manifest.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { apply, serverOf } from './applying.js'
import { opened, publisher, release } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { MemoryStorage, OpenedManifest } from '../../src/manifest.js'
import type { Files } from './helpers.js'

/** A release, and the one after it. */
export const old: Files = { kept: pattern(CHUNK + 9, 1), changed: 'old', gone: 'gone' }
export const next: Files = { kept: pattern(CHUNK + 9, 1), changed: pattern(2 * CHUNK + 9, 2), 'new/empty': '', copy: pattern(CHUNK + 9, 1), text: 'text '.repeat(9000) }

export const one: Manifest = await release(old)
export const two: Manifest = await release(next, { sequence: 1001, compress: 'gzip', previous: { manifest: one, trust: publisher.publicKey } })

/** A device with `old`, and the manifest of `next`. */
export async function device(): Promise<MemoryStorage> {
  const storage = memoryStorage()
  await apply(await opened(one), storage, serverOf([one]))
  return storage
}

export async function opensTo(manifest: Manifest): Promise<OpenedManifest> {
  return opened(manifest, { lastSequence: 1000 })
}
