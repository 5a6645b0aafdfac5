import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readCapgoConfig } from '../../src/capgo.js'
import { parseExactJson } from '../../src/json.js'
import { parseHead } from '../../src/format/head.js'
import { parseManifest } from '../../src/format/manifest.js'
import { parseObjectList } from '../../src/format/object-list.js'
import { generateKeyPair, openEnvelope, verifyAndDecryptStream } from '../../src/index.js'
import { nobleDeviceBackend } from '../../src/noble.js'
import { encodePbes2, readPbes2 } from '../../src/keys/pbes2.js'
import { parseTrustStore } from '../../src/trust/store.js'
import { base64urlDecode, utf8Decode, utf8Encode } from '../../src/text.js'
import { accepting, refusal, seal } from '../envelope/helpers.js'
import { rawHead, withSignedText } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { growth, isQuadratic, leastCpu } from './cost.js'

const HEAD_MAX = 262_144
const signer = freshEd25519()
const options = accepting(signer)
const sealed = await seal(signer, new Uint8Array(0))
const settled = (work: () => unknown) => async (): Promise<unknown> => Promise.resolve().then(work).catch(() => undefined)
const text = (length: number, unit: string): string => unit.repeat(Math.floor(length / unit.length))
const digest = (name: string): string => createHash('sha256').update(name).digest('base64url')
const fileOf = (path: string, i: number): object => ({ path, size: i, sha256: digest(`s${i}`), object: { index: digest(`i${i}`), key: digest(`k${i}`), chunk: 16_384 } })
const manifestOf = (paths: readonly string[]): Uint8Array => Buffer.from(JSON.stringify({ files: paths.map(fileOf) }))
const store = JSON.stringify({ epoch: 1, threshold: 1, minSequence: 0, keys: [{ key: { kty: 'OKP', crv: 'Ed25519', x: digest('x') }, status: 'active' }] })

/** Reads of inputs of about so many bytes. What they find is of no interest. */
const readers: readonly (readonly [string, number, (size: number) => () => unknown])[] = [
  ['white space in a head', 60_000, (size) => ((head) => () => parseHead(head))(sealed.head.replace('{', `{${' '.repeat(size)}`))],
  ['a head of numbers', 60_000, (size) => settled(((head) => () => parseHead(head))(`[0${text(size, ',0')}]`))],
  ['a head that nests', 60_000, (size) => settled(((head) => () => parseHead(head))('['.repeat(size / 2) + ']'.repeat(size / 2)))],
  ['a head of unknown members', 40_000, (size) => settled(((head) => () => parseHead(head))(`{${Array.from({ length: size / 10 }, (_, i) => `"m${i}":0`).join(',')}}`))],
  ['a head of escapes', 60_000, (size) => settled(((head) => () => parseHead(head))(`{"payload":"${text(size, '\\u0041')}"}`))],
  ['white space in a trust store', 60_000, (size) => ((spaced) => () => parseTrustStore(spaced))(store.replace('{', `{${'\n'.repeat(size)}`))],
  ['exact JSON', 100_000, (size) => ((bytes) => () => parseExactJson(bytes, 'it'))(Buffer.from(JSON.stringify(Array.from({ length: size / 8 }, (_, i) => [i]))))],
  ['base64url', 100_000, (size) => ((encoded) => () => base64urlDecode(encoded))('A'.repeat(size))],
  ['UTF-8 of three bytes', 100_000, (size) => ((bytes) => () => utf8Decode(bytes))(Buffer.from(text(size / 3, '\u20ac')))],
  ['UTF-8 to be written', 50_000, (size) => ((long) => () => utf8Encode(long))(text(size, '\u20ac'))],
  ['a manifest', 400, (size) => ((bytes) => () => parseManifest(bytes))(manifestOf(Array.from({ length: size }, (_, i) => `f${i}`)))],
  ['folders of a manifest', 100, (size) => ((bytes) => () => parseManifest(bytes))(manifestOf(Array.from({ length: size }, (_, i) => `${'d/'.repeat(31)}${i}/${'e/'.repeat(31)}f`)))],
  ['an object list', 1000, (size) => ((bytes) => () => parseObjectList(bytes))(Buffer.from(JSON.stringify({ objects: Array.from({ length: size }, (_, i) => i.toString(16).padStart(64, '0')) })))],
  ...(['capacitor.config.ts', 'capacitor.config.json'] as const).flatMap((name) =>
    ['[],', '{"a":0},', '"\\u0041",', '0,'].map((unit) => [`${unit} in ${name}`, 10_000, (size: number) => ((code) => () => readCapgoConfig(code, name))(`${name.endsWith('.ts') ? 'export default ' : ''}{"a":[${text(size, unit)}0]}`)] as const),
  ),
  ['comments that do not end, in a script', 10_000, (size) => settled(((code) => () => readCapgoConfig(code, 'a.ts'))(text(size, '/*')))],
  ['templates that do not end, in a script', 10_000, (size) => settled(((code) => () => readCapgoConfig(code, 'a.ts'))(text(size, '`${')))],
]

