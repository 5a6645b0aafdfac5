import { contentKey } from '../format/manifest.js'
import type { ManifestFile, ManifestObject } from './open-manifest.js'

/** A file that is there already. */
export interface HaveFile {
  readonly path: string
  /** Hex SHA-256. */
  readonly sha256: string
}

/** An object to fetch, and the files that it is for: more than one where they are the same. */
export interface PlannedObject extends ManifestObject {
  readonly paths: readonly string[]
}

/** A file that is there under one path and wanted under another. */
export interface PlannedCopy {
  /** Where it lies before anything is changed, so that two files can change places: copy into another folder. */
  readonly from: string
  readonly to: string
}

/** How to come from the files that are there to those of a release. */
export interface ManifestPlan {
  readonly fetch: readonly PlannedObject[]
  /** Bytes to fetch. */
  readonly bytes: number
  /** Paths of files that are there already. */
  readonly keep: readonly string[]
  readonly copy: readonly PlannedCopy[]
  /** Paths of files that are not in the release. */
  readonly delete: readonly string[]
}

/** Plans by the digests that are said of the files; who acts on it checks the files themselves. */
export function planOf(files: readonly ManifestFile[], have: Iterable<HaveFile>): ManifestPlan {
  const there = new Map(Array.from(have, ({ path, sha256 }) => [path, sha256.toLowerCase()]))
  const places = new Map(Array.from(there, ([path, sha256]) => [sha256, path]))
  const keep: string[] = []
  const copy: PlannedCopy[] = []
  const fetch = new Map<string, PlannedObject & { readonly paths: string[] }>()
  for (const { path, size, sha256, object } of files) {
    const from = places.get(sha256)
    const content = contentKey({ size, sha256 })
    if (there.get(path) === sha256) keep.push(path)
    else if (from !== undefined) copy.push({ from, to: path })
    else if (fetch.get(content)?.paths.push(path) === undefined) fetch.set(content, { ...object, paths: [path] })
  }
  const wanted = new Set(files.map(({ path }) => path))
  const objects = [...fetch.values()]
  return {
    fetch: objects,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    keep,
    copy,
    delete: [...there.keys()].filter((path) => !wanted.has(path)),
  }
}
