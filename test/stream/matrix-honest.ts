import { CHUNK, pattern, seal } from '../envelope/helpers.js'
import { withHead } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import type { DeviceOptions, EnvelopeParts, ErrorCode } from '../../src/index.js'
import type { Mode, Received } from './matrix.js'
import type { TestSigner } from '../envelope/signers.js'

/** The honest envelope that is edited: two full chunks and a short one. */
export const signer: TestSigner = freshEd25519()
export const bundle: Uint8Array<ArrayBuffer> = pattern(2 * CHUNK + 500)
const claims = { runtime: 'ios-7', type: 'application/zip', expires: 4_000_000_000 }
export const sealed: EnvelopeParts = await seal(signer, bundle, claims)
/** Another release by the same publisher, of the same size. */
export const other: EnvelopeParts = await seal(signer, pattern(2 * CHUNK + 500, 99), claims)
/** Without a slot nobody can open it. */
export const withoutSlots: EnvelopeParts = withHead(sealed, (head) => (head.keys = []))

/** A code for each kind of mode where they differ, and why they do. */
export interface Codes extends Readonly<Record<Mode['kind'], ErrorCode>> {
  readonly because: string
}

export interface Row {
  readonly name: string
  readonly envelope: Received
  readonly code: ErrorCode | Codes
  readonly more?: Partial<DeviceOptions>
}

export const bytesOf = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts))