describe('four times the input takes less than nine times as long', () => {
  test.each(readers)('%s', async (_, size, workOf) => {
    expect(await growth(size, workOf)).toSatisfy((factor: number) => !isQuadratic(factor))
  })

  test('and work that is quadratic is found', async () => {
    const pairs = (size: number) => (): number => {
      let sum = 0
      for (let i = 0; i < size; i++) for (let k = 0; k < size; k++) sum = (sum + (i ^ k)) | 0
      return sum
    }
    expect(await growth(2000, pairs)).toSatisfy(isQuadratic)
  })
})

/** Ten times what bench/bounds.mjs has measured. */
describe('the largest inputs take less than ten times what they took', () => {
  const heads: readonly (readonly [string, string, number])[] = [
    ['white space', sealed.head.replace('{', `{${' '.repeat(HEAD_MAX - sealed.head.length)}`), 210],
    ['lists that nest', '['.repeat(HEAD_MAX / 2) + ']'.repeat(HEAD_MAX / 2), 350],
    ['numbers', `[0${text(HEAD_MAX - 3, ',0')}]`, 140],
    ['characters of three bytes', `{"payload":"${text((HEAD_MAX - 20) / 3, '\u20ac')}"}`, 180],
    ['members', `{${Array.from({ length: 23_000 }, (_, i) => `"${i.toString(36).padStart(4, '0')}":0`).join(',')}}`, 380],
  ]
  test.each(heads)('a head of 262,144 bytes: %s', async (_, head, most) => {
    expect(await leastCpu(settled(() => openEnvelope(head, options)), 2)).toBeLessThan(most)
  })

  test.each(['X25519', 'P-256'] as const)('64 slots for a device with %s, of which none fits, in pure JavaScript too', async (type) => {
    const pair = await generateKeyPair(type)
    const made = await Promise.all(Array.from({ length: 65 }, async () => seal(signer, new Uint8Array(0), { readers: [pair.publicKey] })))
    const [own, ...others] = made.map(({ head }) => rawHead(head))
    const head = JSON.stringify({ ...own, keys: others.flatMap(({ keys }) => keys) })
    const device = { ...options, reader: pair.privateKey }
    expect((await refusal(() => openEnvelope(head, device))).code).toBe('no-reader-key')
    expect(await leastCpu(settled(() => openEnvelope(head, device)), 2)).toBeLessThan(750)
    expect(await leastCpu(settled(() => openEnvelope(head, { ...device, backend: nobleDeviceBackend })), 2)).toBeLessThan(3600)
  })
})

describe('memory is taken for bytes that are there', () => {
  test('a stream without an end is left after the signed length and one piece', async () => {
    let given = 0
    const payload = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(given++ === 0 ? sealed.payload : new Uint8Array(65_536))
      },
    }, { highWaterMark: 0 })
    const { bundle } = await verifyAndDecryptStream({ head: sealed.head, payload }, options)
    expect((await refusal(() => bundle.getReader().read())).code).toBe('trailing-data')
    expect(given).toBe(2)
  })

  test('a head that claims 1,048,576 chunks takes their index of 32 MiB, and one chunk more nothing', async () => {
    const sized = (size: number): string => withSignedText(sealed, signer, (header) => header.replace('"size":0', `"size":${size}`)).head
    const most = 1_048_576 * 16_384
    expect((await openEnvelope(sized(most - 1), options)).indexRange.end).toBe(2 ** 25 + 56)
    expect((await refusal(() => openEnvelope(sized(most), options))).code).toBe('limit-exceeded')
  })

  test('iterations of a passphrase end at 10,000,000', async () => {
    const claiming = (iterations: number): Uint8Array => encodePbes2({ prf: 'SHA-256', salt: new Uint8Array(16), iterations, iv: new Uint8Array(16), ciphertext: new Uint8Array(48) })
    expect(readPbes2(claiming(10_000_000)).iterations).toBe(10_000_000)
    expect((await refusal(() => readPbes2(claiming(10_000_001)))).code).toBe('bad-key')
  })
})
