import { expect } from 'vitest'
import { EnvelopeError, encryptBundle, errorCodes, verifyAndDecrypt } from '../../src/index.js'
import { CHUNK, pattern } from '../engines/data.js'
import { expectNoSecrets } from './secrets.js'
import type { Envelope, EncryptOptions, EnvelopeInput, ErrorCode } from '../../src/index.js'
import type { DeviceOptions } from '../../src/device/options.js'
import type { TestSigner } from './signers.js'

export { CHUNK, pattern }

export async function seal(
  signer: TestSigner,
  bundle: Uint8Array,
  more: Partial<EncryptOptions> = {},
): Promise<Envelope> {
  return encryptBundle(bundle, {
    signer: signer.privateKey,
    app: 'com.example.app',
    version: '1.4.0',
    sequence: 1000,
    channel: 'production',
    chunkSize: CHUNK,
    ...more,
  })
}

/** A device that accepts what {@link seal} makes. */
export function accepting(signer: TestSigner, more: Partial<DeviceOptions> = {}): DeviceOptions {
  return { trust: signer.publicKey, app: 'com.example.app', channel: 'production', lastSequence: 999, ...more }
}

/** The one EnvelopeError that a call must end with; it has a known code, a message, and quotes no secret. */
export async function refusal(call: () => unknown): Promise<EnvelopeError> {
  const outcome = await settle(call)
  if ('value' in outcome) throw new Error('expected an EnvelopeError, but the call returned')
  const { error } = outcome
  if (!(error instanceof EnvelopeError)) throw new Error('expected an EnvelopeError', { cause: error })
  expect(errorCodes).toContain(error.code)
  expect(error.message.length).toBeGreaterThan(10)
  expectNoSecrets(error)
  return error
}

async function settle(call: () => unknown): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
  try {
    return { value: await call() }
  } catch (error) {
    return { error }
  }
}

export async function expectRefused(call: () => unknown, code: ErrorCode, message: RegExp = /./): Promise<void> {
  const error = await refusal(call)
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `))
  expect(error.message).toMatch(message)
}

/** For `toSatisfy`: vitest's own comparison of large arrays takes most of a test's time. */
export function sameAs(bytes: Uint8Array): (other: unknown) => boolean {
  return (other) => other instanceof Uint8Array && Buffer.from(other).equals(bytes)
}

/** The device accepts, and gives `bundle`: the positive control of a refusal. */
export async function expectAccepted(
  envelope: EnvelopeInput,
  options: DeviceOptions,
  bundle: Uint8Array,
): Promise<void> {
  const opened = await verifyAndDecrypt(envelope, options)
  expect(opened.bundle).toSatisfy(sameAs(bundle))
}
