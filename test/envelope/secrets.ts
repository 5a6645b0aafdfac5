import { inspect } from 'node:util'
import { expect } from 'vitest'

/** What no error may quote; everything that makes a key or secret in these tests registers it. */
const secrets = new Map<string, string>()

export function keepSecret(name: string, texts: readonly string[]): void {
  for (const text of texts) secrets.set(text, name)
}

/** Registers bytes in every writing that an error could quote them in. */
export function keepSecretBytes(name: string, bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes)
  const base64 = buffer.toString('base64').replace(/=+$/, '')
  keepSecret(name, [buffer.toString('hex'), base64, buffer.toString('base64url'), bytes.join(', '), bytes.join(',')])
}

/** Everything that a log could show of an error. */
export function everyTextOf(error: Error): string {
  const json = JSON.stringify(Object.assign({}, error, { message: error.message, cause: String(error.cause) }))
  const shown = inspect(error, { depth: 9, showHidden: true, maxArrayLength: 999 })
  return [json, error.message, error.stack, shown, shown.replace(/,\s+/g, ',')].join('\n')
}

/** The names of all registered secrets that an error quotes. */
export function secretsIn(error: Error): readonly string[] {
  const text = everyTextOf(error)
  return [...secrets].filter(([secret]) => text.includes(secret)).map(([, name]) => name)
}

export function expectNoSecrets(error: Error): void {
  expect(secretsIn(error), error.message).toEqual([])
}
