import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EnvelopeError, splitEnvelope, verifyAndDecrypt } from '../src/index.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import type { DeviceVectorOptions, Vector, VectorFile } from './vectors/vector.js'

const root = new URL('..', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const ajv = new Ajv2020({ strict: true, strictRequired: false })
const names = readdirSync(new URL('docs/schema', root)).map((name) => name.replace(/\.json$/, ''))
const schemas = new Map(names.map((name) => [name, ajv.compile(JSON.parse(textOf(`docs/schema/${name}.json`)) as object)]))
const schema = (name: string): ValidateFunction => schemas.get(name) as ValidateFunction

const vectors = readdirSync(new URL('test/vectors', root))
  .filter((name) => name.endsWith('.json') && name !== 'keys.json')
  .flatMap((name) => (JSON.parse(textOf(`test/vectors/${name}`)) as VectorFile).vectors.map((vector) => ({ ...vector, name: `${name}: ${vector.name}` })))
const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
const decoded = (text: string): unknown => JSON.parse(utf8(Buffer.from(text, 'base64url')))

/** A part of an envelope as its JSON has it, and the schema that it must have; of `undefined`, text that is no JSON. */
type Part = readonly [schema: string, value: unknown]

interface Jws {
  readonly payload: string
  readonly signatures: readonly { readonly protected: string }[]
}
interface Head extends Jws {
  readonly keys: readonly string[]
  readonly chain?: readonly string[]
}

const protectedParts = ({ signatures }: Jws): Part[] => signatures.map((signature) => ['protected', decoded(signature.protected)])

/** All JSON of a head; a slot that is broken is left out, since that refuses no head. */
function headParts(value: unknown): Part[] {
  const head = value as Head
  const links = (head.chain ?? []).map((link) => link.split('.'))
  return [
    ['head', head],
    ['header', decoded(head.payload)],
    ...protectedParts(head),
    ...links.flatMap(([first = '', second = '']): Part[] => [['protected', decoded(first)], ['link', decoded(second)]]),
  ]
}

function storeParts(trust: unknown): Part[] {
  const isStore = typeof trust === 'object' && trust !== null && !Array.isArray(trust) && 'keys' in trust
  return isStore ? [['trust-store', trust]] : []
}

async function partsOf({ operation, input, options, code }: Vector): Promise<Part[]> {
  const bytes = Uint8Array.from(Buffer.from(input, 'base64url'))
  const device = options as DeviceVectorOptions
  if (operation === 'trust-store') return [['trust-store', JSON.parse(utf8(bytes))]]
  if (operation === 'trust-update') {
    const update = JSON.parse(utf8(bytes)) as Jws
    return [['trust-update', update], ['trust-store', decoded(update.payload)], ...protectedParts(update), ...storeParts(device.trust)]
  }
  if (operation === 'object') return [['manifest', { files: [(options as { entry: unknown }).entry] }]]
  const parts = [...headParts(JSON.parse(operation === 'head' ? utf8(bytes) : splitEnvelope(bytes).head)), ...storeParts(device.trust)]
  return operation === 'manifest' && code === undefined ? [...parts, ['manifest', await manifestOf(bytes, device)]] : parts
}

async function manifestOf(envelope: Uint8Array, { reader, ...options }: DeviceVectorOptions): Promise<unknown> {
  const key = reader === undefined ? undefined : 'secret' in reader ? Uint8Array.from(Buffer.from(reader.secret, 'base64url')) : reader.jwk
  // maxSize is that of all files of a manifest together.
  const { bundle } = await verifyAndDecrypt(envelope, { ...options, reader: key, maxSize: undefined })
  return JSON.parse(utf8(bundle))
}

const firstSlotHeader = (input: string): unknown => {
  const { head } = splitEnvelope(Uint8Array.from(Buffer.from(input, 'base64url')))
  return decoded((JSON.parse(head) as Head).keys.at(-1)?.split('.')[0] ?? '')
}

describe('R7 to R17, R55, R60, R61, R63, R72: the JSON Schemas of the specification', () => {
  test('are those of its table', () => {
    const section = textOf('docs/spec.md').split('| schema | of |')[1]?.split('\n## ')[0] ?? ''
    expect([...section.matchAll(/^\| `([a-z-]+)\.json`/gm)].map(([, name]) => name).sort()).toEqual([...names].sort())
    expect(names).toHaveLength(9)
  })

  test.each(vectors.filter(({ code }) => code === undefined))('accept $name', async (vector) => {
    const parts = await partsOf(vector)
    expect(parts).not.toEqual([])
    for (const [name, value] of parts) expect(schema(name)(value) || schema(name).errors, name).toBe(true)
    if (vector.operation === 'envelope') expect(schema('slot-header')(firstSlotHeader(vector.input))).toBe(true)
  })

  const forms = ['unsupported', 'malformed-head', 'limit-exceeded', 'bad-trust-store', 'bad-key', 'bad-manifest', 'not-an-envelope', 'truncated']
  test.each(vectors.filter(({ code }) => code !== undefined && !forms.includes(code)))('refuse nothing of $name, which is well-formed', async (vector) => {
    const parts = await partsOf(vector).catch((error: unknown) => {
      if (error instanceof EnvelopeError) return []
      throw error
    })
    for (const [name, value] of parts) expect(schema(name)(value) || schema(name).errors, name).toBe(true)
  })
})

const B32 = 'A'.repeat(43)
const entry = { key: { kty: 'OKP', crv: 'Ed25519', x: B32 }, status: 'active' }
const file = { path: 'a', size: 9, sha256: B32, object: { index: B32, key: B32, chunk: 16384 } }
const good: Readonly<Record<string, object>> = {
  'head': { payload: 'AAAA', signatures: [{ protected: 'AAAA', signature: '' }], keys: [] },
  'header': {
    app: 'a', version: '1', sequence: 0, created: 0, bundle: { size: 0, checksum: B32, type: 'a/b' },
    body: { alg: 'AES-256-GCM', chunk: 16384, salt: 'A'.repeat(32), commitment: B32, index: B32 },
  },
  'protected': { alg: 'PS256', kid: B32, typ: 'otaseal-head-v2' },
  'slot-header': { alg: 'A256KW', enc: 'A256GCM', kid: B32 },
  'link': { key: entry.key, notBefore: 0, notAfter: 1 },
  'trust-store': { epoch: 1, threshold: 1, minSequence: 0, keys: [entry] },
  'trust-update': { payload: 'AAAA', signatures: [{ protected: 'AAAA', signature: '' }] },
  'manifest': { files: [file] },
  'object-list': { objects: ['0'.repeat(64)] },
}

/** What replaces the value at the end of a path; `undefined` takes it out. */
const wrong: readonly (readonly [schema: string, path: string, value: unknown])[] = [
  ['head', 'payload', undefined], ['head', 'payload', 'AB'], ['head', 'payload', 'AA=='], ['head', 'extra', 1], ['head', 'signatures', []],
  ['head', 'signatures', Array(9).fill({ protected: 'AAAA', signature: '' })], ['head', 'signatures.0.header', {}], ['head', 'keys', Array(65).fill('')],
  ['head', 'keys', ['a b']], ['head', 'keys', ['a\\']], ['head', 'keys', [1]], ['head', 'chain', []], ['head', 'chain', ['AAAA.AAAA']],
  ['head', 'chain', ['AAAA.AAAA.']], ['head', 'chain', ['AAAA.AAAA.AAAA.AAAA']], ['head', 'chain', Array(9).fill('AAAA.AAAA.AAAA')],
  ['header', 'app', undefined], ['header', 'app', ''], ['header', 'app', 'a b'], ['header', 'version', 'x'.repeat(129)], ['header', 'sequence', -1],
  ['header', 'sequence', 1.5], ['header', 'sequence', 2 ** 53], ['header', 'sequence', '1'], ['header', 'created', 253402300800], ['header', 'expires', null],
  ['header', 'bundle.size', undefined], ['header', 'bundle.checksum', 'A'.repeat(42)], ['header', 'bundle.checksum', `${'A'.repeat(42)}B`],
  ['header', 'bundle.type', 'a'], ['header', 'bundle.type', 'a/b; c=d'], ['header', 'body.alg', 'AES-128-GCM'], ['header', 'body.chunk', 65536],
  ['header', 'body.salt', 'A'.repeat(31)], ['header', 'body.iv', ''], ['header', 'meta', { a: 1 }], ['header', 'meta', []],
  ['protected', 'alg', ''], ['protected', 'alg', 'a b'], ['protected', 'kid', 'A'], ['protected', 'typ', 'JWT'], ['protected', 'crit', []], ['protected', 'alg', undefined],
  ['slot-header', 'alg', 'A128KW'], ['slot-header', 'alg', 'ECDH-ES+A256KW'], ['slot-header', 'apu', ''], ['slot-header', 'epk', { kty: 'OKP', crv: 'X25519', x: B32 }],
  ['slot-header', 'enc', 'A128GCM'], ['slot-header', 'kid', undefined],
  ['link', 'key', { ...entry.key, d: B32 }], ['link', 'key', { kty: 'EC', crv: 'P-256', x: B32, y: B32 }], ['link', 'key.kid', 'a'], ['link', 'apps', []],
  ['link', 'apps', Array(65).fill('a')], ['link', 'notAfter', undefined], ['link', 'maxSequence', -1],
  ['trust-store', 'epoch', 0], ['trust-store', 'threshold', 0], ['trust-store', 'threshold', 9], ['trust-store', 'minSequence', undefined], ['trust-store', 'keys', []],
  ['trust-store', 'keys', Array(65).fill(entry)], ['trust-store', 'keys.0.status', 'lost'], ['trust-store', 'keys.0.status', 'retired'],
  ['trust-store', 'keys.0.lastSequence', 1], ['trust-store', 'keys.0.key.x', 'A'], ['trust-store', 'keys.0.key.alg', 'EdDSA'], ['trust-store', 'keys.0.channels', ['a b']],
  ['trust-update', 'keys', []], ['trust-update', 'payload', 1], ['trust-update', 'signatures', undefined],
  ['manifest', 'files', undefined], ['manifest', 'version', 2], ['manifest', 'files.0.path', ''], ['manifest', 'files.0.path', 'x'.repeat(1025)],
  ['manifest', 'files.0.size', -1], ['manifest', 'files.0.object.encoding', 'br'], ['manifest', 'files.0.object.size', 3],
  ['manifest', 'files.0.object.chunk', 1], ['manifest', 'files.0.object.key', undefined], ['manifest', 'files.0.mode', 420],
  ['object-list', 'objects', ['0'.repeat(63)]], ['object-list', 'objects', ['A'.repeat(64)]], ['object-list', 'objects', ['0'.repeat(64), '0'.repeat(64)]],
  ['object-list', 'objects', undefined],
]

describe('the JSON Schemas of the specification refuse', () => {
  test.each(Object.entries(good))('nothing of a good %s: the control of what follows', (name, value) => {
    expect(schema(name)(value) || schema(name).errors).toBe(true)
    expect(wrong.some(([other]) => other === name)).toBe(true)
  })

  test.each(wrong.map(([name, path, value]) => ({ name, path, value })))('$name whose $path is $value', ({ name, path, value }) => {
    const copy = structuredClone(good[name] ?? {})
    const steps = path.split('.')
    const last = steps.pop() ?? ''
    const holder = steps.reduce((inner, step) => inner[step] as Record<string, unknown>, copy as Record<string, unknown>)
    if (value === undefined) Reflect.deleteProperty(holder, last)
    else holder[last] = value
    expect(schema(name)(copy)).toBe(false)
  })
})

test('R72, R79: the manifest and the object list of the specification are accepted', () => {
  const section = textOf('docs/spec.md').split('\n## 11. Manifests\n')[1] ?? ''
  expect(schema('manifest')(JSON.parse(/```json\n([^`]*)```/.exec(section)?.[1] ?? ''))).toBe(true)
  expect(schema('object-list')(JSON.parse(section.match(/\{"objects":\["[^`]*\}/)?.[0] ?? ''))).toBe(true)
})
