import { existsSync, readFileSync } from 'node:fs'
import type { KeyMember } from '../../src/format/scope.js'
import type { TrustStore } from '../../src/trust/store.js'

/** An envelope, and the bundle that it was made of. */
export interface HonestEnvelope {
  readonly bytes: string
  readonly bundle: string
}

/** Honest keys, envelopes and releases that inputs are held against. Bytes are base64. Made by make-fixtures.ts. */
export interface Fixtures {
  readonly keys: Readonly<Record<'a' | 'b' | 'revoked' | 'rsa', { readonly publicKey: string; readonly privateKey: string; readonly kid: string; readonly jwk: KeyMember }>>
  readonly readers: Readonly<Record<'x25519' | 'p256', { readonly publicKey: string; readonly privateKey: string }>>
  readonly secret: string
  readonly encrypted: readonly string[]
  readonly passphrase: string
  readonly link: string
  readonly envelopes: readonly HonestEnvelope[]
  /** Of three chunks. */
  readonly large: HonestEnvelope
  readonly slots: readonly string[]
  readonly slotKeys: readonly string[]
  readonly store: TrustStore
  readonly newStore: TrustStore
  readonly update: string
  readonly manifest: { readonly bytes: string; readonly json: string; readonly objects: readonly { readonly path: string; readonly object: string; readonly file: string }[] }
  readonly capgo: {
    readonly publicKey: string
    readonly privateKey: string
    readonly releases: readonly { readonly sessionKey: string; readonly checksum: string; readonly payload: string; readonly bundle: string }[]
    readonly v1: { readonly sessionKey: string; readonly checksum: string; readonly payload: string; readonly bundle: string }
    readonly files: { readonly sessionKey: string; readonly entries: readonly { readonly file_name: string; readonly file_hash: string; readonly payload: string; readonly bytes: string }[] }
  }
  readonly audit: string
}

const FILE = 'test/fuzz/fixtures.json'

export const fixtures: Fixtures = (existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}) as Fixtures

export const decoded = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'))

/** What a device demands that accepts the honest envelopes. */
export const demands = { app: 'com.example.app', channel: 'production', lastSequence: 999, now: 1_760_000_000 } as const
