import { entriesOf, openManifestBy } from '../manifest/open-manifest.js'
import { readManifestPolicy } from '../manifest/policy.js'
import type { Plan } from '../build/options.js'
import type { FileEntry, ObjectEntry } from '../format/manifest.js'
import type { PublishOptions } from './options.js'

/** Objects by what they hold: see {@link contentKey}. */
export type KnownObjects = ReadonlyMap<string, ObjectEntry>

/** A file's content, as manifests name it. */
export function contentKey({ size, sha256 }: Pick<FileEntry, 'size' | 'sha256'>): string {
  return `${size} ${sha256}`
}

/**
 * The objects of the release before: only of the same app, and of one whose signatures count today. That it has expired, or is
 * older than a trust store's built-in release, is no reason to encrypt its files anew; that devices can't decode one is.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 */
export async function previousObjects({ previous, encodings }: PublishOptions, { claims, backend, signal, onEvent }: Plan): Promise<KnownObjects> {
  if (previous === undefined) return new Map()
  const { manifest, trust, reader } = previous
  const { app } = claims
  // R80
  const policy = readManifestPolicy({ trust, reader, app, channel: null, lastSequence: null, backend, signal, onEvent })
  const { files } = entriesOf(await openManifestBy(manifest, { ...policy, freshness: false }))
  const readable = [...files.values()].filter(({ object: { encoding } }) => encoding === undefined || encodings.includes(encoding))
  return new Map(readable.map((file) => [contentKey(file), file.object]))
}
