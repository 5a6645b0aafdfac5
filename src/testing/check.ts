import { equalBytes, ownMemory } from '../bytes.js'
import { ascii, hexDecode, hexEncode } from '../text.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend } from '../crypto/backend.js'

/** One requirement of the contract, and how it is checked. */
export interface Check {
  readonly name: string
  /** Members without which a backend has nothing to check. */
  readonly needs: readonly (keyof Backend)[]
  /** Rejects with what is wrong. */
  readonly run: (backend: Backend) => Promise<void>
}

/** More bytes than that are not written out. */
const SHOWN = 64

/** @throws Error always */
export function fail(message: string): never {
  throw new Error(message)
}

/** Bytes of a vector. */
export function hex(text: string): Bytes {
  return hexDecode(text) ?? fail(`not hex: ${text}`)
}

/** What a call answers, now or later: one that throws where an answer is due is a failure. */
export async function answerOf<T>(what: string, call: () => Awaitable<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    return fail(`${what}: must be answered, but threw ${shown(error)}`)
  }
}

/** That a call gives these bytes, as a result must be. */
export async function expectBytes(what: string, call: () => Awaitable<Bytes | undefined>, expected: Bytes): Promise<void> {
  checkSame(what, checkPlain(what, await answerOf(what, call)), expected)
}

/** That a call answers `undefined`: "does not hold". */
export async function expectUndefined(what: string, call: () => Awaitable<unknown>): Promise<void> {
  const answer = await answerOf(what, call)
  if (answer !== undefined) fail(`${what}: must be undefined, but was ${shown(answer)}`)
}

/** That a call answers this boolean, and nothing that is only like it. */
export async function expectVerdict(what: string, call: () => Awaitable<unknown>, expected: boolean): Promise<void> {
  const answer = await answerOf(what, call)
  if (answer !== expected) fail(`${what}: must be ${expected ? 'true' : 'false'}, but was ${shown(answer)}`)
}

/** That a call throws, or its promise rejects. */
export async function expectThrows(what: string, call: () => Awaitable<unknown>): Promise<void> {
  let answer: unknown
  try {
    answer = await call()
  } catch {
    return
  }
  fail(`${what}: must throw, but gave ${shown(answer)}`)
}

/** The answers of calls of one opener or sealer, of which as many as the backend has lanes are in flight at a time. */
export async function inFlight<T, R>({ lanes }: Backend, inputs: readonly T[], call: (input: T) => Awaitable<R>): Promise<readonly R[]> {
  const answers: R[] = []
  for (let start = 0; start < inputs.length; start += lanes) {
    const batch = inputs.slice(start, start + lanes)
    answers.push(...(await Promise.all(batch.map(async (input) => answerOf('a call in flight', () => call(input))))))
  }
  return answers
}

export function checkSame(what: string, actual: Bytes, expected: Bytes): void {
  if (!equalBytes(actual, expected)) fail(`${what}: must be ${shown(expected)}, but was ${shown(actual)}`)
}

/** A result as it must be: a plain array whose `slice` copies, unlike that of a `Buffer`, in memory where nothing else lies. */
export function checkPlain(what: string, value: unknown): Bytes {
  if (Object.prototype.toString.call(value) !== '[object Uint8Array]') fail(`${what}: must be a Uint8Array, but was ${shown(value)}`)
  const bytes = value as Bytes
  if (ownMemory(bytes) === undefined) fail(`${what}: must lie in memory of its own, but is a part of something larger`)
  if (bytes.length === 0) return bytes
  const [first = 0, copy] = [bytes[0], bytes.slice()]
  copy[0] = first ^ 0xff
  if (bytes[0] !== first) fail(`${what}: must be a plain Uint8Array, but slice() does not copy it, as of a Buffer`)
  return bytes
}

/** The same bytes inside a larger array full of others. */
export function offsetView(bytes: Bytes): Bytes {
  const around = new Uint8Array(bytes.length + 20).fill(0xee)
  around.set(bytes, 7)
  return around.subarray(7, 7 + bytes.length)
}

/** A copy with one bit flipped. */
export function flipBit(bytes: Bytes, bit: number): Bytes {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

/** So many bytes that look like nothing in particular. */
export function sample(length: number, seed = 0): Bytes {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 31 + seed * 53 + 3) & 255)
}

export { ascii }

function shown(value: unknown): string {
  if (Object.prototype.toString.call(value) === '[object Uint8Array]') {
    const bytes = value as Uint8Array
    // Of detached memory there is no view.
    if (bytes.length === 0) return 'no bytes'
    const more = bytes.length > SHOWN ? '…' : ''
    return `${bytes.length} bytes ${hexEncode(bytes.subarray(0, SHOWN))}${more}`
  }
  return String(value)
}
