// A release that the page makes itself, and what the page's checks share.
import { encryptBundle, generateKeyPair } from '../../dist/build.js'
import { randomBytes } from '../util.mjs'

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

export { joined, randomBytes, sameBytes } from '../util.mjs'

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
