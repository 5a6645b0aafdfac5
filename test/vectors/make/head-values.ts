import { base64url, headOf, keys, link, resigned, seal, signatureBy, withHead, withHeader } from './publisher.js'
import { acceptedHead, publicOf, refusedHead } from './vectors.js'
import { padded, trailing } from './head-texts.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { Vector } from '../vector.js'

type Members = Record<string, unknown> & Record<'bundle' | 'body', Record<string, unknown>>
type Edit = (header: Members) => unknown

const full = async (): Promise<EnvelopeParts> => seal(10, { runtime: 'ios-7', expires: 1_900_000_000, meta: { a: 'b' } })
const edited = async (sealed: EnvelopeParts, edit: Edit): Promise<EnvelopeParts> => withHeader(sealed, (header) => edit(header as unknown as Members))

/** Values at the edge of what may be, by the place of the member (R13 to R17). */
const edges: readonly (readonly [name: string, Edit])[] = [
  ['names of 128 characters', (header) => ['version', 'runtime'].forEach((name) => (header[name] = 'aZ09._+-'.repeat(16)))],
  ['a name of one character', (header) => (header['version'] = '-')],
  ['created at the beginning of time', (header) => (header['created'] = 0)],
  ['created and expires in the last second of the year 9999', (header) => Object.assign(header, { created: 253_402_300_799, expires: 253_402_300_799 })],
  ['the highest sequence', (header) => (header['sequence'] = Number.MAX_SAFE_INTEGER)],
  ['a type of two names of 127 characters', ({ bundle }) => (bundle['type'] = `${'a'.repeat(127)}/9${'!#$&-^_.+'.repeat(14)}`)],
  ['1,048,576 chunks of 16 KiB', ({ bundle }) => (bundle['size'] = 17_179_869_183)],
  ['1,048,576 chunks of 256 KiB', ({ bundle, body }) => [(bundle['size'] = 274_877_906_943), (body['chunk'] = 262_144)]],
  ['meta of 16,384 bytes', (header) => (header['meta'] = { a: '\u00e4'.repeat(8188) })],
]

export async function valueEdges(): Promise<readonly Vector[]> {
  const sealed = await full()
  const open = { channel: null }
  const reader = { reader: { secret: keys.secret } }
  const forSecret = await seal(10, { readers: [Buffer.from(keys.secret, 'base64url')], expires: 1_900_000_000 })
  const vectors: Vector[] = []
  for (const [name, edit] of edges) {
    const isOfChunks = name.includes('256 KiB')
    const envelope = await edited(isOfChunks ? await seal(10, { chunkSize: 262_144 }) : sealed, edit)
    vectors.push(acceptedHead(name, 10, envelope))
  }
  const reordered = await resigned(forSecret, (text) => {
    const header = JSON.parse(text) as Members
    return JSON.stringify(Object.fromEntries(Object.entries({ ...header, bundle: Object.fromEntries(Object.entries(header.bundle).reverse()) }).reverse()))
  })
  return [...vectors, acceptedHead('members of the header in another order', 10, reordered, { ...open, ...reader })]
}

const resized = (text: unknown, size: number): string => base64url(Buffer.concat([Buffer.from(text as string, 'base64url'), Buffer.alloc(9, 5)]).subarray(0, size))
const top = (name: string, value: unknown): Edit => (header) => (header[name] = value)
const inner = (part: 'bundle' | 'body', name: string, value: unknown): Edit => (header) => (header[part][name] = value)

