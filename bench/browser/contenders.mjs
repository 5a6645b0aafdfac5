// What is timed in a page: the library, and bare WebCrypto on the same bytes.
import { encryptBundleStream, joinEnvelope } from '../../dist/build.js'
import { verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from '../../dist/device.js'
import { drain, streamOf } from '../measure.mjs'
import { claims, demand, errorOf, joined, randomBytes } from './release.mjs'

const CHUNK = 256 * 1024
const PIECE = 64 * 1024
const LANES = 4
const FLOOR = 'floor: subtle.digest + subtle.decrypt, 256 KiB'

/** As the groups of Node's benchmark. */
export async function groupsOf(release) {
  const floor = { run: await bareCrypto(release.bundle) }
  return [
    { name: 'streams', floor: FLOOR, contenders: { [FLOOR]: floor, ...streams(release) } },
    { name: 'others', floor: FLOOR, contenders: { [FLOOR]: { ...floor, stalls: false }, ...others(release) } },
  ]
}

function streams({ envelope, options }) {
  const open = (pieceSize) => async (take) => {
    const { bundle } = await verifyAndDecryptStream(streamOf(envelope, pieceSize), options)
    await drain(bundle, take)
  }
  return {
    'verifyAndDecryptStream, pieces of 64 KiB': { run: open(PIECE), required: 0.8 },
    'verifyAndDecryptStream, one piece': { run: open(envelope.length) },
  }
}

function others({ bundle, envelope, options, signer }) {
  return {
    'verifyAndDecrypt': { run: async (take) => take((await verifyAndDecrypt(envelope, options)).bundle) },
    'verifyEnvelope, pieces of 64 KiB': verifying(envelope, bundle, { trust: options.trust }),
    'encryptBundleStream, pieces of 64 KiB': sealing(bundle, { ...claims, signer }, options),
  }
}

/** Digest and decryption of each chunk with WebCrypto alone, four in flight, nothing kept in order, nothing checked. */
async function bareCrypto(bundle) {
  const { subtle } = crypto
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const chunks = []
  for (let i = 0; i < bundle.length; i += CHUNK) {
    const algorithm = { name: 'AES-GCM', iv: randomBytes(12) }
    chunks.push({ algorithm, sealed: new Uint8Array(await subtle.encrypt(algorithm, key, bundle.subarray(i, i + CHUNK))) })
  }
  const lane = async (first, take) => {
    for (let i = first; i < chunks.length; i += LANES) {
      const { algorithm, sealed } = chunks[i]
      await subtle.digest('SHA-256', sealed)
      take(new Uint8Array(await subtle.decrypt(algorithm, key, sealed)), i)
    }
  }
  return async (take) => Promise.all(Array.from({ length: LANES }, async (_, first) => lane(first, take)))
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
      demand((await errorOf(verify(changed))).code === 'bad-chunk', 'verifyEnvelope should refuse a changed chunk')
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
      return [(await verifyAndDecrypt(joined([joinEnvelope(head, index), ...body]), policy)).bundle]
    },
  }
}
