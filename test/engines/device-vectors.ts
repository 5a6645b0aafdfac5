import data from '../vectors/device.json' with { type: 'json' }
import type { AgreementPrivateJwk, DeviceOptions, ErrorCode, JwkInput, TrustStore } from 'otaseal/device'

/** What a device of a vector demands, as JSON has it. */
export interface VectorOptions extends Pick<DeviceOptions, 'app' | 'channel' | 'lastSequence' | 'runtime' | 'type' | 'maxSize' | 'clockTolerance'> {
  /** PEM, JWK, or a trust store. */
  readonly trust: string | JwkInput | TrustStore
  /** Seconds since 1970. */
  readonly now: number
  /** A secret in base64url, or a private key. Left out: the trusted key opens the envelope. */
  readonly reader?: { readonly secret: string } | { readonly jwk: AgreementPrivateJwk }
}

/** An envelope, and what a device must make of it. */
export interface Vector {
  /** Of a refused one: the one thing that is wrong. */
  readonly name: string
  readonly options: VectorOptions
  /** Of an accepted one; `sha256` in hex. */
  readonly bundle?: { readonly size: number; readonly sha256: string }
  /** Of a refused one. */
  readonly code?: ErrorCode
  /** Bytes of the bundle that a stream gives before it refuses, all of them good. Left out: 0. */
  readonly released?: number
  /** Set where a server, which has no reader key and decrypts nothing, can't see what is wrong. */
  readonly serverAccepts?: true
  /** Base64url. */
  readonly envelope: string
}

/** A trust update, and what a device must make of it. */
export interface TrustVector {
  readonly name: string
  readonly options: { readonly trust: TrustStore; readonly now: number }
  /** Of an accepted one. */
  readonly epoch?: number
  readonly code?: ErrorCode
  readonly update: string
}

/** The file `device.json`. */
export interface VectorFile {
  readonly about: readonly string[]
  readonly vectors: readonly Vector[]
  readonly trustUpdates: readonly TrustVector[]
}

export const { vectors, trustUpdates }: VectorFile = data as unknown as VectorFile

/** The bytes that every bundle of the vectors begins with. */
export function bundleBytes(size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size)
  let state = 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map(Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]))

/** Of the vectors' own base64url, in engines that have no decoder. */
export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.floor((base64url.length * 3) / 4))
  let held = 0
  let bits = 0
  let length = 0
  for (let i = 0; i < base64url.length; i++) {
    held = ((held << 6) | (values.get(base64url.charCodeAt(i)) as number)) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out[length++] = held >> bits
  }
  return out
}
