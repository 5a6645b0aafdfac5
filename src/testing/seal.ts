import { answerOf, checkPlain, checkSame, expectBytes, expectThrows, expectUndefined, flipBit, hex, inFlight, offsetView, sample } from './check.js'
import { knownMessages, openerOf, wholeMessage } from './gcm.js'
import { keyWrap, keyWrapAes128, keyWrapWrong } from './symmetric-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, GcmSealer } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { GcmMessage } from './gcm.js'

export const sealChecks: readonly Check[] = [
  { name: 'gcmSealer: gives the ciphertexts of the GCM submission, each followed by its 16-byte tag', needs: ['gcmSealer'], run: sealsKnown },
  { name: 'gcmSealer: seals what gcmOpener opens, of many lengths', needs: ['gcmSealer', 'gcmOpener'], run: roundTrips },
  { name: 'gcmSealer: takes no key of another length than 32 bytes, and no nonce of another than 12', needs: ['gcmSealer'], run: refusesSealLengths },
  { name: 'gcmSealer: keeps no reference to its key, leaves its arguments alone, and gives memory of its own', needs: ['gcmSealer'], run: sealsApart },
  { name: 'gcmSealer: seals as many messages in flight as it has lanes, each right', needs: ['gcmSealer'], run: sealsInFlight },
  { name: 'unwrapKey: unwraps the key of RFC 3394', needs: ['unwrapKey'], run: unwrapsKnown },
  { name: 'unwrapKey: refuses every flipped bit, and another wrapping key', needs: ['unwrapKey'], run: refusesCorrupted },
  { name: 'unwrapKey: refuses every other length', needs: ['unwrapKey'], run: refusesLengths },
  { name: 'unwrapKey: refuses keys that were wrapped in another way', needs: ['unwrapKey'], run: refusesOtherWraps },
  { name: 'wrapKey: gives the bytes of RFC 3394', needs: ['wrapKey'], run: wrapsKnown },
  { name: 'wrapKey, unwrapKey: take no wrapping key of another length than 32 bytes', needs: ['unwrapKey'], run: refusesWrappingKeys },
]

export async function sealerOf(backend: Backend, key: Bytes): Promise<GcmSealer> {
  return answerOf('gcmSealer', () => backend.gcmSealer(key))
}

const sealedOf = ({ ciphertext, tag }: GcmMessage): Bytes => Uint8Array.of(...ciphertext, ...tag)

async function sealsKnown(backend: Backend): Promise<void> {
  for (const [i, message] of knownMessages().entries()) {
    const { key, nonce, plaintext, more } = message
    const sealer = await sealerOf(backend, key)
    await expectBytes(`test case ${13 + i}`, () => (more === undefined ? sealer.seal(nonce, plaintext) : sealer.seal(nonce, plaintext, more)), sealedOf(message))
  }
}

async function roundTrips(backend: Backend): Promise<void> {
  const { key, nonce } = wholeMessage()
  const [sealer, opener] = [await sealerOf(backend, key), await openerOf(backend, key)]
  for (const length of [0, 1, 15, 16, 17, 127, 128, 129, 4095, 65_536, 262_145]) {
    const plaintext = sample(length)
    const sealed = checkPlain('sealed', await answerOf('seal', () => sealer.seal(nonce, offsetView(plaintext), sample(5))))
    checkSame('the length of what was sealed', Uint8Array.of(sealed.length - length), Uint8Array.of(16))
    await expectBytes(`${length} bytes`, () => opener.open(nonce, sealed.subarray(0, length), sealed.subarray(length), sample(5)), plaintext)
  }
}

async function refusesSealLengths(backend: Backend): Promise<void> {
  const { key, nonce, plaintext } = wholeMessage()
  for (const length of [0, 16, 24, 31, 33]) {
    await expectThrows(`sealing under a key of ${length} bytes`, async () => (await backend.gcmSealer(new Uint8Array(length))).seal(nonce, plaintext))
  }
  const sealer = await sealerOf(backend, key)
  for (const length of [0, 8, 11, 13, 16]) await expectThrows(`a nonce of ${length} bytes`, async () => sealer.seal(new Uint8Array(length), plaintext))
}

