import { concatParts } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { namePattern } from '../format/header.js'
import { integerUpTo, matching, parseExactJson, readObject } from '../json.js'
import { integerOption, objectOption, textOption } from '../options.js'
import { openPlain, piecesOf } from './folder-file.js'
import { systemCode } from './system-error.js'
import { writeWhole } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { InstalledRelease } from '../manifest/storage.js'

/** Hex. */
export const releaseIdPattern: RegExp = /^[0-9a-f]{64}$/

/** Bytes; a record takes far fewer. */
const SIZE_MAX = 4096

const name = matching(namePattern)

/** What keeps a file from being the record, by the system's codes. */
const NO_RECORD = new Set(['ELOOP', 'EISDIR', 'EINVAL', 'ENXIO'])

/**
 * Reads the record of the installed release; `undefined` where there is none.
 *
 * @throws EnvelopeError `bad-storage`: taking a broken record for none would let an older release be installed
 */
export async function readCurrent(path: string): Promise<InstalledRelease | undefined> {
  const bytes = await bytesOf(path)
  if (bytes === undefined) return undefined
  try {
    return readObject(
      parseExactJson(bytes, 'it'),
      'it',
      { releaseId: matching(releaseIdPattern), app: name, version: name, sequence: integerUpTo(Number.MAX_SAFE_INTEGER) },
      { channel: name },
    )
  } catch (error) {
    throw error instanceof EnvelopeError ? badRecord(path, error.message) : error
  }
}

async function bytesOf(path: string): Promise<Bytes | undefined> {
  try {
    const pieces: Bytes[] = []
    for await (const piece of piecesOf(await openPlain(path), 0, SIZE_MAX)) pieces.push(piece)
    return concatParts(pieces)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return undefined
    throw NO_RECORD.has(code ?? '') ? badRecord(path, 'it is no plain file') : error
  }
}

function badRecord(path: string, why: string): EnvelopeError {
  const advice = 'put a good copy in its place; where there is none, remove it, and what is published next is installed, also where it is older'
  return new EnvelopeError('bad-storage', `${path} does not say which release is installed (${why}): ${advice}`)
}

/**
 * Writes the record in one step, and down to the disk.
 *
 * @throws TypeError, RangeError; Error of Node, whose `path` is the record's
 */
export async function writeCurrent(path: string, release: InstalledRelease): Promise<void> {
  const { releaseId, app, version, sequence, channel } = objectOption('release', release)
  const record: InstalledRelease = {
    releaseId: textOption('releaseId', releaseId, releaseIdPattern),
    app: textOption('app', app, namePattern),
    version: textOption('version', version, namePattern),
    sequence: integerOption('sequence', sequence, Number.MAX_SAFE_INTEGER),
    ...(channel !== undefined && { channel: textOption('channel', channel, namePattern) }),
  }
  await writeWhole(path, { overwrite: true }, async ({ write }) => write(Buffer.from(JSON.stringify(record))))
}
