import { createSecretKey } from 'node:crypto'
import { CompactEncrypt } from 'jose'
import { describe, expect, test } from 'vitest'
import { decodeHead, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { copyBytes } from '../../src/bytes.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { sealSlot } from '../../src/keys/seal-slot.js'
import { openSlot, secretReader } from '../../src/keys/slots.js'
import { describeEachBackend } from '../backends.js'
import { readerOf, sessionKeyOf } from './attacker.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { base64url, fromBase64url, rawHead, withHead } from './hostile.js'
import { keepSecretBytes } from './secrets.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { Reader } from '../../src/keys/slots.js'

const signer = freshEd25519()
const bundle = pattern(20_000)
const secret = pattern(32, 4711)
keepSecretBytes('reader secret', secret)
const sealed = await seal(signer, bundle)
const sealedForSecret = await seal(signer, bundle, { readers: [secret] })
const [genuine] = rawHead(sealed.head).keys as [string]
const reader = await readerOf(signer)
const sessionKey = await sessionKeyOf(sealed.head, signer)
const withSlots = (...keys: string[]): EnvelopeParts => withHead(sealed, (head) => (head.keys = keys))

/** A JWE by a JOSE library: what else an update server might put among the slots. */
async function joseSlot(header: object, content: Uint8Array, { kid, wrappingKey }: Reader = reader): Promise<string> {
  const full = { alg: 'A256KW', enc: 'A256GCM', kid, ...header } as { alg: string; enc: string }
  return new CompactEncrypt(content).setProtectedHeader(full).encrypt(createSecretKey(keyFor(full, wrappingKey)))
}
function keyFor({ alg, enc }: { readonly alg: string; readonly enc: string }, wrappingKey: Uint8Array): Uint8Array {
  if (alg === 'dir' && enc !== 'A256GCM') return new Uint8Array(64)
  return alg === 'A128KW' ? wrappingKey.subarray(0, 16) : wrappingKey
}

/** The genuine slot with one part made anew. */
function withPart(i: number, edit: (part: string) => string): string {
  return genuine.split('.').map((part, at) => (at === i ? edit(part) : part)).join('.')
}
/** A slot that is right but for the text of its header, which is authenticated as it stands. */
async function withSlotHeader(text: string): Promise<string> {
  const header = base64url(text)
  const contentKey = nodeBackend.randomBytes(32)
  const iv = nodeBackend.randomBytes(12)
  const sealedKey = await (await nodeBackend.gcmSealer(contentKey)).seal(iv, sessionKey, copyBytes(Buffer.from(header)))
  const wrapped = await nodeBackend.wrapKey(reader.wrappingKey, contentKey)
  return [header, ...[wrapped, iv, sealedKey.subarray(0, 32), sealedKey.subarray(32)].map(base64url)].join('.')
}
const slotHeader = (more: object): string => JSON.stringify({ alg: 'A256KW', enc: 'A256GCM', kid: signer.kid, ...more })
const resized = (size: number) => (part: string): string =>
  base64url(Buffer.concat([fromBase64url(part), pattern(40)]).subarray(0, size))
const flipped = (part: string): string => {
  const bytes = fromBase64url(part)
  bytes[3] = (bytes[3] as number) ^ 1
  return base64url(bytes)
}

/** Slots under the right kid that must be skipped; each stands alone, and before the genuine one. */
const planted: readonly (readonly [string, string])[] = [
  ['no text', ''],
  ['a word', 'garbage'],
  ['four dots', '....'],
  ['a header alone', genuine.split('.')[0] as string],
  ['four parts', genuine.split('.').slice(0, 4).join('.')],
  ['six parts', `${genuine}.AAAA`],
  ['its key flipped', withPart(1, flipped)],
  ['its IV flipped', withPart(2, flipped)],
  ['its ciphertext flipped', withPart(3, flipped)],
  ['its tag flipped', withPart(4, flipped)],
  ['a key of 32 bytes', withPart(1, resized(32))],
  ['a key of 48 bytes', withPart(1, resized(48))],
  ['a key of 24 bytes', withPart(1, resized(24))],
  ['a key of no bytes', withPart(1, () => '')],
  ['an IV of 16 bytes', withPart(2, resized(16))],
  ['an IV of 11 bytes', withPart(2, resized(11))],
  ['a ciphertext of 31 bytes', withPart(3, resized(31))],
  ['a tag of 12 bytes', withPart(4, resized(12))],
  ['a tag of 4 bytes', withPart(4, resized(4))],
  ['a tag of 17 bytes', withPart(4, resized(17))],
  ['a padded part', withPart(1, (part) => `${part}=`)],
  ['white space in its header', await withSlotHeader(slotHeader({}).replace(',', ', '))],
  ['a header given twice', await withSlotHeader(slotHeader({}).replace('{', '{"enc":"A256GCM",'))],
  ['a nested header', await withSlotHeader('['.repeat(20_000) + ']'.repeat(20_000))],
  ['zip', await withSlotHeader(slotHeader({ zip: 'DEF' }))],
  ['apu', await joseSlot({ apu: 'AA' }, sessionKey)],
  ['apv', await joseSlot({ apv: 'AA' }, sessionKey)],
  ['typ', await joseSlot({ typ: 'JWE' }, sessionKey)],
  ['cty', await joseSlot({ cty: 'octet-stream' }, sessionKey)],
  ['crit', await withSlotHeader(slotHeader({ crit: ['exp'], exp: 1 }))],
  ['alg dir', await joseSlot({ alg: 'dir' }, sessionKey)],
  ['alg A128KW', await joseSlot({ alg: 'A128KW' }, sessionKey)],
  ['alg A256GCMKW', await joseSlot({ alg: 'A256GCMKW' }, sessionKey)],
  ['alg RSA-OAEP', await withSlotHeader(slotHeader({ alg: 'RSA-OAEP' }))],
  ['alg RSA1_5', await withSlotHeader(slotHeader({ alg: 'RSA1_5' }))],
  ['alg PBES2', await withSlotHeader(slotHeader({ alg: 'PBES2-HS512+A256KW', p2s: 'AAAA', p2c: 2 ** 31 }))],
  ['alg none', await withSlotHeader(slotHeader({ alg: 'none' }))],
  ['enc A256CBC-HS512', await joseSlot({ enc: 'A256CBC-HS512' }, sessionKey)],
  ['enc A128GCM', await joseSlot({ enc: 'A128GCM' }, sessionKey)],
  ['another kid', await withSlotHeader(slotHeader({ kid: freshEd25519().kid }))],
  ['a kid that is no string', await withSlotHeader(slotHeader({ kid: 5 }))],
  ['no kid', await withSlotHeader(slotHeader({ kid: undefined }))],
  ['a session key of 0 bytes', await joseSlot({}, new Uint8Array(0))],
  ['a session key of 16 bytes', await joseSlot({}, sessionKey.subarray(0, 16))],
  ['a session key of 31 bytes', await joseSlot({}, sessionKey.subarray(0, 31))],
  ['a session key of 33 bytes', await joseSlot({}, Buffer.concat([sessionKey, Buffer.of(0)]))],
  [
    'a session key of 64 bytes, which HMAC would take too',
    await joseSlot({}, Buffer.concat([sessionKey, new Uint8Array(32)])),
  ],
  ['another session key', await sealSlot(pattern(32, 5), reader, nodeBackend)],
  ['another session key, by a JOSE library', await joseSlot({}, pattern(32, 5))],
]

describeEachBackend('slots', (backend) => {
  const device = accepting(signer, { backend })

  test.each(planted)('R33, R36: one with %s fits nobody, and the next is tried', async (_, slot) => {
    await expectRefused(() => verifyAndDecrypt(withSlots(slot), device), 'no-reader-key', /pass the reader/)
    await expectAccepted(withSlots(slot, genuine), device, bundle)
    await expectAccepted(withSlots(genuine, slot), device, bundle)
    await expectAccepted(withSlots(slot, slot, await joseSlot({}, sessionKey)), device, bundle)
  })

  test('R33: one with another order of its header is one', async () => {
    await expectAccepted(withSlots(await withSlotHeader(slotHeader({}))), device, bundle)
    const reordered = JSON.stringify({ kid: signer.kid, enc: 'A256GCM', alg: 'A256KW' })
    await expectAccepted(withSlots(await withSlotHeader(reordered)), device, bundle)
  })

  test('R36: 63 planted ones before the genuine one cost time, not the update', async () => {
    const wrong = await Promise.all(Array.from(
      { length: 63 },
      async (_, i) => sealSlot(pattern(32, i), reader, nodeBackend),
    ))
    await expectAccepted(withSlots(...wrong, genuine), device, bundle)
    await expectRefused(() => verifyAndDecrypt(withSlots(...wrong), device), 'no-reader-key')
  })

  test('R36: all removed, or all of another envelope, leave nothing to read with', async () => {
    const other = await seal(signer, bundle)
    await expectRefused(() => verifyAndDecrypt(withSlots(), device), 'no-reader-key')
    await expectRefused(() => verifyAndDecrypt(withSlots(...rawHead(other.head).keys), device), 'no-reader-key')
    await expectRefused(() => openEnvelope(withSlots().head, device), 'no-reader-key')
    await expectAccepted(other, device, bundle)
  })

  test('R35: a secret opens what was encrypted for it, and nothing else does', async () => {
    const options = accepting(signer, { backend, reader: secret })
    const mine = await seal(signer, bundle, { backend, readers: [pattern(32, 1), secret, pattern(32, 2)] })
    expect(rawHead(mine.head).keys).toHaveLength(3)
    await expectAccepted(mine, options, bundle)
    await expectRefused(
      () => verifyAndDecrypt(mine, { ...options, reader: pattern(32, 3) }),
      'no-reader-key',
      /same secret/,
    )
    await expectRefused(() => verifyAndDecrypt(mine, device), 'no-reader-key', /pass the reader/)
    await expectRefused(() => verifyAndDecrypt(sealed, options), 'no-reader-key', /same secret/)
  })

  test('R35: a secret slot of the same kid that wraps another session key is passed over', async () => {
    const secretOf = await secretReader(secret, backend)
    const wrong = await sealSlot(pattern(32, 5), secretOf, nodeBackend)
    const head = withHead(sealedForSecret, ({ keys }) => keys.unshift(wrong, 'garbage', genuine))
    await expectAccepted(head, accepting(signer, { backend, reader: secret }), bundle)
  })

  test('R37: a signer slot that was added although explicit readers were named opens with the public key', async () => {
    const key = await openedWith(secret)
    const added = withHead(sealedForSecret, ({ keys }) => keys.push(key))
    await expectAccepted(added, device, bundle)
  })
})

/** Whoever knows the session key can add slots: here one for the public key. */
async function openedWith(shared: Uint8Array<ArrayBuffer>): Promise<string> {
  const [slot] = rawHead(sealedForSecret.head).keys as [string]
  const key = await openSlot(slot, [await secretReader(shared, nodeBackend)], nodeBackend)
  return sealSlot(key as Uint8Array<ArrayBuffer>, reader, nodeBackend)
}

describe('R34, R37: which slots a publisher writes', () => {
  test('one for each signer by default', async () => {
    const rsa = freshRsa(3072)
    const both = await seal(signer, bundle, { signer: [signer.privateKey, rsa.privateKey] })
    expect(decodeHead(both.head).slots).toEqual([signer.kid, rsa.kid])
  })

  test('none for a signer where readers are named', async () => {
    const { kid } = await secretReader(secret, nodeBackend)
    expect(decodeHead(sealedForSecret.head).slots).toEqual([kid])
    expect(rawHead(sealedForSecret.head).keys).toHaveLength(1)
  })
})
