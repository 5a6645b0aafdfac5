import { EnvelopeError } from './errors.js'
import { base64urlDecode, utf8Decode } from './text.js'
import type { Bytes } from './bytes.js'

/** Checks one value of parsed JSON and gives it its type; `where` names it in messages. */
export type Check<T> = (value: unknown, where: string) => T

type Checks = Readonly<Record<string, Check<unknown>>>
type Checked<Required extends Checks, Optional extends Checks> = {
  readonly [Name in keyof Required]: ReturnType<Required[Name]>
} & { readonly [Name in keyof Optional]?: ReturnType<Optional[Name]> }

export function malformed(where: string, wanted: string): EnvelopeError {
  return new EnvelopeError('malformed-head', `${where} ${wanted}: it was damaged, or written by a broken tool`)
}

/**
 * JSON in exact form: UTF-8 that equals the compact ECMAScript re-serialisation of what it parses to. That
 * leaves one reading only: no duplicate members, `42.0`, `-0`, white space or BOM. Lone surrogates are refused,
 * which UTF-8 can't hold, and of which their escape would be the exact form.
 *
 * @throws EnvelopeError `malformed-head`
 */ // R7
export function parseExactJson(bytes: Uint8Array, where: string): unknown {
  const text = utf8Decode(bytes)
  if (text === undefined) throw malformed(where, 'is not UTF-8')
  const value = parseJson(text, where)
  if (!isExactForm(text, value) || hasLoneSurrogate(text)) throw malformed(where, 'is not JSON in its exact compact form')
  return value
}

/** Of an exact form, where all other characters above U+001F stand as they are, once its escaped backslashes are gone. */
function hasLoneSurrogate(text: string): boolean {
  return text.replace(/\\\\/g, '').includes('\\ud')
}

/**
 * JSON that storage may lay out anew: order of members and white space between tokens are free. Its strings hold neither
 * white space nor escapes, so what is left must be the exact form, which leaves no room for a duplicate member.
 *
 * @throws EnvelopeError `malformed-head`
 */
export function parseLaidOutJson(text: string, where: string): unknown {
  const value = parseJson(text, where)
  // R10
  if (text.includes('\\') || !isExactForm(text.replace(/[ \t\r\n]+/g, ''), value)) throw malformed(where, 'has duplicate members or escaped strings')
  return value
}

/** What an object is as JSON text; it is read here, and not again. */
export function textOfObject(value: object, where: string): string {
  const depths = new Map<unknown, number>()
  try {
    // Depth is bounded here too (R84), but what others' objects give may change: it is not looked at before.
    return JSON.stringify(value, function (this: unknown, _, inner: unknown) {
      const depth = (depths.get(this) ?? 0) + 1
      if (depth > DEPTH_MAX + 1) throw new RangeError()
      depths.set(inner, depth)
      return inner
    })
  } catch (cause) {
    throw malformed(where, `is no JSON object (${cause instanceof RangeError ? 'nested too deeply' : 'not serialisable'})`)
  }
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed(where, 'is not JSON')
  }
}

/** Whether `text` is what `JSON.stringify` makes of `value`; deep nesting counts as no. */
export function isExactForm(text: string, value: unknown): boolean {
  try {
    return stringify(value) === text
  } catch {
    return false
  }
}

/** Levels of lists and objects that are taken; the format itself has five. */
const DEPTH_MAX = 32

/** JavaScriptCore works for half a second at a text that nests 100,000 times, before it gives up. */ // R84
function stringify(value: unknown): string {
  if (isDeeper(value, DEPTH_MAX)) throw new RangeError()
  return JSON.stringify(value)
}

function isDeeper(value: unknown, depth: number): boolean {
  return typeof value === 'object' && value !== null && (depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1)))
}

/**
 * An object with all `required` and none but the `optional` members besides. Neither what is read nor what is
 * returned has a prototype to find a member on.
 *
 * @throws EnvelopeError `malformed-head`; `unsupported` for a member that this version does not know
 */
export function readObject<Required extends Checks, Optional extends Checks>(
  value: unknown,
  where: string,
  required: Required,
  optional: Optional,
): Checked<Required, Optional> {
  const source = asObject(value, where)
  const members = Object.keys(source).map((name) => {
    const check = ownMember(required, name) ?? ownMember(optional, name)
    // R8
    if (check === undefined) {
      throw new EnvelopeError('unsupported', `${where} has a member that this version of otaseal does not know: update it`)
    }
    return [name, check(source[name], `${where}.${name}`)]
  })
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(source, name)) throw malformed(where, `lacks the member "${name}"`)
  }
  return Object.assign(Object.create(null), Object.fromEntries(members)) as Checked<Required, Optional>
}

function ownMember(checks: Checks, name: string): Check<unknown> | undefined {
  return Object.hasOwn(checks, name) ? checks[name] : undefined
}

export function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(where, 'is not an object')
  return value as Record<string, unknown>
}

export const anyString: Check<string> = (value, where) => {
  if (typeof value !== 'string') throw malformed(where, 'is not a string')
  return value
}

export function matching(pattern: RegExp): Check<string> {
  return (value, where) => {
    if (!pattern.test(anyString(value, where))) throw malformed(where, `does not match ${pattern.source}`)
    return value as string
  }
}

/** The one text that this version knows; any other is `unsupported`. */ // R85
export function constant<Text extends string>(text: Text): Check<Text> {
  return (value, where) => {
    if (anyString(value, where) !== text) throw new EnvelopeError('unsupported', `${where} is not ${text}`)
    return text
  }
}

export function integerUpTo(most: number): Check<number> {
  return (value, where) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
      throw malformed(where, `is not a whole number from 0 to ${most}`)
    }
    return value
  }
}

/** Canonical unpadded base64url of any bytes, decoded. */ // R9
export const base64urlBytes: Check<Bytes> = (value, where) => {
  const bytes = base64urlDecode(anyString(value, where))
  if (bytes === undefined) throw malformed(where, 'is not canonical unpadded base64url')
  return bytes
}

/** Canonical unpadded base64url of exactly `length` bytes, left as text. */
export function base64urlOf(length: number): Check<string> {
  return (value, where) => {
    if (base64urlBytes(value, where).length !== length) throw malformed(where, `does not hold ${length} bytes`)
    return value as string
  }
}

/** An array of `least` to `most` elements; more is `limit-exceeded`. */
export function listOf<T>(check: Check<T>, least: number, most: number): Check<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw malformed(where, 'is not an array')
    if (value.length < least) throw malformed(where, `has fewer than ${least} elements`)
    if (value.length > most) throw new EnvelopeError('limit-exceeded', `${where} has more than ${most} elements`)
    return value.map((element, i) => check(element, `${where}[${i}]`))
  }
}
