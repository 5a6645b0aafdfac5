import { decompress } from '#compression'
import { copyBytes, equalBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { base64urlDecode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'
import type { Hasher } from '../crypto/backend.js'
import type { FileEntry } from '../format/manifest.js'

/**
 * The file that an object's plaintext holds, piece by piece: never more than its signed size, and after the last piece its
 * SHA-256 is checked, so that all of it can be believed only once the loop has ended.
 *
 * @throws EnvelopeError `bad-checksum`, `backend-unavailable`; and what `plaintext` throws
 */
export async function* contentOf(file: FileEntry, plaintext: AsyncIterable<Bytes>, hasher: Hasher): AsyncGenerator<Bytes, void, undefined> {
  const { encoding } = file.object
  let size = 0
  for await (const piece of encoding === undefined ? plaintext : decoded(encoding, plaintext)) {
    size += piece.length
    if (size > file.size) throw badFile()
    hasher.update(piece)
    yield piece
  }
  // R78
  if (size !== file.size || !equalBytes(hasher.digest(), base64urlDecode(file.sha256) as Bytes)) throw badFile()
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