async function sealsApart(backend: Backend): Promise<void> {
  const [message, kept] = [wholeMessage(), wholeMessage()]
  const sealer = await sealerOf(backend, message.key)
  message.key.fill(0)
  const sealed = checkPlain('sealed', await answerOf('seal', () => sealer.seal(message.nonce, message.plaintext, message.more)))
  for (const part of ['nonce', 'plaintext', 'more'] as const) {
    checkSame(`${part} after seal`, message[part] as Bytes, kept[part] as Bytes)
    ;(message[part] as Bytes).fill(0xaa)
  }
  checkSame('what was sealed after its plaintext was overwritten', sealed, sealedOf(kept))
}

async function sealsInFlight(backend: Backend): Promise<void> {
  const messages = knownMessages().slice(2)
  const sealer = await sealerOf(backend, (messages[0] as GcmMessage).key)
  const all = [...messages, ...messages, ...messages]
  const sealed = await inFlight(backend, all, ({ nonce, plaintext, more }) => sealer.seal(nonce, plaintext, more))
  for (const [i, message] of all.entries()) await expectBytes(`message ${i + 1} in flight`, () => sealed[i], sealedOf(message))
}

export const wrapping = (): readonly [wrappingKey: Bytes, key: Bytes, wrapped: Bytes] => [hex(keyWrap.wrappingKey), hex(keyWrap.key), hex(keyWrap.wrapped)]

async function unwrapsKnown(backend: Backend): Promise<void> {
  const [wrappingKey, key, wrapped] = wrapping()
  await expectBytes('RFC 3394 section 4.6', () => backend.unwrapKey(wrappingKey, wrapped), key)
  const [keyView, view] = [offsetView(wrappingKey), offsetView(wrapped)]
  await expectBytes('the same in views', () => backend.unwrapKey(keyView, view), key)
  checkSame('the wrapping key', keyView, wrappingKey)
  checkSame('the wrapped key', view, wrapped)
}

async function refusesCorrupted(backend: Backend): Promise<void> {
  const [wrappingKey, , wrapped] = wrapping()
  for (let bit = 0; bit < 8 * wrapped.length; bit++) {
    await expectUndefined(`bit ${bit} flipped`, () => backend.unwrapKey(wrappingKey, flipBit(wrapped, bit)))
  }
  await expectUndefined('another wrapping key', () => backend.unwrapKey(flipBit(wrappingKey, 9), wrapped))
}

async function refusesLengths(backend: Backend): Promise<void> {
  const [wrappingKey, , wrapped] = wrapping()
  const long = Uint8Array.of(...wrapped, ...wrapped)
  for (let length = 0; length <= long.length; length++) {
    if (length === wrapped.length) continue
    await expectUndefined(`${length} bytes`, () => backend.unwrapKey(wrappingKey, long.slice(0, length)))
  }
}

async function refusesOtherWraps(backend: Backend): Promise<void> {
  const [wrappingKey] = wrapping()
  for (const [name, wrapped] of Object.entries(keyWrapWrong)) await expectUndefined(name, () => backend.unwrapKey(wrappingKey, hex(wrapped)))
}

async function wrapsKnown(backend: Backend): Promise<void> {
  const [wrappingKey, key, wrapped] = wrapping()
  const [wrappingView, view] = [offsetView(wrappingKey), offsetView(key)]
  await expectBytes('RFC 3394 section 4.6', () => backend.wrapKey(wrappingView, view), wrapped)
  checkSame('the wrapping key', wrappingView, wrappingKey)
  checkSame('the key', view, key)
}

/** Unwrapping may throw, or answer that nothing holds. */
async function refusesWrappingKeys(backend: Backend): Promise<void> {
  const [wrappingKey, key] = wrapping()
  for (const length of [0, 16, 24]) {
    const short = wrappingKey.slice(0, length)
    let unwrapped: Bytes | undefined
    try {
      unwrapped = await backend.unwrapKey(short, hex(keyWrapAes128))
    } catch {
      // As it should be.
    }
    await expectUndefined(`unwrapping with a key of ${length} bytes`, () => unwrapped)
    if ((backend as Partial<Backend>).wrapKey !== undefined) await expectThrows(`wrapping with a key of ${length} bytes`, async () => backend.wrapKey(short, key))
  }
}
