import { EnvelopeError, errorCodes } from '../../src/errors.js'
import type { ErrorCode } from '../../src/errors.js'

/** What a target does with an input; a rejection is a find. */
export interface Target {
  readonly name: string
  /** Honest inputs, or pieces of them. */
  readonly seeds: () => readonly Uint8Array[]
  readonly run: (input: Uint8Array) => unknown
  /** The longest input that is tried. Left out: 4,096 bytes. */
  readonly maxSize?: number
}

export type Outcome<T> = { readonly value: T; readonly code?: undefined } | { readonly code: ErrorCode; readonly value?: undefined }

/** What a call gives, or the code that it refuses with: whatever else it throws is a find. */
export async function attempt<T>(call: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call() }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

/** The code of a refusal: a known one, with words that say more. */
export function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof EnvelopeError)) throw new Error('it threw something else than an EnvelopeError', { cause: error })
  must(errorCodes.includes(error.code) && error.message.length > 10, 'a refusal has a known code and a message')
  return error.code
}

/** The oracle: what must hold of every input. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`oracle: ${what}`)
}

/** Whether two values are the same, whatever their prototypes and however their members are ordered. */
export function isSame(a: unknown, b: unknown): boolean {
  return plain(a) === plain(b)
}

export function mustAgree(a: unknown, b: unknown, what: string): void {
  if (!isSame(a, b)) throw new Error(`oracle: ${what}: ${plain(a).slice(0, 300)} and ${plain(b).slice(0, 300)}`)
}

function plain(value: unknown): string {
  return JSON.stringify([sorted(value)])
}

function sorted(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (value instanceof Map) return sorted([...(value as Map<unknown, unknown>)])
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return members.map(([name, member]) => [name, member === undefined ? undefined : { is: sorted(member) }])
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text))
export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The parts of an input between line feeds; the last one takes the rest. */
export function partsOf(input: Uint8Array, count: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  let rest = input
  while (parts.length < count - 1) {
    const end = rest.indexOf(10)
    if (end < 0) break
    parts.push(rest.subarray(0, end))
    rest = rest.subarray(end + 1)
  }
  return [...parts, rest]
}

/** A stream that gives bytes in pieces of these sizes, over and over. */
export function streamOf(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let [done, turn] = [0, 0]
  return new ReadableStream({
    pull: (controller) => {
      if (done >= bytes.length) { controller.close(); return; }
      const size = Math.max(1, sizes[turn++ % sizes.length] ?? bytes.length)
      controller.enqueue(bytes.slice(done, done + size))
      done += size
    },
  }, { highWaterMark: 0 })
}

/** All that a stream gives before it ends or breaks off. */
export async function drain(stream: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> } }): Promise<{ readonly given: Buffer; readonly error?: unknown }> {
  const reader = stream.getReader()
  const parts: Uint8Array[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { given: Buffer.concat(parts) }
      parts.push(Uint8Array.from(value ?? []))
    }
  } catch (error) {
    return { given: Buffer.concat(parts), error }
  }
}

/** Changes honest bytes as an input says, which is easier to hit upon than a few right bytes among many: 5 bytes to each change. */
export function edited(honest: Uint8Array, script: Uint8Array): Uint8Array<ArrayBuffer> {
  let bytes: Buffer = Buffer.from(honest)
  for (let at = 0; at + 5 <= script.length && at < 60; at += 5) {
    const [kind = 0, a = 0, b = 0, c = 0, value = 0] = script.subarray(at, at + 5)
    const place = ((a << 16) | (b << 8) | c) % (bytes.length + 1)
    bytes = EDITS[kind % EDITS.length]?.(bytes, place, value) ?? bytes
  }
  return new Uint8Array(bytes)
}

const BLOCK = 16_400
type Edit = (bytes: Buffer, place: number, value: number) => Buffer

const EDITS: readonly Edit[] = [
  (bytes) => bytes,
  (bytes, place, value) => (place < bytes.length ? bytes.fill((bytes[place] ?? 0) ^ value, place, place + 1) : bytes),
  (bytes, place) => bytes.subarray(0, place),
  (bytes, place, value) => Buffer.concat([bytes.subarray(0, place), Buffer.alloc(value, value), bytes.subarray(place)]),
  (bytes, place, value) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + value)]),
  // Two blocks change places, and one comes twice.
  (bytes, place, value) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + BLOCK, place + BLOCK + BLOCK * (value % 2)), bytes.subarray(place, place + BLOCK), bytes.subarray(place + 2 * BLOCK)]),
  (bytes, place, value) => Buffer.concat([bytes, bytes.subarray(place, place + value)]),
  (bytes, place, value) => (bytes.copy(bytes, place, (place + 32 * value) % (bytes.length + 1), ((place + 32 * value) % (bytes.length + 1)) + 32), bytes),
]
