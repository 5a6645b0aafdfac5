import { agreementChecks } from './agreement.js'
import { flightChecks } from './flight.js'
import { gcmChecks } from './gcm.js'
import { gcmMemoryChecks } from './gcm-memory.js'
import { hashChecks } from './hashes.js'
import { makingChecks } from './making.js'
import { isPublisher, memberChecks, missingMembers } from './members.js'
import { sealChecks } from './seal.js'
import { signatureChecks } from './signatures.js'
import { sizeChecks } from './sizes.js'
import { objectOption } from '../options.js'
import type { Backend, DeviceBackend } from '../crypto/backend.js'

/** One test of a backend, for any test framework or none. */
export interface BackendTest {
  /** A sentence that begins with the member that it tests; no two tests have the same. */
  readonly name: string
  /** Rejects with an `Error` that says what is wrong. Never settles where the backend never answers. */
  readonly run: () => Promise<void>
}

/** What is demanded of the backend that is tested. */
export interface BackendTestOptions {
  /** Whether all that publishers need must be there; by default it must where the backend has `sign`. */
  readonly publisher?: boolean | undefined
}

/** What {@link checkBackend} found. */
export interface BackendReport {
  readonly passed: boolean
  /** How many tests were run. */
  readonly tests: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
  /** Members that the backend left out, so that nothing is known of them. */
  readonly notTested: readonly string[]
}

const CHECKS = [
  ...[...hashChecks, ...gcmChecks, ...gcmMemoryChecks, ...sealChecks, ...signatureChecks, ...agreementChecks, ...makingChecks],
  ...[...sizeChecks, ...flightChecks],
]

/**
 * The tests of the contract that this backend's members call for: `DeviceBackend`, and of `Backend` what it has. Known answers
 * and hostile input; they prove nothing about timing, nor that random bytes can't be guessed.
 *
 * @throws TypeError where `backend` is no object
 */
export function backendTests(backend: DeviceBackend | Backend, options: BackendTestOptions = {}): readonly BackendTest[] {
  const { publisher = isPublisher(objectOption('backend', backend)) } = options
  const whole = backend as Backend
  const checks = CHECKS.filter(({ needs }) => needs.every((member) => whole[member] !== undefined))
  return [...memberChecks(publisher), ...checks].map(({ name, run }) => ({ name, run: async () => run(whole) }))
}

/** Runs {@link backendTests} one after the other, and reports. Never rejects. */
export async function checkBackend(backend: DeviceBackend | Backend, options: BackendTestOptions = {}): Promise<BackendReport> {
  const failures: { readonly name: string; readonly message: string }[] = []
  let tests: readonly BackendTest[] = []
  try {
    tests = backendTests(backend, options)
  } catch (error) {
    failures.push({ name: 'backend: is an object', message: messageOf(error) })
  }
  for (const { name, run } of tests) {
    try {
      await run()
    } catch (error) {
      failures.push({ name, message: messageOf(error) })
    }
  }
  const notTested = tests.length === 0 ? [] : missingMembers(backend, options.publisher ?? isPublisher(backend))
  return { passed: failures.length === 0, tests: tests.length, failures, notTested }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
