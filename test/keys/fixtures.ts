import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { EnvelopeError } from '../../src/errors.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { readPublicKey } from '../../src/keys/public.js'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { JwkInput, KeyInput } from '../../src/keys/types.js'

/** A key pair made by node:crypto, the oracle of these tests. */
export interface NodePair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export function rsaPair(modulusLength = 3072, publicExponent = 65537): NodePair {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent })
}

export function ed25519Pair(): NodePair {
  return generateKeyPairSync('ed25519')
}

export function pemOf(key: KeyObject, type: 'spki' | 'pkcs8' | 'pkcs1'): string {
  return key.export({ type, format: 'pem' } as { type: 'spki'; format: 'pem' }) as string
}

export function derOf(key: KeyObject, type: 'spki' | 'pkcs8' | 'pkcs1'): Uint8Array<ArrayBuffer> {
  return new Uint8Array(key.export({ type, format: 'der' } as { type: 'spki'; format: 'der' }))
}

export function jwkOf(key: KeyObject): JwkInput & JsonWebKey {
  return key.export({ format: 'jwk' }) as JwkInput & JsonWebKey
}

export function pem(label: string, der: Uint8Array): string {
  const body = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
}

/** The error that `result` is rejected with. */
export async function errorOf(result: Promise<unknown>): Promise<Error> {
  try {
    await result
  } catch (error) {
    return error as Error
  }
  return expect.fail('was accepted')
}

/** The message of a refusal, which must have the code of one and must hold nothing of the key. */
export function refusalMessage(error: Error, secrets: readonly string[] = []): string {
  expect(error).toBeInstanceOf(EnvelopeError)
  expect(error).toHaveProperty('code', 'bad-key')
  expect(error.cause).toBeUndefined()
  expectNoLeak(error.message, secrets)
  return error.message
}

/** The message with which a device refuses the key. */
export async function publicRefusal(input: unknown): Promise<string> {
  return refusalMessage(await errorOf(readPublicKey(input as KeyInput, nodeBackend)), secretsOf(input))
}

/** The message with which a publisher refuses the key. */
export async function privateRefusal(input: unknown): Promise<string> {
  return refusalMessage(await errorOf(readPrivateKey(input as KeyInput, nodeBackend)), secretsOf(input))
}

/** Everything of a key that a message must not repeat: base64 bodies, and the values of JWK members. */
export function secretsOf(input: unknown): string[] {
  if (typeof input === 'string') return input.replace(/-----[^-]*-----/g, '\n').split(/[\s"\\]+/)
  if (typeof input !== 'object' || input === null) return []
  return Object.values(input).filter((value) => typeof value === 'string')
}

/** No eight characters in a row of a secret occur in the text. */
export function expectNoLeak(text: string, secrets: readonly string[]): void {
  const windows = Array.from({ length: Math.max(text.length - 7, 0) }, (_, i) => text.slice(i, i + 8))
  expect(windows.filter((window) => secrets.some((secret) => secret.includes(window)))).toEqual([])
}
