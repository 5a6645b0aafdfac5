/** Names what the app uses. */
export interface InstalledRelease {
  /** That of the opened manifest. */
  readonly releaseId: string
  readonly app: string
  readonly version: string
  /** What `lastSequence` of the next call is. */
  readonly sequence: number
  readonly channel?: string
}

/** A file of a release that is there, whole or in part. */
export interface StoredFile {
  readonly path: string
  /** Bytes; -1 for what is no file, such as a symbolic link, or a folder that holds nothing: it must be removed where it isn't wanted. */
  readonly size: number
}

/**
 * Where releases lie. Each has a place of its own by its `releaseId`, 64 hex digits; one of them is installed. Paths have passed
 * the checks of a manifest. Whatever a function throws ends the call that asked, unchanged; but where `read` fails for a file of
 * another release it is fetched, and a release that can't be removed is removed the next time.
 */
export interface ReleaseStorage {
  /** The release that the app uses; `undefined` before the first. */
  readonly installed: () => Promise<InstalledRelease | undefined>
  /**
   * Makes a complete release the one that the app uses: first all that was written of it must outlast a loss of power, then one
   * step that no crash can divide.
   */
  readonly install: (release: InstalledRelease) => Promise<void>
  /** The `releaseId` of each release of which anything is there. */
  readonly releases: () => Promise<readonly string[]>
  /** All that is there of a release, also what a crash has left or somebody has put there. */
  readonly files: (releaseId: string) => Promise<readonly StoredFile[]>
  /** A file from its start to its end. */
  readonly read: (releaseId: string, path: string) => AsyncIterable<Uint8Array>
  /** Puts bytes at a position of a file, at most at its end; makes the file, and its folders, where there is none. The bytes must not be kept. */
  readonly write: (releaseId: string, path: string, bytes: Uint8Array, position: number) => Promise<void>
  /** Removes a file, or all of a release; there may be none. */
  readonly remove: (releaseId: string, path?: string) => Promise<void>
  /** Does work while no other call does work on this storage. Left out: the caller sees to that. */
  readonly exclusive?: <T>(work: () => Promise<T>) => Promise<T>
}
