import { createPublicKey } from 'node:crypto'
import { CompactEncrypt, importSPKI } from 'jose'
import { describe, expect, test } from 'vitest'
import { decodeHead, verifyAndDecrypt } from '../../src/index.js'
import { parseSlot } from '../../src/keys/slots.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { base64url, fromBase64url, rawHead, reordered, withHead } from '../envelope/hostile.js'
import { bundle, craftSlot, curves, freshReader, headerOf, sealed, sessionKey, signer } from './readers.js'
import type { Curve, SlotForm, TestReader } from './readers.js'

const zeros = base64url(new Uint8Array(32))
const full = base64url(new Uint8Array(32).fill(255))
const member = (epk: object, name: string): string => (epk as Record<string, string>)[name] as string

/** The same 32 bytes in a text whose last bits are not zero. */
function trailing(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return `${text.slice(0, -1)}${alphabet[alphabet.indexOf(text.at(-1) as string) + 1] as string}`
}

const edited = (edit: (epk: Record<string, unknown>) => object): SlotForm => ({ header: (epk, kid) => headerOf(edit({ ...epk }), kid) })
const withMore = (more: object): SlotForm => ({ header: (epk, kid) => headerOf(epk, kid, more) })
const resized = (text: string, size: number): string => base64url(Buffer.concat([fromBase64url(text), pattern(40)]).subarray(0, size))

type Planted = readonly [title: string, form: SlotForm]

/** Under the right kid, by someone who knows the session key; each must fit nobody. */
const forBoth: readonly Planted[] = [
  ['apu', { ...withMore({ apu: 'QQ' }), apu: Buffer.from('A') }],
  ['an empty apu', withMore({ apu: '' })],
  ['apv', { ...withMore({ apv: 'QQ' }), apv: Buffer.from('A') }],
  ['zip', withMore({ zip: 'DEF' })],
  ['crit', withMore({ crit: ['exp'], exp: 1 })],
  ['typ', withMore({ typ: 'JWE' })],
  ['a key by reference', withMore({ jku: 'https://example.com' })],
  ['no epk', withMore({ epk: undefined })],
  ['an epk of null', withMore({ epk: null })],
  ['an epk that is text', withMore({ epk: zeros })],
  ['an epk in a list', { header: (epk, kid) => headerOf([epk], kid) }],
  ['a private epk', edited((epk) => ({ ...epk, d: zeros }))],
  ['an epk with a kid', edited((epk) => ({ ...epk, kid: 'a' }))],
  ['an epk with alg', edited((epk) => ({ ...epk, alg: 'ECDH-ES' }))],
  ['an epk without x', edited(({ x, ...epk }) => (x === undefined ? {} : epk))],
  ['an epk without crv', edited(({ crv, ...epk }) => (crv === undefined ? {} : epk))],
  ['an epk without kty', edited(({ kty, ...epk }) => (kty === undefined ? {} : epk))],
  ['an x of 31 bytes', edited((epk) => ({ ...epk, x: resized(member(epk, 'x'), 31) }))],
  ['an x of 33 bytes', edited((epk) => ({ ...epk, x: resized(member(epk, 'x'), 33) }))],
  ['no x at all', edited((epk) => ({ ...epk, x: '' }))],
  ['an x that is a number', edited((epk) => ({ ...epk, x: 5 }))],
  ['an x in base64', edited((epk) => ({ ...epk, x: `${member(epk, 'x')}=` }))],
  ['an x with bits behind its end', edited((epk) => ({ ...epk, x: trailing(member(epk, 'x')) }))],
  ['white space in its header', { header: (epk, kid) => headerOf(epk, kid).replace(',', ', ') }],
  ['a member of epk given twice', { header: (epk, kid) => headerOf(epk, kid).replace('"epk":{', `"epk":{"x":"${zeros}",`) }],
  ['alg ECDH-ES', withMore({ alg: 'ECDH-ES' })],
  ['alg ECDH-ES+A128KW', { ...withMore({ alg: 'ECDH-ES+A128KW' }), algorithm: 'ECDH-ES+A128KW' }],
  ['alg ECDH-1PU+A256KW', { ...withMore({ alg: 'ECDH-1PU+A256KW' }), algorithm: 'ECDH-1PU+A256KW' }],
  ['alg A256KW', withMore({ alg: 'A256KW' })],
  ['alg A256KW, without epk', withMore({ alg: 'A256KW', epk: undefined })],
  ['enc A256CBC-HS512', withMore({ enc: 'A256CBC-HS512' })],
  ['another name bound into its key', { algorithm: 'ECDH-ES+A128KW' }],
  ['PartyUInfo bound into its key alone', { apu: Buffer.from('A') }],
  ['the kid of another', { kid: freshReader('X25519').kid }],
  ['no kid', withMore({ kid: undefined })],
  ['another secret', { secret: pattern(32) }],
  ['a content key of 16 bytes', { contentKeySize: 16 }],
  ['a content key of 24 bytes', { contentKeySize: 24 }],
]

