import { EnvelopeError } from '../errors.js'
import { entriesOf, openManifestBy } from '../manifest/open-manifest.js'
import type { Claims } from '../format/header.js'
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
 * @throws EnvelopeError `rollback`, and the other codes of `openManifest`
 */
export async function previousObjects({ previous, encodings, plan }: PublishOptions): Promise<KnownObjects> {
  if (previous === undefined) return new Map()
  // R80
  const opened = await openManifestBy(previous.manifest, previous.policy)
  checkSequence(plan.claims, opened.header)
  const files = [...entriesOf(opened).files.values()]
  const readable = files.filter(({ object: { encoding } }) => encoding === undefined || encodings.includes(encoding))
  return new Map(readable.map((file) => [contentKey(file), file.object]))
}

/** No device that has the previous release would install the new one. */
function checkSequence({ channel, runtime, sequence }: Claims, previous: Claims): void {
  if (channel !== previous.channel || runtime !== previous.runtime || sequence > previous.sequence) return
  throw new EnvelopeError('rollback', `sequence ${sequence} is not above ${previous.sequence}, that of the previous manifest: publish with a higher one`)
}
