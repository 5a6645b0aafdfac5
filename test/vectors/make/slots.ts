import { createHash } from 'node:crypto'
import { NOW, backend, base64url, fromBase64url, headOf, keys, seal, withHead } from './publisher.js'
import { sessionKeyOf, slotOf } from './slot.js'
import { agreementSlots } from './slots-agreement.js'
import { signerSlots } from './slots-signer.js'
import { acceptedHead, refusedHead, serverAccepts } from './vectors.js'
import { trailing } from './head-texts.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { SlotForm } from './slot.js'
import type { DeviceVectorOptions, Vector, VectorFile } from '../vector.js'

const about = ['Heads with key slots of all kinds, and which a reader finds. README.md beside this file says what each member means.']

export async function makeFamily(): Promise<VectorFile> {
  return { about, vectors: [...(await secretSlots()), ...(await largest()), ...(await agreementSlots()), ...(await signerSlots())] }
}

const secret = fromBase64url(keys.secret)
const reader: Partial<DeviceVectorOptions> = { reader: { secret: keys.secret } }
const kid = createHash('sha256').update('otaseal v2 secret').update(secret).digest('base64url')
const header = { alg: 'A256KW', enc: 'A256GCM', kid }
const cut = (i: number, edit: (part: string) => string) => (parts: string[]): string[] => parts.map((part, j) => (i === j ? edit(part) : part))
const withBytes = (edit: (bytes: Uint8Array) => Uint8Array) => (part: string): string => base64url(edit(fromBase64url(part)))
const shorter = withBytes((bytes) => bytes.subarray(0, -1))
const longer = withBytes((bytes) => Uint8Array.of(...bytes, 0))

/** Slots under the right kid that fit nobody (R33, R36). */
const forms: readonly (readonly [name: string, Partial<SlotForm>])[] = [
  ['alg A256GCMKW', { header: { ...header, alg: 'A256GCMKW' } }],
  ['alg dir', { header: { ...header, alg: 'dir' } }],
  ['alg A128KW', { header: { ...header, alg: 'A128KW' } }],
  ['enc A128GCM', { header: { ...header, enc: 'A128GCM' } }],
  ['enc A256CBC-HS512', { header: { ...header, enc: 'A256CBC-HS512' } }],
  ['no alg', { header: { enc: 'A256GCM', kid } }],
  ['no kid', { header: { alg: 'A256KW', enc: 'A256GCM' } }],
  ['the kid of another', { header: { ...header, kid: 'A'.repeat(43) } }],
  ['a kid that is the secret\'s plain digest', { header: { ...header, kid: createHash('sha256').update(secret).digest('base64url') } }],
  ['zip', { header: { ...header, zip: 'DEF' } }],
  ['crit', { header: { ...header, crit: ['exp'], exp: 1 } }],
  ['typ', { header: { ...header, typ: 'JWE' } }],
  ['epk beside A256KW', { header: { ...header, epk: { kty: 'OKP', crv: 'X25519', x: keys.x25519.x } } }],
  ['a member __proto__', { text: (text) => text.replace('{', '{"__proto__":{},') }],
  ['white space in its header', { text: (text) => text.replace(',', ', ') }],
  ['a member of its header twice', { text: (text) => text.replace('{', '{"alg":"A256KW",') }],
  ['an escape in its header', { text: (text) => text.replace('A256KW', '\\u0041256KW') }],
  ['a header that is a list', { text: (text) => `[${text}]` }],
  ['a content key of 16 bytes', { contentKeySize: 16 }],
  ['a content key of 24 bytes', { contentKeySize: 24 }],
  ['an encrypted key of 39 bytes', { parts: cut(1, shorter) }],
  ['an encrypted key of 41 bytes', { parts: cut(1, longer) }],
  ['an empty encrypted key', { parts: cut(1, () => '') }],
  ['an IV of 11 bytes', { ivSize: 11 }],
  ['an IV of 16 bytes', { ivSize: 16 }],
  ['a session key of 31 bytes', { sessionKey: new Uint8Array(31) }],
  ['a session key of 33 bytes', { sessionKey: new Uint8Array(33) }],
  ['another session key', { sessionKey: new Uint8Array(32) }],
  ['a tag of 15 bytes', { parts: cut(4, shorter) }],
  ['a tag of 12 bytes', { parts: cut(4, withBytes((bytes) => bytes.subarray(0, 12))) }],
  ['a tag of 17 bytes', { parts: cut(4, longer) }],
  ['another tag', { parts: cut(4, withBytes((bytes) => bytes.map((byte) => byte ^ 1))) }],
  ['an encrypted key with padding', { parts: cut(1, (part) => `${part}==`) }],
  ['a ciphertext with padding', { parts: cut(3, (part) => `${part}=`) }],
  ['a ciphertext with bits behind its end', { parts: cut(3, trailing) }],
  ['four parts', { parts: (parts) => parts.slice(0, 4) }],
  ['six parts', { parts: (parts) => [...parts, ''] }],
  ['another wrapping key', { wrappingKey: fromBase64url(keys.otherSecret) }],
]

