import { join, resolve } from 'node:path'
import { EnvelopeError } from '../errors.js'
import { objectNamePattern } from '../format/object-list.js'
import { checkAborted, textOption } from '../options.js'
import { byteStreamOf, openPlain, piecesOf } from './folder-file.js'
import { pathOf } from './input.js'
import { systemCode } from './system-error.js'
import type { FetchObject } from '../manifest/fetcher.js'
import type { FileName } from './input.js'

/** No pause makes a file of it. */
const FINAL = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EINVAL', 'ENXIO'])

/**
 * Reads objects from a folder, such as that of `folderObjects` or a copy of it.
 *
 * @throws what the returned function throws: EnvelopeError `fetch-failed` where there is no such object, `aborted`; Error of Node with a
 *   code such as `EIO`, and the `path`
 */
export function folderFetcher(folder: FileName): FetchObject {
  const place = resolve(pathOf(folder))
  return async ({ name, range, signal }) => {
    checkAborted(signal)
    const path = join(place, textOption('name', name, objectNamePattern))
    const file = await openPlain(path).catch((error: unknown) => {
      if (!FINAL.has(systemCode(error) ?? '')) throw error
      throw new EnvelopeError('fetch-failed', `there is no object ${path}: copy it there`, { cause: error })
    })
    return byteStreamOf(piecesOf(file, range.start, range.end), async () => file.handle.close())
  }
}
