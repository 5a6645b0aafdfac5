import { answerOf, checkSame, expectBytes, expectUndefined, flipBit, hex, offsetView } from './check.js'
import { GCM_LONG, gcmAes128, gcmKnown, gcmLong, gcmOtherNonces } from './gcm-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend, GcmOpener } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { GcmVector } from './gcm-vectors.js'

const needs = ['gcmOpener'] as const

export const gcmChecks: readonly Check[] = [
  { name: 'gcmOpener: opens the messages of the GCM submission, empty ones too', needs, run: opensKnown },
  { name: 'gcmOpener: opens a message of many blocks', needs, run: opensLong },
  { name: 'gcmOpener: refuses a tag of any other length than 16 bytes', needs, run: refusesTagLengths },
  { name: 'gcmOpener: refuses a message whose tag begins elsewhere', needs, run: refusesMovedBorder },
  { name: 'gcmOpener: refuses a nonce of any other length than 12 bytes', needs, run: refusesNonceLengths },
  { name: 'gcmOpener: refuses every flipped bit of ciphertext, tag and nonce', needs, run: refusesFlippedBits },
  { name: 'gcmOpener: refuses other additional data, more, less, and none', needs, run: refusesAdditionalData },
  { name: 'gcmOpener: takes empty additional data for none', needs, run: takesEmptyAdditionalData },
  { name: 'gcmOpener: refuses messages under another key', needs, run: refusesOtherKeys },
  { name: 'gcmOpener: takes no key of another length than 32 bytes, which would be another cipher', needs, run: refusesKeyLengths },
  { name: 'gcmOpener: reads no more than a view of memory shows, and leaves it alone', needs, run: readsViews },
]

/** The parts of a vector. */
export interface GcmMessage {
  readonly key: Bytes
  readonly nonce: Bytes
  readonly plaintext: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
  readonly more: Bytes | undefined
}

export function messageOf({ additionalData, ...vector }: GcmVector): GcmMessage {
  return {
    key: hex(vector.key),
    nonce: hex(vector.nonce),
    plaintext: hex(vector.plaintext),
    ciphertext: hex(vector.ciphertext),
    tag: hex(vector.tag),
    more: additionalData === undefined ? undefined : hex(additionalData),
  }
}

export const knownMessages = (): readonly GcmMessage[] => gcmKnown.map(messageOf)

/** Test case 16, which has all parts. */
export function wholeMessage(): GcmMessage {
  return messageOf(gcmKnown[3] as GcmVector)
}

export async function openerOf(backend: Backend, key: Bytes): Promise<GcmOpener> {
  return answerOf('gcmOpener', () => backend.gcmOpener(key))
}

export function openMessage(opener: GcmOpener, { nonce, ciphertext, tag, more }: Omit<GcmMessage, 'key' | 'plaintext'>): Awaitable<Bytes | undefined> {
  return more === undefined ? opener.open(nonce, ciphertext, tag) : opener.open(nonce, ciphertext, tag, more)
}

/** The opener of a message's key, after it has opened the message: what it refuses then is refused for its own reason. */
async function working(backend: Backend, message: GcmMessage): Promise<GcmOpener> {
  const opener = await openerOf(backend, message.key)
  await expectBytes('the message itself', () => openMessage(opener, message), message.plaintext)
  return opener
}

async function opensKnown(backend: Backend): Promise<void> {
  for (const [i, message] of knownMessages().entries()) {
    const opener = await openerOf(backend, message.key)
    await expectBytes(`test case ${13 + i}`, () => openMessage(opener, message), message.plaintext)
  }
}

async function opensLong(backend: Backend): Promise<void> {
  const plaintext = Uint8Array.from({ length: GCM_LONG }, (_, i) => (7 * i + 3) % 251)
  const message = { ...wholeMessage(), plaintext, ciphertext: hex(gcmLong.ciphertext), tag: hex(gcmLong.tag) }
  const opener = await working(backend, message)
  for (const bit of [0, 8 * 300, 8 * GCM_LONG - 1]) {
    await expectUndefined(`bit ${bit} flipped`, () => openMessage(opener, { ...message, ciphertext: flipBit(message.ciphertext, bit) }))
  }
}

async function refusesTagLengths(backend: Backend): Promise<void> {
  for (const message of knownMessages()) {
    const opener = await working(backend, message)
    const long = Uint8Array.of(...message.tag, ...message.tag)
    for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 32]) {
      const tag = long.slice(0, length)
      await expectUndefined(`a tag of ${length} bytes`, () => openMessage(opener, { ...message, tag }))
    }
  }
}

async function refusesMovedBorder(backend: Backend): Promise<void> {
  const message = wholeMessage()
  const opener = await working(backend, message)
  const sealed = Uint8Array.of(...message.ciphertext, ...message.tag)
  for (let border = 0; border <= sealed.length; border++) {
    if (border === message.ciphertext.length) continue
    const moved = { ...message, ciphertext: sealed.subarray(0, border), tag: sealed.subarray(border) }
    await expectUndefined(`a tag that begins at byte ${border}`, () => openMessage(opener, moved))
  }
}