async function secretSlots(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { readers: [secret] })
  const honest = { header, wrappingKey: secret, sessionKey: await sessionKeyOf(sealed) }
  const [own] = headOf(sealed).keys as [string]
  const with_ = (...slots: readonly string[]): EnvelopeParts => withHead(sealed, (head) => (head.keys = [...slots]))
  const made = forms.map(([name, form]) => [name, slotOf({ ...honest, ...form })] as const)
  const planted = made.map(([, slot]) => slot)
  const refused = (name: string, ...slots: readonly string[]): Vector => serverAccepts(refusedHead('no-reader-key', `secret: ${name}`, with_(...slots), reader))
  const reordered = { alg: 'A256KW', kid, enc: 'A256GCM' }
  return [
    ...made.map(([name, slot]) => refused(name, slot)),
    refused('an empty slot', ''),
    refused('a slot of dots', '....'),
    refused('a slot that is no JWE', 'slot'),
    refused('a letter beyond ASCII', `${own.slice(0, -1)}\u00e4`),
    refused('64 slots that fit nobody', ...Array.from({ length: 64 }, (_, i) => planted[i % planted.length] as string)),
    acceptedHead('secret: members of a slot in another order', 10, with_(slotOf({ ...honest, header: reordered })), reader),
    acceptedHead('secret: all slots of before, and then one that fits', 10, with_('', '....', 'slot', ...planted, own), reader),
    acceptedHead('secret: a slot of another session key before the one that fits', 10, with_(slotOf({ ...honest, sessionKey: new Uint8Array(32) }), own), reader),
    acceptedHead('secret: a slot that fits before all others', 10, with_(own, ...planted), reader),
    acceptedHead('secret: of a kind that nobody knows, then one that fits', 10, with_(`${base64url('{"alg":"ML-KEM-768"}')}.AAAA`, own), reader),
    acceptedHead('secret: the same slot twice', 10, with_(own, own), reader),
    serverAccepts(refusedHead('no-reader-key', 'secret: no reader but the trusted keys', with_(own))),
    serverAccepts(refusedHead('no-reader-key', 'secret: a slot for the trusted key, and a device that is told its reader', await seal(10), { ...reader, now: NOW })),
  ]
}

/** The largest head that there may be: 64 slots, of which the last fits (R2, R11, R36). */
async function largest(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { readers: [secret] })
  const own = headOf(sealed).keys[0] as string
  const slots = Array.from({ length: 63 }, (_, i) => base64url(backend.randomBytes(9 + i)))
  const filled = (size: number): EnvelopeParts => {
    const short = withHead(sealed, (head) => (head.keys = ['', ...slots.slice(1), own]))
    const filler = 'A'.repeat(size - Buffer.byteLength(short.head))
    return withHead(short, (head) => (head.keys[0] = filler))
  }
  return [
    acceptedHead('a head of 262,144 bytes with 64 slots, of which the last fits', 10, filled(262_144), reader),
    refusedHead('limit-exceeded', 'a head of 262,145 bytes, but for its size the same', filled(262_145), reader),
  ]
}
