import { createHash } from 'node:crypto'
import type { Reply } from './conformance-program.js'
import type { Accepted, Refused, Vector } from './conformance-vectors.js'

/** What an answer is worth: for programs, and for people; the worst come first. */
export const VERDICTS = {
  'wrongly-accepted': 'accepted what must be refused',
  'released-too-much': 'released too much',
  'other-bytes': 'other bytes',
  'wrongly-refused': 'refused what must be accepted',
  'another-code': 'another code',
  'no-answer': 'no answer',
} as const

export type Fail = keyof typeof VERDICTS

/** What became of a vector. */
export interface Result {
  readonly vector: Vector
  readonly verdict: 'pass' | Fail
  readonly found: Found
}

/** What a program answered, without the bytes. */
export interface Found {
  /** Why there is no answer. */
  readonly reason?: string
  /** Of one that refuses. */
  readonly code?: string
  readonly output?: Accepted
}

interface Answer {
  readonly output: Buffer
  readonly code: string | undefined
}

/** As long as any code will ever be. */
const CODE_MAX = 64

export function judge(vector: Vector, reply: Reply): Result {
  const answer = 'fault' in reply ? reply.fault : readAnswer(reply.line)
  if (typeof answer === 'string') return noAnswer(vector, answer)
  const { output, code } = answer
  const found = { ...(code !== undefined && { code }), output: { size: output.length, sha256: createHash('sha256').update(output).digest('hex') } }
  return { vector, verdict: 'code' in vector.expected ? refusal(vector.expected, answer) : acceptance(vector.expected, found), found }
}

export function noAnswer(vector: Vector, reason: string): Result {
  return { vector, verdict: 'no-answer', found: { reason } }
}

function acceptance(expected: Accepted, { code, output }: { readonly code?: string; readonly output: Accepted }): 'pass' | Fail {
  if (code !== undefined) return 'wrongly-refused'
  return output.sha256 === expected.sha256 ? 'pass' : 'other-bytes'
}

function refusal(expected: Refused, { output, code }: Answer): 'pass' | Fail {
  if (code === undefined) return 'wrongly-accepted'
  if (output.length > expected.released || !output.equals(plaintext(output.length))) return 'released-too-much'
  return code === expected.code ? 'pass' : 'another-code'
}

/** The first bytes of the plaintext of each vector of which any may be released. */
function plaintext(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** An answer, or why a line is none. */
function readAnswer(line: Buffer): Answer | string {
  let value: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
    if (text.startsWith('\ufeff')) return 'its line begins with a byte order mark, which JSON has not'
    value = JSON.parse(text)
  } catch {
    return `its line of ${line.length} bytes is not JSON in UTF-8`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'its line is no JSON object'
  return answerOf(value as Readonly<Record<string, unknown>>)
}

function answerOf({ output, code, ...others }: Readonly<Record<string, unknown>>): Answer | string {
  if (Object.keys(others).length > 0) return 'its answer has members besides output and code'
  if (code !== undefined && (typeof code !== 'string' || code === '' || code.length > CODE_MAX)) return 'the code of its answer is no code of an error'
  if (output === undefined) return code === undefined ? 'its answer has neither output nor code' : { output: Buffer.alloc(0), code }
  const bytes = typeof output === 'string' ? Buffer.from(output, 'base64url') : undefined
  if (bytes?.toString('base64url') !== output) return 'the output of its answer is not base64url without padding'
  return { output: bytes, code }
}
