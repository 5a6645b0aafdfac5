import { expect } from 'vitest'
import { refusal } from '../envelope/helpers.js'
import { NOW } from './signed.js'
import type { DeviceOptions } from '../../src/index.js'

/** A device that checks no claim, but for what it trusts. */
export function accepting(reader: Uint8Array): Omit<DeviceOptions, 'trust'> {
  return { app: null, channel: null, lastSequence: null, now: NOW, reader }
}

/** What a publisher says of a bundle. */
export const bundleOptions = { app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production', chunkSize: 16_384 } as const

export async function expectRefused(code: string, call: () => unknown): Promise<void> {
  expect((await refusal(call)).code).toBe(code)
}
