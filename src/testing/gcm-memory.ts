import { answerOf, checkPlain, checkSame, expectBytes, expectUndefined, fail, flipBit, inFlight } from './check.js'
import { knownMessages, messageOf, openerOf, openMessage, wholeMessage } from './gcm.js'
import { gcmKnown } from './gcm-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, GcmOpener } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { GcmMessage } from './gcm.js'
import type { GcmVector } from './gcm-vectors.js'

export const gcmMemoryChecks: readonly Check[] = [
  { name: 'gcmOpener: keeps no reference to its key', needs: ['gcmOpener'], run: copiesKey },
  { name: 'gcmOpener: gives a plaintext in memory of its own', needs: ['gcmOpener'], run: givesOwnMemory },
  { name: 'gcmOpener: gives each plaintext in other memory', needs: ['gcmOpener'], run: givesFreshMemory },
  { name: 'gcmOpener: opens as many messages in flight as it has lanes, each right', needs: ['gcmOpener'], run: opensInFlight },
  { name: 'gcmOpener: goes on after a message that it refused', needs: ['gcmOpener'], run: goesOn },
  { name: 'gcmOpener: is independent of openers of other keys', needs: ['gcmOpener'], run: keepsKeysApart },
  { name: 'release: takes any bytes, and touches no others', needs: ['release', 'gcmOpener'], run: releasesAlone },
  { name: 'release: leaves a view of larger memory readable around it', needs: ['release'], run: releasesViews },
]

async function opened(opener: GcmOpener, message: GcmMessage): Promise<Bytes> {
  return checkPlain('the plaintext', await answerOf('open', () => openMessage(opener, message)))
}

/** A message with parts that nobody else holds. */
function fresh(): GcmMessage {
  return wholeMessage()
}

async function copiesKey(backend: Backend): Promise<void> {
  const message = fresh()
  const opener = await openerOf(backend, message.key)
  message.key.fill(0)
  await expectBytes('a message after the key was overwritten', () => openMessage(opener, message), message.plaintext)
}

async function givesOwnMemory(backend: Backend): Promise<void> {
  const [message, kept] = [fresh(), fresh()]
  const opener = await openerOf(backend, message.key)
  const plaintext = await opened(opener, message)
  for (const part of ['nonce', 'ciphertext', 'tag', 'more'] as const) {
    checkSame(`${part} after open`, message[part] as Bytes, kept[part] as Bytes)
    ;(message[part] as Bytes).fill(0xaa)
  }
  checkSame('the plaintext after its ciphertext was overwritten', plaintext, kept.plaintext)
  plaintext.fill(0x55)
  checkSame('the ciphertext after its plaintext was overwritten', message.ciphertext, kept.ciphertext.map(() => 0xaa))
}

async function givesFreshMemory(backend: Backend): Promise<void> {
  const [first, second] = [fresh(), { ...messageOf(gcmKnown[2] as GcmVector) }]
  const opener = await openerOf(backend, first.key)
  const one = await opened(opener, first)
  const other = await opened(opener, second)
  checkSame('the first plaintext after a second was opened', one, first.plaintext)
  one.fill(0)
  checkSame('the second plaintext after the first was overwritten', other, second.plaintext)
  const [again, same] = [await opened(opener, first), await opened(opener, first)]
  same.fill(0xff)
  checkSame('a plaintext after another of the same length was overwritten', again, first.plaintext)
  checkSame('the second plaintext after more were opened', other, second.plaintext)
}

async function opensInFlight(backend: Backend): Promise<void> {
  const [whole, bare] = [fresh(), messageOf(gcmKnown[2] as GcmVector)]
  const opener = await openerOf(backend, whole.key)
  const broken = { ...bare, tag: flipBit(bare.tag, 5) }
  const messages = [whole, bare, broken, whole, broken, bare, bare, whole]
  const answers = await inFlight(backend, messages, (message) => openMessage(opener, message))
  for (const [i, message] of messages.entries()) {
    const what = `message ${i + 1} of ${messages.length} in flight`
    if (message === broken) await expectUndefined(what, () => answers[i])
    else await expectBytes(what, () => answers[i], message.plaintext)
  }
}

async function goesOn(backend: Backend): Promise<void> {
  const message = fresh()
  const opener = await openerOf(backend, message.key)
  for (const tag of [flipBit(message.tag, 0), message.tag.slice(0, 12), new Uint8Array(0)]) {
    await expectUndefined(`a wrong tag of ${tag.length} bytes`, () => openMessage(opener, { ...message, tag }))
    await expectBytes('the message after a refused one', () => openMessage(opener, message), message.plaintext)
  }
}

async function keepsKeysApart(backend: Backend): Promise<void> {
  const messages = knownMessages()
  const openers: GcmOpener[] = []
  for (const { key } of messages) openers.push(await openerOf(backend, key))
  for (const [i, message] of messages.entries()) await expectBytes(`message ${i + 1}`, () => openMessage(openers[i] as GcmOpener, message), message.plaintext)
}

async function releasesAlone(backend: Backend): Promise<void> {
  const message = fresh()
  const opener = await openerOf(backend, message.key)
  const [one, other] = [await opened(opener, message), await opened(opener, message)]
  await answerOf('release', () => backend.release?.(one))
  checkSame('another plaintext after one was released', other, message.plaintext)
  for (const part of ['nonce', 'ciphertext', 'tag', 'key', 'more'] as const) {
    checkSame(`${part} after the plaintext was released`, message[part] as Bytes, fresh()[part] as Bytes)
  }
  await expectBytes('the next plaintext', () => openMessage(opener, message), message.plaintext)
  checkSame('another plaintext after more was opened', other, message.plaintext)
  await answerOf('release of nothing', () => backend.release?.(new Uint8Array(0)))
}

async function releasesViews(backend: Backend): Promise<void> {
  const memory = new Uint8Array(100).fill(7)
  await answerOf('release', () => backend.release?.(memory.subarray(10, 20)))
  const isWhole = memory.length === 100 && memory.every((byte, i) => byte === 7 || (i >= 10 && i < 20))
  if (!isWhole) fail('release took memory in which other bytes lie')
}