const malformedValues: readonly (readonly [name: string, Edit])[] = [
  ...['app', 'version', 'sequence', 'created', 'bundle', 'body'].map((name) => [`no ${name}`, (header: Members) => Reflect.deleteProperty(header, name)] as const),
  ...['size', 'checksum', 'type'].map((name) => [`no bundle.${name}`, ({ bundle }: Members) => Reflect.deleteProperty(bundle, name)] as const),
  ...['alg', 'chunk', 'salt', 'commitment', 'index'].map((name) => [`no body.${name}`, ({ body }: Members) => Reflect.deleteProperty(body, name)] as const),
  ['a version of 129 characters', top('version', 'a'.repeat(129))],
  ['a runtime of 129 characters', top('runtime', 'a'.repeat(129))],
  ['an empty version', top('version', '')],
  ['a version that is a number', top('version', 14)],
  ['a version with a space', top('version', '1.4 0')],
  ['a version with a slash', top('version', '1/4')],
  ['a version with a letter beyond ASCII', top('version', '1.4\u00e4')],
  ['a version with digits beyond ASCII', top('version', '\u0661.4')],
  ['a version with a line feed at its end', top('version', '1.4.0\n')],
  ['a version with a NUL at its end', top('version', '1.4.0\0')],
  ['a runtime that is null', top('runtime', null)],
  ['a channel that is a list', top('channel', ['production'])],
  ['an app with an @', top('app', 'com.example@app')],
  ['a sequence that is a string', top('sequence', '1000')],
  ['a sequence below zero', top('sequence', -1)],
  ['a sequence with a fraction', top('sequence', 1000.5)],
  ['a sequence of 2^53', top('sequence', 2 ** 53)],
  ['a sequence of 10^21', top('sequence', 1e21)],
  ['created below zero', top('created', -1)],
  ['created in the year 10000', top('created', 253_402_300_800)],
  ['created as text', top('created', '2026-01-01T00:00:00Z')],
  ['created that is true', top('created', true)],
  ['expires in the year 10000', top('expires', 253_402_300_800)],
  ['expires with a fraction', top('expires', 1_900_000_000.5)],
  ['expires that is null', top('expires', null)],
  ['a size below zero', inner('bundle', 'size', -1)],
  ['a size of 2^53', inner('bundle', 'size', 2 ** 53)],
  ['a size that is a string', inner('bundle', 'size', '10')],
  ['bundle is a list', (header) => ((header as Record<string, unknown>)['bundle'] = [header.bundle])],
  ['body is null', (header) => ((header as Record<string, unknown>)['body'] = null)],
  ['a type with parameters', inner('bundle', 'type', 'text/html;charset=utf-8')],
  ['a type of one name', inner('bundle', 'type', 'application')],
  ['a type of three names', inner('bundle', 'type', 'application/zip/zip')],
  ['a type with an empty second name', inner('bundle', 'type', 'application/')],
  ['a type that begins with a dot', inner('bundle', 'type', '.application/zip')],
  ['a type whose second name begins with a plus sign', inner('bundle', 'type', 'application/+zip')],
  ['a type whose first name has 128 characters', inner('bundle', 'type', `${'a'.repeat(128)}/zip`)],
  ['a type whose second name has 128 characters', inner('bundle', 'type', `application/${'a'.repeat(128)}`)],
  ['a type with a line feed at its end', inner('bundle', 'type', 'application/octet-stream\n')],
  ['a checksum of 31 bytes', ({ bundle }) => (bundle['checksum'] = resized(bundle['checksum'], 31))],
  ['a checksum of 33 bytes', ({ bundle }) => (bundle['checksum'] = resized(bundle['checksum'], 33))],
  ['a checksum in hex', ({ bundle }) => (bundle['checksum'] = Buffer.from(bundle['checksum'] as string, 'base64url').toString('hex'))],
  ['a checksum with padding', ({ bundle }) => (bundle['checksum'] = padded(bundle['checksum'] as string))],
  ['a checksum with bits behind its end', ({ bundle }) => (bundle['checksum'] = trailing(bundle['checksum'] as string))],
  ['a salt of 23 bytes', ({ body }) => (body['salt'] = resized(body['salt'], 23))],
  ['a salt of 25 bytes', ({ body }) => (body['salt'] = resized(body['salt'], 25))],
  ['a commitment of 31 bytes', ({ body }) => (body['commitment'] = resized(body['commitment'], 31))],
  ['a commitment of 33 bytes', ({ body }) => (body['commitment'] = resized(body['commitment'], 33))],
  ['an index of 31 bytes', ({ body }) => (body['index'] = resized(body['index'], 31))],
  ['an index of 33 bytes', ({ body }) => (body['index'] = resized(body['index'], 33))],
  ['an index with bits behind its end', ({ body }) => (body['index'] = trailing(body['index'] as string))],
  ['meta is a list', top('meta', ['a'])],
  ['meta is null', top('meta', null)],
  ['meta with a number', top('meta', { a: 1 })],
  ['meta with an object', top('meta', { a: {} })],
]

