import { copyBytes } from '../../src/bytes.js'
import { chunkContext, chunkNonce, deriveBodyKeys } from '../../src/crypto/chunked.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { readPublicKey } from '../../src/keys/public.js'
import { openSlot, signerReader } from '../../src/keys/slots.js'
import { fromBase64url, rawHead, rawHeader } from './hostile.js'
import { keepSecretBytes } from './secrets.js'
import type { BodyKeys } from '../../src/crypto/chunked.js'
import type { Bytes } from '../../src/bytes.js'
import type { Reader } from '../../src/keys/slots.js'
import type { TestSigner } from './signers.js'

/** Member of a head in bytes of its own. */
export function memberBytes(text: string): Bytes {
  return copyBytes(fromBase64url(text))
}

export async function readerOf(signer: TestSigner): Promise<Reader> {
  return signerReader(await readPublicKey(signer.publicKey, nodeBackend), nodeBackend)
}

/** What everyone gets who has taken the app apart: the session key, with nothing but the embedded public key. */
export async function sessionKeyOf(head: string, signer: TestSigner): Promise<Bytes> {
  const reader = await readerOf(signer)
  for (const slot of rawHead(head).keys) {
    const sessionKey = await openSlot(slot, [reader], nodeBackend)
    if (sessionKey === undefined) continue
    keepSecretBytes('session key', sessionKey)
    return sessionKey
  }
  throw new Error('no slot is for the signer')
}

export async function bodyKeysOf(head: string, signer: TestSigner): Promise<BodyKeys> {
  const { salt, chunk } = rawHeader(head).body
  return deriveBodyKeys(nodeBackend, await sessionKeyOf(head, signer), memberBytes(salt), chunkContext(chunk))
}

/** A chunk of the attacker's own choice, ciphertext and tag: app owners have the key, so its tag is valid. */
export async function forgedChunk(head: string, signer: TestSigner, i: number, plaintext: Uint8Array): Promise<Bytes> {
  const { key, baseNonce } = await bodyKeysOf(head, signer)
  const sealer = await nodeBackend.gcmSealer(key)
  return sealer.seal(chunkNonce(baseNonce, i), copyBytes(plaintext))
}
