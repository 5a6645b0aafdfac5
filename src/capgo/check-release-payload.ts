import { concatBytes } from '../bytes.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { EnvelopeError } from '../errors.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { checkWholeBlocks } from './cbc.js'
import { endsAsZip, ZIP_END_SIZE } from './check-release-zip.js'
import { decryptSource } from './decrypt.js'
import { beginsAsZip } from './identify.js'
import { drain, PIECE } from './pieces.js'
import type { Bytes } from '../bytes.js'
import type { ByteSource } from '../stream/source.js'
import type { Notes } from './check-release-notes.js'
import type { OpenedChecksum } from './checksum.js'
import type { DecryptPlan } from './options.js'
import type { PieceHash } from './pieces.js'
import type { Session } from './session.js'

/** A payload, and what holds of the fields that belong to it. */
export interface PayloadToCheck {
  readonly source: ByteSource
  /** Bytes; `Infinity` where nobody knows. */
  readonly total: number
  readonly session: Session | undefined
  readonly checksum: OpenedChecksum | undefined
}

/**
 * Reads a payload to its end, or to the first problem that leaves nothing to find behind it. It is decrypted only where session key and checksum
 * both hold: else a report on its padding would decrypt it, by and by, for whoever may upload but has no public key.
 *
 * @returns the hex SHA-256 of the bundle, where it is the signed one
 */
export async function checkPayload(payload: PayloadToCheck, plan: DecryptPlan, problems: Notes): Promise<string | undefined> {
  const { session, checksum, total } = payload
  const read = watched(payload.source)
  const hash = watchedHash(plan.backend.hasher())
  const sha256 = await read.outside(async () =>
    problems.attempt(async () => {
      if (session === undefined || checksum === undefined) return measure(read.source, total, plan)
      const decrypted = await decryptSource(read.source, { session, checksum }, plan, { hash: hash.hash, total })
      await drain(decrypted.pieces, plan, () => undefined)
      return decrypted.sha256
    }),
  )
  if (sha256 !== undefined) {
    if (!hash.isZip()) problems.add({ code: 'not-a-zip', message: NOT_A_ZIP })
  } else if (beginsAsZip(read.start())) {
    problems.add({ code: 'not-encrypted', message: NOT_ENCRYPTED })
  }
  return sha256
}

const NOT_A_ZIP = 'the bundle does not begin and end as a ZIP with files, and devices unzip it: encrypt the whole ZIP'
const NOT_ENCRYPTED = 'the payload is a ZIP that nobody encrypted, and a device with a session key would decrypt it to nonsense: upload the encrypted payload'

/** Of a payload that can't be decrypted, only the length can be judged. */
async function measure(source: ByteSource, total: number, { signal, maxSize, onProgress }: DecryptPlan): Promise<undefined> {
  const pause = makePause()
  let size = 0
  for (let piece = await source.take(PIECE); piece.length > 0; piece = await source.take(PIECE)) {
    checkAborted(signal)
    size += piece.length
    if (size > maxSize + AES_BLOCK) {
      const tooLarge = new EnvelopeError('too-large', `the bundle has more than the ${maxSize} bytes of maxSize`)
      await source.close(tooLarge)
      throw tooLarge
    }
    onProgress({ done: size, total })
    await pause()
  }
  checkWholeBlocks(size)
  return undefined
}

/** A source whose first bytes are remembered, and whose own failures are told from those of what it holds. */
interface Watched {
  readonly source: ByteSource
  readonly start: () => Uint8Array
  /** Throws a failure of the source, whatever the work makes of it. */
  readonly outside: <T>(work: () => Promise<T>) => Promise<T>
}

function watched(source: ByteSource): Watched {
  let start: Uint8Array = new Uint8Array(0)
  let failure: { readonly reason: unknown } | undefined
  const take: ByteSource['take'] = async (length, into) => {
    try {
      const piece = await source.take(length, into)
      if (start.length === 0) start = piece.slice(0, 4)
      return piece
    } catch (reason) {
      failure = { reason }
      throw reason
    }
  }
  return {
    source: { ...source, take },
    start: () => start,
    outside: async (work) => {
      const result = await work()
      if (failure !== undefined) throw failure.reason
      return result
    },
  }
}

/** A hash that remembers how its content begins and ends. */
function watchedHash({ update, digest }: PieceHash): { readonly hash: PieceHash; readonly isZip: () => boolean } {
  let start: Uint8Array = new Uint8Array(0)
  let end: Bytes = new Uint8Array(0)
  let size = 0
  const watch = (piece: Bytes): void => {
    if (size === 0) start = piece.slice(0, 4)
    const tail = piece.subarray(-ZIP_END_SIZE)
    end = concatBytes(end.subarray(Math.max(0, end.length + tail.length - ZIP_END_SIZE)), tail)
    size += piece.length
    update(piece)
  }
  return { hash: { update: watch, digest }, isZip: () => beginsAsZip(start) && endsAsZip(end, size) }
}