async function refusesNonceLengths(backend: Backend): Promise<void> {
  for (const message of gcmOtherNonces.map(messageOf)) {
    const opener = await openerOf(backend, message.key)
    await expectUndefined(`a nonce of ${message.nonce.length} bytes, of a message that is made with it`, () => openMessage(opener, message))
  }
  const message = wholeMessage()
  const opener = await working(backend, message)
  for (const length of [0, 1, 11, 13, 16]) {
    const nonce = Uint8Array.of(...message.nonce, 0, 0, 0, 1).slice(0, length)
    await expectUndefined(`a nonce of ${length} bytes`, () => openMessage(opener, { ...message, nonce }))
  }
}

async function refusesFlippedBits(backend: Backend): Promise<void> {
  const message = wholeMessage()
  const opener = await working(backend, message)
  for (const part of ['ciphertext', 'tag', 'nonce'] as const) {
    for (let bit = 0; bit < 8 * message[part].length; bit++) {
      await expectUndefined(`${part}, bit ${bit} flipped`, () => openMessage(opener, { ...message, [part]: flipBit(message[part], bit) }))
    }
  }
  const shorter = message.ciphertext.slice(0, -1)
  await expectUndefined('a ciphertext without its last byte', () => openMessage(opener, { ...message, ciphertext: shorter }))
  await expectUndefined('an empty ciphertext', () => openMessage(opener, { ...message, ciphertext: new Uint8Array(0) }))
}

async function refusesAdditionalData(backend: Backend): Promise<void> {
  const message = wholeMessage()
  const opener = await working(backend, message)
  const more = message.more as Bytes
  for (let bit = 0; bit < 8 * more.length; bit += 7) {
    await expectUndefined(`additional data, bit ${bit} flipped`, () => openMessage(opener, { ...message, more: flipBit(more, bit) }))
  }
  await expectUndefined('no additional data', () => openMessage(opener, { ...message, more: undefined }))
  await expectUndefined('empty additional data', () => openMessage(opener, { ...message, more: new Uint8Array(0) }))
  await expectUndefined('less additional data', () => openMessage(opener, { ...message, more: more.slice(0, -1) }))
  await expectUndefined('more additional data', () => openMessage(opener, { ...message, more: Uint8Array.of(...more, 0) }))
  const bare = messageOf(gcmKnown[2] as GcmVector)
  await expectUndefined('additional data that was not sealed', () => openMessage(opener, { ...bare, more }))
}

async function takesEmptyAdditionalData(backend: Backend): Promise<void> {
  const bare = messageOf(gcmKnown[2] as GcmVector)
  const opener = await working(backend, bare)
  await expectBytes('empty additional data', () => openMessage(opener, { ...bare, more: new Uint8Array(0) }), bare.plaintext)
}

async function refusesOtherKeys(backend: Backend): Promise<void> {
  const message = wholeMessage()
  await working(backend, message)
  for (const bit of [0, 127, 128, 255]) {
    const other = await openerOf(backend, flipBit(message.key, bit))
    await expectUndefined(`a key with bit ${bit} flipped`, () => openMessage(other, message))
  }
}

/** It may throw when it is given the key, or open nothing. */
async function refusesKeyLengths(backend: Backend): Promise<void> {
  for (const message of [messageOf(gcmAes128), ...[0, 24, 31, 33, 64].map((length) => ({ ...wholeMessage(), key: new Uint8Array(length) }))]) {
    let opened: Bytes | undefined
    try {
      opened = await openMessage(await backend.gcmOpener(message.key), message)
    } catch {
      continue
    }
    await expectUndefined(`a message under a key of ${message.key.length} bytes`, () => opened)
  }
}

async function readsViews(backend: Backend): Promise<void> {
  const whole = wholeMessage()
  const { key, nonce, ciphertext, tag, more } = whole
  const views = { ...whole, key: offsetView(key), nonce: offsetView(nonce), ciphertext: offsetView(ciphertext), tag: offsetView(tag), more: offsetView(more as Bytes) }
  const opener = await openerOf(backend, views.key)
  await expectBytes('a message in views', () => openMessage(opener, views), whole.plaintext)
  for (const part of ['key', 'nonce', 'ciphertext', 'tag', 'more'] as const) checkSame(part, views[part], whole[part] as Bytes)
  const sealed = Uint8Array.of(...ciphertext, ...tag)
  const joined = { ...whole, ciphertext: sealed.subarray(0, ciphertext.length), tag: sealed.subarray(ciphertext.length) }
  await expectBytes('a tag that follows its ciphertext in memory', () => openMessage(opener, joined), whole.plaintext)
  checkSame('ciphertext and tag', sealed, Uint8Array.of(...ciphertext, ...tag))
}
