import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, createBrotliDecompress, createGunzip, gzip } from 'node:zlib'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** All of `bytes`, as small as it gets. */
export async function compress(encoding: Encoding, bytes: Bytes): Promise<Uint8Array> {
  if (encoding === 'gzip') return zip(bytes, { level: constants.Z_BEST_COMPRESSION })
  return brotli(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
}

/** Decodes pieces while they come, of which none may be left over. Leaving the loop ends theirs. */
export async function* decompress(encoding: Encoding, pieces: AsyncIterable<Bytes>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = encoding === 'gzip' ? createGunzip() : createBrotliDecompress()
  let given = 0
  const counted = async function* (): AsyncGenerator<Bytes, void, undefined> {
    for await (const piece of pieces) {
      given += piece.length
      yield piece
    }
  }
  const fed = pipeline(counted(), decoder)
  // Its failure is the decoder's as well.
  fed.catch(() => undefined)
  yield* decoder
  await fed
  // The platform passes over what follows the end, which browsers refuse.
  if (decoder.bytesWritten !== given) throw new RangeError('something follows the compressed file')
}
