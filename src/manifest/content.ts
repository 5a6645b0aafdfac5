import { decompress } from '#compression'
import { copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { base64urlDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'
import type { Hasher } from '../crypto/backend.js'
import type { FileEntry } from '../format/manifest.js'

/** What came before the pieces, and is hashed already. */
export interface Begun {
  readonly hasher: Hasher
  /** Bytes. */
  readonly size: number
}

/**
 * The file that an object's plaintext holds, piece by piece, as {@link checkedContent} gives it.
 *
 * @throws EnvelopeError `bad-checksum`, `backend-unavailable`; and what `plaintext` throws
 */
export function contentOf(file: FileEntry, plaintext: AsyncIterable<Bytes>, begun: Begun): AsyncGenerator<Bytes, void, undefined> {
  const { encoding } = file.object
  return checkedContent(file, encoding === undefined ? plaintext : decoded(encoding, plaintext), begun)
}

/**
 * The pieces of a file: never more than its signed size, and after the last one its SHA-256 is checked, so that all of it can be
 * believed only once the loop has ended.
 *
 * @throws EnvelopeError `bad-checksum`; and what `pieces` throws
 */
export async function* checkedContent(
  { size: signedSize, sha256 }: Pick<FileEntry, 'size' | 'sha256'>, pieces: AsyncIterable<Bytes>, { hasher, size: begun }: Begun,
): AsyncGenerator<Bytes, void, undefined> {
  let size = begun
  for await (const piece of pieces) {
    size += piece.length
    if (size > signedSize) throw badFile()
    hasher.update(piece)
    yield piece
  }
  // R78
  if (size !== signedSize || !equalBytes(hasher.digest(), base64urlDecode(sha256) as Bytes)) throw badFile()
}

export function badFile(): EnvelopeError {
  return new EnvelopeError('bad-checksum', 'a file does not have its signed checksum: the publisher must publish it again')
}

/** What a decoder refuses is not what was signed. */
async function* decoded(encoding: Encoding, plaintext: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, undefined> {
  let failure: { readonly reason: unknown } | undefined
  const watched = async function* (): AsyncGenerator<Bytes, void, undefined> {
    try {
      yield* plaintext
    } catch (reason) {
      failure = { reason }
      throw reason
    }
  }
  try {
    for await (const piece of decompress(encoding, watched())) yield copyBytes(piece)
  } catch (error) {
    if (failure !== undefined) throw failure.reason
    throw error instanceof EnvelopeError ? error : badFile()
  }
}
