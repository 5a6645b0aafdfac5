// A release that the page makes itself, and what the page's checks share.
import { encryptBundle, generateKeyPair } from '../../dist/build.js'

export const claims = { app: 'com.example.bench', version: '1.0.0' }
export const policy = { app: 'com.example.bench', channel: null, lastSequence: null }

/** A bundle of random bytes, signed and encrypted with WebCrypto. */
export async function makeRelease(size, chunkSize = 262_144) {
  const bundle = randomBytes(size)
  const { publicKey, privateKey } = await (keys ??= makeKeys())
  const envelope = (await encryptBundle(bundle, { ...claims, signer: privateKey, chunkSize })).toBytes()
  return { bundle, envelope, options: { ...policy, trust: publicKey }, signer: privateKey }
}

let keys

/** One pair for all releases. WebKitGTK fails for one pair in a hundred, where a key's first byte is zero. */
async function makeKeys(triesLeft = 5) {
  try {
    return await generateKeyPair('Ed25519')
  } catch (error) {
    if (triesLeft === 0) throw error
    return makeKeys(triesLeft - 1)
  }
}

export function randomBytes(length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536))
  return bytes
}

export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

export function sameBytes(a, b) {
  let same = a.length === b.length
  for (let i = 0; same && i < a.length; i++) same = a[i] === b[i]
  return same
}

/** What a promise rejects with. */
export async function errorOf(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('this should have failed')
}

export function demand(holds, what) {
  if (!holds) throw new Error(what)
}
