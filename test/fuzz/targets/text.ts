import { isExactForm, parseExactJson, parseLaidOutJson } from '../../../src/json.js'
import { base64Decode, base64Encode, base64urlDecode, base64urlEncode, hexDecode, hexEncode, utf8Decode, utf8Encode } from '../../../src/text.js'
import { attempt, bytesOf, isSame, must, mustAgree } from '../oracle.js'
import { decoded, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function platformText(bytes: Uint8Array): string | undefined {
  try {
    return fatal.decode(bytes)
  } catch {
    return undefined
  }
}

/** What Node decodes, where encoding it again gives the same text. */
function platformBytes(text: string, encoding: 'base64' | 'base64url'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : undefined
}

export const codecs: Target = {
  name: 'codecs',
  seeds: () => ['', 'aGk', 'aGk=', '00ff', 'é€😀', '-_-_', '+/+/'].map(bytesOf),
  run: (input) => {
    const text = Buffer.from(input).toString('latin1')
    mustAgree(base64urlDecode(text), platformBytes(text, 'base64url'), 'base64url is decoded as Node does, in its canonical form alone')
    mustAgree(base64Decode(text), platformBytes(text, 'base64'), 'base64 is decoded as Node does, in its canonical form alone')
    mustAgree(hexDecode(text), /^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : undefined, 'hex is decoded as Node does')
    must(base64urlEncode(input) === Buffer.from(input).toString('base64url') && base64Encode(input) === Buffer.from(input).toString('base64'), 'base64 is encoded as Node does')
    must(hexEncode(input) === Buffer.from(input).toString('hex'), 'hex is encoded as Node does')
    mustAgree(utf8Decode(input), platformText(input), 'UTF-8 is decoded as the platform does')
    const units = Buffer.from(input).toString('utf16le')
    mustAgree(utf8Encode(units), /\p{Surrogate}/u.test(units) ? undefined : Buffer.from(units), 'UTF-8 is encoded as Node does')
  },
}

/** Whether text is exact as the specification says it, with the platform's own decoder. */
function isExact(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return JSON.stringify(value) === text && !isDeep(value, 32) && !hasLone(value)
  } catch {
    return false
  }
}

function hasLone(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value)
  return value !== null && typeof value === 'object' && Object.entries(value).flat().some(hasLone)
}

function isDeep(value: unknown, levels: number): boolean {
  return value !== null && typeof value === 'object' && (levels === 0 || Object.values(value).some((member) => isDeep(member, levels - 1)))
}

/** The names of all objects, with those that are there twice. */
function namesIn(text: string): number {
  // Strings from the left, so that a colon behind a quote within one is none; there are no escapes.
  return [...text.matchAll(/"[^"]*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length
}

function namesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const members = Object.values(value)
  return (Array.isArray(value) ? 0 : members.length) + members.reduce<number>((sum, member) => sum + namesOf(member), 0)
}

export const json: Target = {
  name: 'json',
  seeds: () => [fixtures.manifest.json].map(decoded).concat(['{"a":[1,"x",null],"1":{}}', '{"a":1,"a":2}', '[1.0,1e3,-0]', '{ "a" : [ 1 ] }\n', '"\\u0000\\ud800"', '[[[[[[]]]]]]', '{"__proto__":1}'].map(bytesOf)),
  run: async (input) => {
    const exact = await attempt(() => parseExactJson(input, 'text'))
    const text = platformText(input)
    must((exact.code === undefined) === isExact(text), 'exact JSON is what JSON.stringify writes of it')
    must((exact.code ?? 'malformed-head') === 'malformed-head', 'what is not exact is malformed')
    if (text === undefined) return
    const free = await attempt(() => parseLaidOutJson(text, 'text'))
    if (free.code !== undefined) { must(exact.code !== undefined || /[\\ ]/.test(text), 'what is exact may be laid out as it is'); return; }
    must(namesIn(text) === namesOf(free.value), 'no member is there twice')
    must(!text.includes('\\') && isExactForm(JSON.stringify(free.value), free.value), 'laid out text has no escapes')
    must(isSame(parseLaidOutJson(JSON.stringify(free.value, null, 2), 'text'), free.value), 'layout changes nothing')
  },
}
