import { lstat, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { EnvelopeError } from '../errors.js'
import { pathSet, quotingOther } from '../format/path.js'
import { isFolderThere } from './folder-below.js'
import { byteStreamOf, mapInParallel, openPieces, openPlain, stateOf } from './folder-file.js'
import { isLink, walkFolder } from './folder-walk.js'
import { pathOf } from './input.js'
import { systemCode, withPath } from './system-error.js'
import type { Bytes } from '../bytes.js'
import type { ByteStreamLike } from '../stream/source.js'
import type { FolderFile } from './folder-walk.js'
import type { FileName } from './input.js'

/** A file of a folder, as `createManifest` takes it. */
export interface FolderInput {
  /** Below the folder, in NFC, with forward slashes. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Opens it. */
  readonly stream: () => ByteStreamLike
}

/**
 * The files of a folder and of those in it, for `createManifest`, in the order of their paths. Each is opened when it is read. Mode bits,
 * times and empty folders are not kept.
 *
 * @throws EnvelopeError `bad-path` for symbolic links, for what is neither a file nor a folder, and for a path that some device
 *   can't keep; reading throws `input-changed` where a file changes meanwhile
 * @throws Error of Node with a code such as `EACCES`, and the `path`
 */
export async function folderFiles(folder: FileName): Promise<readonly FolderInput[]> {
  const files = await walkFolder(await realpath(resolve(pathOf(folder))), { refuse: badPath })
  const pathIn = pathSet()
  for (const { path, name } of files) {
    const refused = pathIn(name)
    if (refused !== undefined) throw badPath(`${path} can't be in a release: its path ${quotingOther(refused)}: rename it`)
  }
  return mapInParallel(files, inputOf)
}

async function inputOf({ path, name }: FolderFile): Promise<FolderInput> {
  const { size } = await lstat(path)
  return { path: name, size, stream: () => byteStreamOf(unchanged(path)) }
}

/** A file in pieces, to which nobody may write meanwhile. */
async function* unchanged(path: string): AsyncGenerator<Bytes, void, undefined> {
  const file = await openPlain(path).catch(refuseLink(path))
  try {
    // Another folder, or a link, may have taken the place of this one since it was listed.
    if (!(await isFolderThere(dirname(path)).catch(refuseLink(dirname(path))))) throw changed(path)
    let size = 0
    for await (const piece of openPieces(file)) {
      size += piece.length
      if (size > file.size) throw changed(path)
      yield piece
    }
    const now = stateOf(await withPath(path, file.handle.stat({ bigint: true })))
    if (size < file.size || now !== file.state) throw changed(path)
  } finally {
    await file.handle.close()
  }
}

function badPath(message: string): EnvelopeError {
  return new EnvelopeError('bad-path', message)
}

function changed(path: string): EnvelopeError {
  return new EnvelopeError('input-changed', `${path} was changed while it was read: publish again when nobody writes to it`)
}

/** A link may have taken a file's place since the folder was listed. */
function refuseLink(path: string): (error: unknown) => never {
  return (error) => {
    throw systemCode(error) === 'ELOOP' ? badPath(isLink(path)) : error
  }
}
