import { constants, createCipheriv, createHash, generateKeyPairSync, privateEncrypt, randomBytes } from 'node:crypto'
import { describe } from 'vitest'
import { EnvelopeError } from '../../src/capgo.js'
import { nobleCapgoBackend } from '../../src/crypto/noble-capgo.js'
import { nodeCapgoBackend } from '../../src/crypto/node-capgo.js'
import { webCapgoBackend } from '../../src/crypto/web-capgo.js'
import type { CapgoBackend } from '../../src/crypto/capgo-backend.js'

export const capgoBackends: readonly CapgoBackend[] = [nodeCapgoBackend, webCapgoBackend, nobleCapgoBackend]

/** Runs a block of tests once for each backend, with the backend's name in the title. */
export function describeEachCapgoBackend(title: string, body: (backend: CapgoBackend) => void): void {
  describe.each(capgoBackends.map((backend) => ({ name: backend.name, backend })))(`${title}, $name backend`, ({ backend }) => body(backend))
}

/** A key pair as the Capgo CLI makes it. */
export function cliKeyPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
}

/** A release as the Capgo CLI makes it, with node:crypto alone. */
export function cliRelease(
  bundle: Uint8Array,
  privateKey: string,
  form: 'V2' | 'V3',
): { readonly payload: Buffer; readonly sessionKey: string; readonly checksum: string } {
  const [key, iv] = [randomBytes(16), randomBytes(16)]
  const sign = (value: Uint8Array): Buffer => privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, value)
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  const hex = createHash('sha256').update(bundle).digest('hex')
  return {
    payload: Buffer.concat([cipher.update(bundle), cipher.final()]),
    sessionKey: `${iv.toString('base64')}:${sign(key).toString('base64')}`,
    checksum: form === 'V3' ? sign(Buffer.from(hex, 'hex')).toString('hex') : sign(Buffer.from(hex, 'base64')).toString('base64'),
  }
}

/** What a call throws, at once or later. */
export async function failure(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('expected a failure')
}

/** The code of a refusal. */
export function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof EnvelopeError ? error.code : (error as Error).name
  }
}
