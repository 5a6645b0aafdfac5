import envelopes from '../vectors/envelope.json' with { type: 'json' }
import trust from '../vectors/trust.json' with { type: 'json' }
import type { TrustStore } from 'otaseal/device'
import type { DeviceVectorOptions, Vector as AnyVector, VectorFile } from '../vectors/vector.js'

export { bundleBytes, bytesOf } from '../vectors/bytes.js'

/** An envelope, and what a device must make of it. */
export type Vector = AnyVector<DeviceVectorOptions>

/** What a device that gets a trust update has. */
export interface TrustOptions {
  readonly trust: TrustStore
  readonly now: number
  readonly clockTolerance?: number
}

/** A trust update, and what a device must make of it. */
export type TrustVector = AnyVector<TrustOptions>

export const { vectors } = envelopes as unknown as VectorFile<DeviceVectorOptions>

export const trustUpdates: readonly TrustVector[] = (trust as unknown as VectorFile<TrustOptions>).vectors.filter(({ operation }) => operation === 'trust-update')