const forCurve: Readonly<Record<Curve, readonly Planted[]>> = {
  X25519: [
    ['the curve X448', edited((epk) => ({ ...epk, crv: 'X448' }))],
    ['the curve Ed25519', edited((epk) => ({ ...epk, crv: 'Ed25519' }))],
    ['a y', edited((epk) => ({ ...epk, y: zeros }))],
    ['kty EC', edited((epk) => ({ ...epk, kty: 'EC' }))],
    ['kty OKP and the curve of P-256', edited((epk) => ({ ...epk, crv: 'P-256' }))],
    ...[zeros, 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '7P_______________________________________38'].map(
      (x): Planted => [`a point of small order and the secret that it gives, ${x.slice(0, 4)}`, { epk: { crv: 'X25519', kty: 'OKP', x }, secret: new Uint8Array(32) }],
    ),
    ['a point on another curve', { epk: freshReader('P-256').publicJwk }],
  ],
  'P-256': [
    ['the curve P-384', edited((epk) => ({ ...epk, crv: 'P-384' }))],
    ['the curve secp256k1', edited((epk) => ({ ...epk, crv: 'secp256k1' }))],
    ['no y', edited(({ y, ...epk }) => (y === undefined ? {} : epk))],
    ['a y of 31 bytes', edited((epk) => ({ ...epk, y: resized(member(epk, 'y'), 31) }))],
    ['a y with bits behind its end', edited((epk) => ({ ...epk, y: trailing(member(epk, 'y')) }))],
    ['kty OKP', edited((epk) => ({ ...epk, kty: 'OKP' }))],
    ['a point off the curve', edited((epk) => ({ ...epk, y: member(epk, 'x') }))],
    ['the point (0, 0)', { epk: { crv: 'P-256', kty: 'EC', x: zeros, y: zeros }, secret: new Uint8Array(32) }],
    ['coordinates above the prime', { epk: { crv: 'P-256', kty: 'EC', x: full, y: full }, secret: new Uint8Array(32) }],
    ['a point on another curve', { epk: freshReader('X25519').publicJwk }],
  ],
}

const readers: Readonly<Record<Curve, TestReader>> = { X25519: freshReader('X25519'), 'P-256': freshReader('P-256') }
const cases = curves.flatMap((curve) => [...forBoth, ...forCurve[curve]].map(([title, form]) => [curve, title, form] as const))

describeEachBackend('a slot', (backend) => {
  test.each(cases)('R66, R68: for %s with %s fits nobody, and the next is tried', async (curve, _, form) => {
    const reader = readers[curve]
    const slot = craftSlot(reader, sessionKey, form)
    const device = accepting(signer, { backend, reader: reader.privateKey })
    await expectRefused(() => verifyAndDecrypt(withHead(sealed, (head) => (head.keys = [slot])), device), 'no-reader-key')
    await expectAccepted(withHead(sealed, (head) => (head.keys = [slot, craftSlot(reader, sessionKey)])), device, bundle)
  })

  test.each(curves)('R66: for %s is one in any order of its members, also in epk', async (curve) => {
    const reader = readers[curve]
    for (const form of [
      { header: (epk: object, kid: string) => JSON.stringify(reordered(JSON.parse(headerOf(epk, kid)) as object)) },
      edited((epk) => reordered(epk)),
    ]) {
      const device = accepting(signer, { backend, reader: reader.privateKey })
      await expectAccepted(withHead(sealed, (head) => (head.keys = [craftSlot(reader, sessionKey, form)])), device, bundle)
    }
  })

  test.each(curves)('R36: for %s of another session key is passed over, 63 times', async (curve) => {
    const reader = readers[curve]
    const wrong = Array.from({ length: 63 }, (_, i) => craftSlot(reader, pattern(32, i)))
    const device = accepting(signer, { backend, reader: reader.privateKey })
    await expectAccepted(withHead(sealed, (head) => (head.keys = [...wrong, craftSlot(reader, sessionKey)])), device, bundle)
    await expectRefused(() => verifyAndDecrypt(withHead(sealed, (head) => (head.keys = wrong)), device), 'no-reader-key', /public key of this reader/)
  })

  test.each(curves)('for %s is made anew for each reader and envelope, with a key of its own', async (curve) => {
    const all = await Promise.all([1, 2].map(async () => seal(signer, bundle, { backend, readers: [readers[curve].publicKey, freshReader(curve).publicKey] })))
    const slots = all.flatMap(({ head }) => rawHead(head).keys)
    const points = slots.map((slot) => JSON.stringify(parseSlot(slot)?.ephemeral))
    expect(new Set(points).size).toBe(4)
    expect(new Set(slots.flatMap((slot) => slot.split('.').slice(1))).size).toBe(16)
  })
})

describe('a header of a slot', () => {
  test('by a JOSE library with apu and apv is none of ours', async () => {
    const { publicKey, kid } = readers.X25519
    const made = await new CompactEncrypt(sessionKey)
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid })
      .setKeyManagementParameters({ apu: Buffer.from('Alice'), apv: Buffer.from('Bob') })
      .encrypt(await importSPKI(publicKey, 'ECDH-ES+A256KW'))
    expect(parseSlot(made)).toBeUndefined()
    expect(parseSlot(craftSlot(readers.X25519, sessionKey))).toMatchObject({ kid, ephemeral: { kty: 'OKP', crv: 'X25519' } })
  })

  test('shows its kid before anything is verified', () => {
    const slots = curves.map((curve) => craftSlot(readers[curve], sessionKey))
    const { head } = withHead(sealed, ({ keys }) => keys.push(...slots, craftSlot(readers.X25519, sessionKey, withMore({ apu: '' }))))
    expect(decodeHead(head).slots).toEqual([signer.kid, readers.X25519.kid, readers['P-256'].kid, undefined])
    expect(createPublicKey(readers['P-256'].publicKey).asymmetricKeyType).toBe('ec')
  })
})
