import { copyBytes, equalBytes } from '../../src/bytes.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend } from '../../src/crypto/backend.js'

/** A session key slot has 32 bytes of ciphertext; no chunk of these tests has. */
const SLOT = 32

export interface Spied {
  readonly backend: Backend
  /** The ciphertext of every chunk that was given to the cipher, in that order. */
  readonly opened: readonly Bytes[]
  /** Digests that were made. */
  readonly hashed: () => number
  /** The most chunks that were in the cipher at once. */
  readonly mostAtOnce: () => number
}

/** The backend, with a look at what is asked of it; `before` is awaited before chunk number so-and-so is opened. */
export function spying(backend: Backend, before: (count: number) => unknown = () => undefined): Spied {
  const opened: Bytes[] = []
  let [hashed, now, most] = [0, 0, 0]
  return {
    opened,
    hashed: () => hashed,
    mostAtOnce: () => most,
    backend: {
      ...backend,
      sha256: (...parts) => {
        hashed++
        return backend.sha256(...parts)
      },
      gcmOpener: async (key) => {
        const opener = await backend.gcmOpener(key)
        return {
          open: async (nonce, ciphertext, tag, more) => {
            if (ciphertext.length === SLOT) return opener.open(nonce, ciphertext, tag, more)
            opened.push(copyBytes(ciphertext))
            most = Math.max(most, ++now)
            await before(opened.length - 1)
            return Promise.resolve(opener.open(nonce, ciphertext, tag, more)).finally(() => now--)
          },
        }
      },
    },
  }
}

/** Which of the ciphertexts is this one; -1 for none of them. */
export function numberOf(ciphertext: Bytes, genuine: readonly Bytes[]): number {
  return genuine.findIndex((one) => equalBytes(one, ciphertext))
}
