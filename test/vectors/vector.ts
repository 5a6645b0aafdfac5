import type { AgreementPrivateJwk, ErrorCode, JwkInput, TrustStore } from 'otaseal/device'

export type Operation = 'envelope' | 'head' | 'object' | 'trust-store' | 'trust-update' | 'manifest'

/** Any of the vectors, as README.md has it. */
export interface Vector<Options = unknown> {
  readonly name: string
  readonly operation: Operation
  readonly options: Options
  /** Base64url. */
  readonly input: string
  /** Of an accepted one; `sha256` in hex. */
  readonly output?: { readonly size: number; readonly sha256: string }
  /** Of a refused one. */
  readonly code?: ErrorCode
  /** Bytes of the plaintext that a stream may give before it refuses. Left out: 0. */
  readonly released?: number
  readonly serverAccepts?: true
}

/** A file of vectors. */
export interface VectorFile<Options = unknown> {
  readonly about: readonly string[]
  readonly vectors: readonly Vector<Options>[]
}

/** What a device of the operations `envelope`, `head` and `manifest` demands. */
export interface DeviceVectorOptions {
  readonly trust: string | JwkInput | TrustStore | readonly (string | JwkInput)[]
  readonly app: string | null
  readonly channel: string | null
  readonly lastSequence: number | null
  readonly runtime?: string
  readonly type?: string
  readonly maxSize?: number
  /** Seconds since 1970. */
  readonly now: number
  readonly clockTolerance?: number
  readonly reader?: { readonly secret: string } | { readonly jwk: AgreementPrivateJwk }
}

/** Of the operation `object`: an entry of a manifest. */
export interface ObjectVectorOptions {
  readonly entry: {
    readonly path: string
    readonly size: number
    readonly sha256: string
    readonly object: {
      readonly index: string
      readonly key: string
      readonly chunk: 16_384 | 262_144
      readonly encoding?: 'br' | 'gzip'
      readonly size?: number
    }
  }
}

/** Of the operation `trust-update`: what the device has. */
export type TrustUpdateVectorOptions = Pick<DeviceVectorOptions, 'trust' | 'now' | 'clockTolerance'>
