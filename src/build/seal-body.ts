import { concatBytes, xorBytes } from '../bytes.js'
import { checksumPad, chunkContext, chunkNonce, deriveBodyKeys } from '../crypto/chunked.js'
import { BODY_ALGORITHM } from '../format/header.js'
import { SALT_SIZE } from '../format/limits.js'
import { KEY_SIZE } from '../keys/slots.js'
import { base64urlEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Header } from '../format/header.js'
import type { Plan } from './options.js'

/** An encrypted chunk and its digest, which goes into the index. */
export interface SealedChunk {
  readonly sealed: Bytes
  readonly digest: Bytes
}

/** A body under a session key and a salt that are fresh for it. */
export interface BodySealer {
  /** 32 bytes. */
  readonly sessionKey: Bytes
  /** The first bytes of the body: salt and commitment. */
  readonly prefix: Bytes
  /** Encrypts chunk `i`; each `i` is for one plaintext only. */
  readonly sealChunk: (i: number, plaintext: Bytes) => Promise<SealedChunk>
  /** What the header says, once all is known: the SHA-256 of the bundle, and the parts of the index block. */
  readonly describe: (size: number, checksum: Bytes, ...indexBlock: readonly Bytes[]) => Promise<Pick<Header, 'bundle' | 'body'>>
}

/** Makes ready to encrypt one bundle. */
export async function bodySealer({ backend, chunkSize, type }: Plan): Promise<BodySealer> {
  // R28
  const sessionKey = backend.randomBytes(KEY_SIZE)
  const salt = backend.randomBytes(SALT_SIZE)
  const keys = await deriveBodyKeys(backend, sessionKey, salt, chunkContext(chunkSize))
  const sealer = await backend.gcmSealer(keys.key)
  return {
    sessionKey,
    prefix: concatBytes(salt, keys.commitment),
    sealChunk: async (i, plaintext) => {
      const sealed = await sealer.seal(chunkNonce(keys.baseNonce, i), plaintext)
      return { sealed, digest: await backend.sha256(sealed) }
    },
    describe: async (size, checksum, ...indexBlock) => ({
      bundle: {
        size,
        checksum: base64urlEncode(xorBytes(checksum, await checksumPad(backend, sessionKey, salt))),
        type,
      },
      body: {
        alg: BODY_ALGORITHM,
        chunk: chunkSize,
        salt: base64urlEncode(salt),
        commitment: base64urlEncode(keys.commitment),
        index: base64urlEncode(await backend.sha256(...indexBlock)),
      },
    }),
  }
}
