import { constants, createDecipheriv, createHash, publicDecrypt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { expect } from 'vitest'
import { cliKeyPair } from '../capgo/helpers.js'
import { codeOf, json, namesIn, otaseal, temporaryFolder } from './cli.js'

export const pair: ReturnType<typeof cliKeyPair> = cliKeyPair()
export const otherPair: ReturnType<typeof cliKeyPair> = cliKeyPair()

/** A ZIP file. */
export const zip: Buffer = Buffer.from(zipSync({ 'index.html': Buffer.from('<html>an app</html>'.repeat(5000)), 'data.bin': Buffer.alloc(70_000, 'random?') }, { level: 0 }))
export const digest: string = sha256(zip)

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A folder with the key pair as the Capgo CLI leaves it, another one, and the ZIP file `app.zip`. */
export function capgoFolder(): string {
  const folder = temporaryFolder()
  const put = (name: string, text: string | Uint8Array, mode = 0o644): void => writeFileSync(join(folder, name), text, { mode })
  put('.capgo_key_v2', pair.privateKey, 0o600)
  put('.capgo_key_v2.pub', pair.publicKey)
  put('other', otherPair.privateKey, 0o600)
  put('other.pub', otherPair.publicKey)
  put('app.zip', zip)
  return folder
}

/** Pretends that this version of the plugin is installed in a folder. */
export function installPlugin(folder: string, version: unknown): void {
  const place = join(folder, 'node_modules', '@capgo', 'capacitor-updater')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: '@capgo/capacitor-updater', version }))
}

export function config(publicKey: string | undefined): string {
  return JSON.stringify({ appId: 'com.example.app', plugins: { CapacitorUpdater: { autoUpdate: true, publicKey } } }, null, 2)
}

/** What the Capgo CLI does to decrypt, with node:crypto alone. */
export function cliDecrypt(payload: Uint8Array, ivSessionKey: string, publicKey: string): Buffer {
  const [iv = '', key = ''] = ivSessionKey.split(':')
  const decipher = createDecipheriv('aes-128-cbc', opened(Buffer.from(key, 'base64'), publicKey), Buffer.from(iv, 'base64'))
  return Buffer.concat([decipher.update(payload), decipher.final()])
}

/** The hex SHA-256 that a checksum of either form signs, as the Capgo CLI reads it. */
export function cliChecksum(checksum: string, form: 'V2' | 'V3', publicKey: string): string {
  return form === 'V3' ? opened(Buffer.from(checksum, 'hex'), publicKey).toString('hex') : opened(Buffer.from(checksum, 'base64'), publicKey).toString('base64')
}

function opened(signature: Uint8Array, publicKey: string): Buffer {
  return publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature)
}

/** How a command must fail. */
export interface Refusal {
  readonly exit: 1 | 2
  readonly code: string
  /** A part of the message. */
  readonly says: string
  readonly env?: Readonly<Record<string, string>>
}

/** Fails as told, and leaves the folder as it is; neither a key nor a session key is in what it says. */
export async function expectRefusal(folder: string, args: readonly string[], { exit, code, says, env = {} }: Refusal): Promise<void> {
  const before = namesIn(folder)
  const run = await otaseal(folder, ['capgo', ...args, '--json'], { env })
  expect([run.code, codeOf(run)]).toEqual([exit, code])
  const { message } = json(run)['error'] as { readonly message: string }
  expect(message).toContain(says)
  expect(message + run.stderr).not.toMatch(/[A-Za-z0-9+/]{65,}/)
  expect(namesIn(folder)).toEqual(before)
}