const otherValues: readonly (readonly [code: ErrorCode, name: string, Edit])[] = [
  ['unsupported', 'chunks of 65,536 bytes', inner('body', 'chunk', 65_536)],
  ['unsupported', 'chunks of no bytes', inner('body', 'chunk', 0)],
  ['unsupported', 'the cipher in lower case', inner('body', 'alg', 'aes-256-gcm')],
  ['unsupported', 'an unknown member of bundle', inner('bundle', 'name', 'app.zip')],
  ['unsupported', 'an unknown member of body', inner('body', 'nonce', 'AAAA')],
  ['unsupported', 'a member constructor of body', inner('body', 'constructor', 'a')],
  ['unsupported', 'a member toString of the header', top('toString', 'a')],
  ['unsupported', 'a member hasOwnProperty of bundle', inner('bundle', 'hasOwnProperty', true)],
  ['unsupported', 'a member that differs from a known one in case', top('App', 'a')],
  ['limit-exceeded', 'a chunk of 16 KiB too many', inner('bundle', 'size', 17_179_869_184)],
  ['limit-exceeded', 'the largest size that there is', inner('bundle', 'size', Number.MAX_SAFE_INTEGER)],
  ['limit-exceeded', 'a chunk of 256 KiB too many', ({ bundle, body }) => [(bundle['size'] = 274_877_906_944), (body['chunk'] = 262_144)]],
  ['limit-exceeded', 'meta of 16,385 bytes', top('meta', { a: `${'\u00e4'.repeat(8188)}a` })],
]

/** Signed headers with one value that may not be (R8, R13 to R17). */
export async function wrongValues(): Promise<readonly Vector[]> {
  const sealed = await full()
  const vectors: Vector[] = []
  const all = [...malformedValues.map(([name, edit]) => ['malformed-head', name, edit] as const), ...otherValues]
  for (const [code, name, edit] of all) vectors.push(refusedHead(code, `header: ${name}`, await edited(sealed, edit)))
  for (const [where, text] of [['the header', '{'], ['bundle', '"bundle":{'], ['body', '"body":{']] as const) {
    const envelope = await resigned(sealed, (header) => header.replace(text, `${text}"__proto__":{},`))
    vectors.push(refusedHead('unsupported', `header: a member __proto__ of ${where}`, envelope))
  }
  return vectors
}

/** How much a head may hold (R2, R11); those of 262,144 bytes and one more are in slots.json. */
export async function headLimits(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const [slot] = headOf(sealed).keys as [string]
  const unknown = await signatureBy(keys.stranger, headOf(sealed).payload)
  const signatures = (count: number): EnvelopeParts => withHead(sealed, (head) => (head.signatures = [...Array.from({ length: count - 1 }, () => unknown), ...head.signatures]))
  const slots = (count: number): EnvelopeParts => withHead(sealed, (head) => (head.keys = [...Array.from({ length: count - 1 }, () => ''), slot]))
  const delegation = await link(keys.ed25519, { key: publicOf(keys.second), notBefore: 0, notAfter: 4_000_000_000 })
  const chain = (count: number): EnvelopeParts => withHead(sealed, (head) => (head.chain = Array.from({ length: count }, () => delegation)))
  return [
    acceptedHead('eight signatures, of which one is known', 10, signatures(8)),
    refusedHead('limit-exceeded', 'nine signatures', signatures(9)),
    acceptedHead('64 slots, of which the last fits', 10, slots(64)),
    refusedHead('limit-exceeded', '65 slots', slots(65)),
    acceptedHead('eight links, which nobody needs', 10, chain(8)),
    refusedHead('limit-exceeded', 'nine links', chain(9)),
  ]
}
