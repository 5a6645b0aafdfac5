import { checkPlain, answerOf, expectBytes, expectUndefined, expectVerdict, checkSame, flipBit, hex, sample } from './check.js'
import { openMessage, openerOf, wholeMessage } from './gcm.js'
import { base64, rsaKey, third, verifyingKey } from './signatures.js'
import { ed25519Long, gcmSizes, hmacSizes, LONG_MESSAGE, LONG_SEED, rsa4096Modulus, rsa4096Valid, rsa4096Wrong, rsaLong } from './size-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, VerifyingKey } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { GcmMessage } from './gcm.js'

/** What is right for short input alone: envelopes have long messages, large chunks, and keys of more than one size. */
export const sizeChecks: readonly Check[] = [
  { name: 'verify PS256: reads a long message to its end', needs: ['verify'], run: async (backend) => verifiesLong(backend, rsaKey(), base64(rsaLong)) },
  { name: 'verify PS256: takes and refuses signatures by a key of 4096 bits', needs: ['verify'], run: verifies4096 },
  { name: 'verify Ed25519: reads a long message to its end', needs: ['verify'], run: async (backend) => verifiesLong(backend, third().key, hex(ed25519Long)) },
  { name: 'gcmOpener: opens messages as long as key slots and chunks, and refuses what is wrong anywhere in them', needs: ['gcmOpener', 'sha256'], run: opensSizes },
  { name: 'hmac: is right at the borders of blocks, and for an empty message', needs: ['hmac'], run: authenticatesSizes },
]

const longMessage = (): Bytes => sample(LONG_MESSAGE, LONG_SEED)

async function verifiesLong(backend: Backend, key: VerifyingKey, signature: Bytes): Promise<void> {
  const message = longMessage()
  await expectVerdict(`a signature over ${message.length} bytes`, () => backend.verify(key, signature, message), true)
  for (const length of [64, 127, 1024, 4096, 65_536, message.length - 1]) {
    await expectVerdict(`the first ${length} bytes of the message`, () => backend.verify(key, signature, message.slice(0, length)), false)
    await expectVerdict(`a message that is another from byte ${length} on`, () => backend.verify(key, signature, flipBit(message, 8 * length)), false)
  }
}

async function verifies4096(backend: Backend): Promise<void> {
  const [key, message, signature] = [verifyingKey({ kty: 'RSA', n: rsa4096Modulus, e: 'AQAB' }), longMessage(), base64(rsa4096Valid)]
  await expectVerdict('a signature by another key', () => backend.verify(rsaKey(), base64(rsaLong), message), true)
  await expectVerdict('a signature', () => backend.verify(key, signature, message), true)
  for (const [name, wrong] of rsa4096Wrong) await expectVerdict(name, () => backend.verify(key, base64(wrong), message), false)
  await expectVerdict('a flipped bit', () => backend.verify(key, flipBit(signature, 8 * signature.length - 1), message), false)
  await expectVerdict('another message', () => backend.verify(key, signature, flipBit(message, 0)), false)
  await expectVerdict('a signature of 384 bytes', () => backend.verify(key, signature.slice(0, 384), message), false)
  await expectVerdict('the signature by another key', () => backend.verify(key, base64(rsaLong), message), false)
}

async function opensSizes(backend: Backend): Promise<void> {
  const { key, nonce } = wholeMessage()
  const opener = await openerOf(backend, key)
  for (const { length, additional, tag, digest } of gcmSizes) {
    const what = `${length} bytes with ${additional} of additional data`
    const message: Omit<GcmMessage, 'key' | 'plaintext'> = { nonce, ciphertext: sample(length), tag: hex(tag), more: additional === 0 ? undefined : sample(additional) }
    const plaintext = checkPlain(what, await answerOf(what, () => openMessage(opener, message)))
    checkSame(`SHA-256 of the plaintext of ${what}`, await backend.sha256(plaintext), hex(digest))
    for (const byte of [0, length >> 1, length - 1]) {
      await expectUndefined(`${what}, byte ${byte} changed`, () => openMessage(opener, { ...message, ciphertext: flipBit(message.ciphertext, 8 * byte) }))
    }
    await expectUndefined(`${what}, the tag changed`, () => openMessage(opener, { ...message, tag: flipBit(message.tag, 127) }))
    if (message.more === undefined) continue
    const { more } = message
    await expectUndefined(`${what}, the last of them changed`, () => openMessage(opener, { ...message, more: flipBit(more, 8 * additional - 8) }))
  }
}

async function authenticatesSizes(backend: Backend): Promise<void> {
  for (const { keyLength, messageLength, ...expected } of hmacSizes) {
    for (const hash of ['SHA-256', 'SHA-512'] as const) {
      const what = `HMAC-${hash} with a key of ${keyLength} bytes over ${messageLength}`
      await expectBytes(what, () => backend.hmac(hash, sample(keyLength, 1), sample(messageLength, 2)), hex(expected[hash]))
    }
  }
}
