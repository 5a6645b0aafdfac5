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

/** How to come from the files that are there to those of a release. */
export interface ManifestPlan {
  readonly fetch: readonly PlannedObject[]
  /** Bytes to fetch. */
  readonly bytes: number
  /** Paths of files that are there already. */
  readonly keep: readonly string[]
  /** Files that are there under another path. */
  readonly copy: readonly { readonly from: string; readonly to: string }[]
  /** Paths of files that are not in the release. */
  readonly delete: readonly string[]
}

/** Plans by the digests that are said of the files; who acts on it checks the files themselves. */
export function planOf(files: readonly ManifestFile[], have: Iterable<HaveFile>): ManifestPlan {
  const there = new Map<string, string>()
  const places = new Map<string, string>()
  for (const { path, sha256 } of have) {
    there.set(path, sha256.toLowerCase())
    places.set(sha256.toLowerCase(), path)
  }
  const keep: string[] = []
  const copy: { readonly from: string; readonly to: string }[] = []
  const fetch = new Map<string, PlannedObject & { readonly paths: string[] }>()
  for (const { path, sha256, object } of files) {
    const from = places.get(sha256)
    if (there.get(path) === sha256) keep.push(path)
    else if (from !== undefined) copy.push({ from, to: path })
    else if (fetch.get(sha256)?.paths.push(path) === undefined) fetch.set(sha256, { ...object, paths: [path] })
  }
  const wanted = new Set(files.map(({ path }) => path))
  return {
    fetch: [...fetch.values()],
    bytes: [...fetch.values()].reduce((sum, { size }) => sum + size, 0),
    keep,
    copy,
    delete: [...there.keys()].filter((path) => !wanted.has(path)),
  }
}
