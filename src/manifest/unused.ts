import { objectName } from '../format/manifest.js'
import { objectListBytes, objectNamePattern, parseObjectList } from '../format/object-list.js'
import { entriesOf } from './open-manifest.js'
import type { OpenedManifest } from './open-manifest.js'

/** What says which objects a release uses: the release, opened by its publisher, or its object list. */
export type UsedObjects = OpenedManifest | string | Uint8Array

/**
 * The names of stored objects that none of these releases uses, for a server that wants to delete them. What is stored under another name than an
 * object's (64 hex digits, lower-case, no folder before them) is never among the result. A release that cannot be read ends
 * the call, so that nothing is deleted for a mistake in what is kept.
 *
 * `stored` is read first, then `used`. An object is uploaded before its manifest, so give the object lists of releases that are still being
 * uploaded as well, or spare what is younger than an upload takes. A release that is not given here must not be anybody's
 * `previous` any more: a new one would use objects that are gone. An object list says what its publisher signed only where `verifyManifestSet`
 * has checked it; that it has all objects of the release, whoever opens the manifest finds out.
 *
 * @throws EnvelopeError `bad-manifest` for what is no object list
 * @throws TypeError for what is no opened manifest; RangeError where there is no release at all, and so all would be unused
 */
export async function unusedObjects(
  stored: Iterable<string> | AsyncIterable<string>, used: Iterable<UsedObjects> | AsyncIterable<UsedObjects>,
): Promise<readonly string[]> {
  const unused = new Set<string>()
  for await (const name of stored) {
    if (typeof name === 'string' && objectNamePattern.test(name)) unused.add(name)
  }
  let releases = 0
  for await (const release of used) {
    for (const name of namesOf(release)) unused.delete(name)
    releases++
  }
  if (releases === 0) throw new RangeError('used must have the releases that are kept: without any, all objects would be unused')
  return [...unused]
}

function namesOf(release: UsedObjects): Iterable<string> {
  if (typeof release === 'string' || ArrayBuffer.isView(release)) return parseObjectList(objectListBytes(release))
  return Array.from(entriesOf(release).files.values(), ({ object }) => objectName(object))
}
