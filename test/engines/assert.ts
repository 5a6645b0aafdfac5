import { EnvelopeError } from '../../src/device.js'
import type { ErrorCode } from '../../src/device.js'

/** Fails the test unless it holds. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** Fails the test unless both are the same: bytes byte by byte, all else as JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [one, two] = [shown(actual), shown(expected)]
  if (one !== two) throw new Error(`${what}: ${shortened(one)} in place of ${shortened(two)}`)
}

/** The error of this code that a call must end with; its message must match. */
export async function refused(call: () => unknown, code: ErrorCode, message: RegExp = /./): Promise<EnvelopeError> {
  const error = await thrown(call)
  check(error instanceof EnvelopeError, `${String(error)} in place of an EnvelopeError ${code}`)
  check(error.code === code, `${error.code} in place of ${code}: ${error.message}`)
  check(message.test(error.message), `${code} says ${error.message}`)
  return error
}

/** Whatever a call must throw. */
export async function thrown(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('the call returned, and must throw')
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${hex(value)}`
  return value === undefined ? 'undefined' : JSON.stringify(value)
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)} …` : text
}
