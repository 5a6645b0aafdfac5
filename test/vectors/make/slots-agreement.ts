import { base64url, fromBase64url, keys, seal, withHead } from './publisher.js'
import { agree, agreementHeader, concatKdf, pairs, sessionKeyOf, slotOf } from './slot.js'
import { basePoint, basePointAbovePrime, basePointWithHighBit, offCurve, smallOrders, smallX, smallXAbovePrime, withZeroByte, zeroPoint } from './slots-points.js'
import { acceptedHead, jwk, refusedHead, serverAccepts } from './vectors.js'
import { padded, trailing } from './head-texts.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { Agreed, Curve } from './slot.js'
import type { Vector } from '../vector.js'

const curves: readonly Curve[] = ['X25519', 'P-256']
const zeros = base64url(new Uint8Array(32))

interface Planted {
  /** In place of a key pair for this slot. */
  readonly agreed?: () => Agreed
  /** More members of the header, or others. */
  readonly more?: object
  readonly epk?: (epk: Record<string, unknown>) => unknown
  readonly text?: (header: string) => string
  readonly derive?: (secret: Uint8Array) => Uint8Array
}

type Case = readonly [name: string, form: Planted]
const text = (epk: Record<string, unknown>, name: string): string => epk[name] as string
const without = (name: string) => (epk: Record<string, unknown>): object => Object.fromEntries(Object.entries(epk).filter(([member]) => member !== name))
const changed = (name: string, edit: (value: string) => unknown): Planted => ({ epk: (epk) => ({ ...epk, [name]: edit(text(epk, name)) }) })
const resized = (size: number) => (value: string): string => base64url(Buffer.concat([fromBase64url(value), Buffer.alloc(1)]).subarray(0, size))

/** By someone who knows the session key, who derives as the header says; each fits nobody (R66, R67, R68). */
const forBoth: readonly Case[] = [
  ['apu', { more: { apu: 'QQ' }, derive: (secret) => concatKdf(secret, undefined, 'A') }],
  ['an empty apv', { more: { apv: '' } }],
  ['PartyVInfo in its derivation alone', { derive: (secret) => concatKdf(secret, undefined, '', 'A') }],
  ['alg ECDH-ES', { more: { alg: 'ECDH-ES' }, derive: (secret) => concatKdf(secret, 'A256GCM') }],
  ['alg ECDH-ES+A128KW', { more: { alg: 'ECDH-ES+A128KW' }, derive: (secret) => concatKdf(secret, 'ECDH-ES+A128KW') }],
  ['enc A128GCM', { more: { enc: 'A128GCM' } }],
  ['alg A256KW beside epk', { more: { alg: 'A256KW' } }],
  ['the secret as wrapping key, without derivation', { derive: (secret) => secret }],
  ['another name in its derivation', { derive: (secret) => concatKdf(secret, 'A256GCM') }],
  ['the kid of another', { more: { kid: zeros } }],
  ['crit', { more: { crit: ['apu'] } }],
  ['an epk that is null', { epk: () => null }],
  ['an epk that is text', { epk: (epk) => epk['x'] }],
  ['an epk with d', { epk: (epk) => ({ ...epk, d: zeros }) }],
  ['an epk with kid', { epk: (epk) => ({ ...epk, kid: 'a' }) }],
  ['an epk without crv', { epk: without('crv') }],
  ['an epk without kty', { epk: without('kty') }],
  ['an epk without x', { epk: without('x') }],
  ['an x of 31 bytes', changed('x', resized(31))],
  ['an x of 33 bytes', changed('x', resized(33))],
  ['an x with padding', changed('x', padded)],
  ['an x with bits behind its end', changed('x', trailing)],
  ['a member of epk twice', { text: (header) => header.replace('"epk":{', `"epk":{"x":"${zeros}",`) }],
]

const forCurve: Readonly<Record<Curve, readonly Case[]>> = {
  X25519: [
    ['a y', { epk: (epk) => ({ ...epk, y: zeros }) }],
    ['crv X448', changed('crv', () => 'X448')],
    ['kty EC', changed('kty', () => 'EC')],
    ['u that is not below the field prime', { agreed: () => basePointAbovePrime }],
    ['u with its highest bit', { agreed: () => basePointWithHighBit }],
    ...smallOrders.map((agreed, i): Case => [`u of small order, ${['zero', 'one', 'the field prime less one'][i] as string}`, { agreed: () => agreed }]),
  ],
  'P-256': [
    ['an epk without y', { epk: without('y') }],
    ['a y of 31 bytes', changed('y', resized(31))],
    ['a y with bits behind its end', changed('y', trailing)],
    ['crv P-384', changed('crv', () => 'P-384')],
    ['kty OKP', changed('kty', () => 'OKP')],
    ['a point on a curve with another b', { agreed: offCurve }],
    ['the point (0, 0)', { agreed: () => zeroPoint }],
    ['x that is not below the field prime', { agreed: () => smallXAbovePrime }],
  ],
}

/** Slots that are unusual and fit. */
const honest: Readonly<Record<Curve, readonly Case[]>> = {
  X25519: [['the base point as ephemeral key', { agreed: () => basePoint }]],
  'P-256': [['an x that begins with zeros', { agreed: () => smallX }]],
}

function slotFor(curve: Curve, sessionKey: Uint8Array, { agreed = () => agree(curve), more = {}, epk: edit = (same) => same, text: retext, derive = concatKdf }: Planted): string {
  const { epk, secret } = agreed()
  const header = agreementHeader(curve, edit(epk), more)
  return slotOf({ header, wrappingKey: derive(secret), sessionKey, ...(retext && { text: retext }) })
}

export async function agreementSlots(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { readers: [fromBase64url(keys.secret)] })
  const sessionKey = await sessionKeyOf(sealed)
  const with_ = (...slots: readonly string[]): EnvelopeParts => withHead(sealed, (head) => (head.keys = [...slots]))
  return curves.flatMap((curve) => {
    const reader = { reader: jwk(pairs[curve]) }
    const make = (form: Planted): string => slotFor(curve, sessionKey, form)
    const planted = [...forBoth, ...forCurve[curve]].map(([name, form]) => [name, make(form)] as const)
    const good: readonly Case[] = [
      ['a slot', {}],
      ['a shared secret that begins with a zero', { agreed: () => withZeroByte(curve) }],
      ['members of a slot and of its epk in another order', {
        epk: (epk) => Object.fromEntries(Object.entries(epk).reverse()),
        text: (header) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(header) as object).reverse())),
      }],
      ...honest[curve],
    ]
    return [
      ...good.map(([name, form]) => acceptedHead(`${curve}: ${name}`, 10, with_(make(form)), reader)),
      acceptedHead(`${curve}: all slots that fit nobody, and then one that does`, 10, with_(...planted.map(([, slot]) => slot), make({})), reader),
      ...planted.map(([name, slot]) => serverAccepts(refusedHead('no-reader-key', `${curve}: ${name}`, with_(slot), reader))),
    ]
  })
}
