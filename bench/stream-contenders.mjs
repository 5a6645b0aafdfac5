// What is timed of streams on Node, and the cryptography that a stream can't do without: no digest of the plaintext.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { encryptBundleStream, joinEnvelope, splitEnvelope, verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from 'otaseal'
import { drain, streamOf } from './measure.mjs'
import { CHUNK, MIB, check } from './util.mjs'

const PIECE = 64 * 1024
const FLOOR = 'floor: node:crypto GCM + SHA-256, one message'

/** A floor, the fairer floor, and streams; the requirement is for 50 MiB and more. */
export function streamGroup({ bundle, envelope, claims, policy, keys }) {
  const options = { ...policy, trust: keys.publicKey }
  const open = (pieceSize, more) => async (take) => {
    const { bundle: stream } = await verifyAndDecryptStream(streamOf(envelope, pieceSize), { ...options, ...more })
    await drain(stream, take)
  }
  const whole = sealedMessage(bundle)
  const chunks = cut(bundle).map(sealedMessage)
  return {
    name: 'stream',
    floor: FLOOR,
    contenders: {
      [FLOOR]: { run: (take) => take(whole()) },
      'the same per 256 KiB chunk': { run: (take) => chunks.forEach((openChunk) => take(openChunk())) },
      'verifyAndDecryptStream, pieces of 64 KiB': { run: open(PIECE), required: bundle.length < 50 * MIB ? undefined : 0.8 },
      'verifyAndDecryptStream, one piece': { run: open(envelope.length) },
      'verifyAndDecryptStream, with checksum': { run: open(PIECE, { checksum: true }) },
      'verifyEnvelope, pieces of 64 KiB': verifying(envelope, bundle, { trust: keys.publicKey }),
      'encryptBundleStream, pieces of 64 KiB': sealing(bundle, { ...claims, signer: keys.privateKey }, options),
    },
  }
}

/** Gives no plaintext: it must accept the envelope, and refuse one with a changed bit at its very end. */
function verifying(envelope, bundle, options) {
  const verify = async (bytes) => verifyEnvelope(streamOf(bytes, PIECE), options)
  const changed = Uint8Array.from(envelope)
  changed[changed.length - 1] ^= 1
  return {
    run: async () => verify(envelope),
    prove: async () => {
      await verify(envelope)
      const code = await verify(changed).then(() => undefined, (error) => error.code)
      check(code === 'bad-chunk', `verifyEnvelope should refuse a changed chunk as bad-chunk, but gave ${code}`)
      return [bundle]
    },
  }
}

/** Gives ciphertext: a device must open it. */
function sealing(bundle, options, policy) {
  const seal = async (take) => {
    const { body, envelope } = await encryptBundleStream(streamOf(bundle, PIECE), options)
    await drain(body, take)
    return envelope
  }
  return {
    run: async () => seal(() => undefined),
    prove: async () => {
      const body = []
      const { head, index } = await seal((piece) => body.push(piece))
      const sealed = splitEnvelope(Buffer.concat([joinEnvelope(head, index), ...body]))
      return [(await verifyAndDecrypt(sealed, policy)).bundle]
    },
  }
}

/** A message: a function that decrypts and authenticates it in one go and hashes its ciphertext. */
export function sealedMessage(plaintext) {
  const key = randomBytes(32)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const tag = cipher.getAuthTag()
  return () => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(tag)
    const opened = decipher.update(ciphertext)
    decipher.final()
    createHash('sha256').update(ciphertext).digest()
    return opened
  }
}

export function cut(bytes) {
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) => bytes.subarray(i * CHUNK, (i + 1) * CHUNK))
}
