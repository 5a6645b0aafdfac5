import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { EnvelopeError, checkKeyPair, decodeHead, encryptBundle, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { rawHead, withHead, withHeadText } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { DeviceBackend } from '../../src/device.js'

const signer = freshEd25519()
const bundle = pattern(40_000)
const sealed = await seal(signer, bundle)

describe('R10: of a head that storage has laid out anew', () => {
  test('members may stand in another order, with white space between tokens', async () => {
    const { payload, signatures, keys } = rawHead(sealed.head)
    const head = JSON.stringify({ keys, signatures, payload }, null, '\t')
    await expectAccepted({ head, payload: sealed.payload }, accepting(signer), bundle)
  })

  test.each([
    ['escapes in a slot', JSON.stringify(['a\nb']).slice(1, -1)],
    ['an escaped surrogate in a slot', '"\\ud800"'],
    ['white space in a slot', '"a b"'],
  ])('%s are refused, though slots are not signed', async (_, slot) => {
    const bad = withHeadText(sealed, (text) => text.replace('"keys":[', `"keys":[${slot},`))
    await expectRefused(async () => verifyAndDecrypt(bad, accepting(signer)), 'malformed-head', /escaped strings/)
    const harmless = withHead(sealed, ({ keys }) => keys.unshift('ab'))
    await expectAccepted(harmless, accepting(signer), bundle)
  })

  test('an object that is nested too deeply is malformed, and no mistake of the program', async () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown
    const head = { ...rawHead(sealed.head), keys: deep }
    // Where there is stack enough to read it, it is no list of slots.
    await expectRefused(() => decodeHead(head), 'malformed-head', /nested too deeply|keys\[0\] is not a string/)
    await expectRefused(async () => verifyAndDecrypt({ ...sealed, head }, accepting(signer)), 'malformed-head')
  })
})

describe('what a caller gets is not what is trusted', () => {
  test('the header is frozen, and changing what it was made of changes no check', async () => {
    const opened = await openEnvelope(sealed.head, accepting(signer))
    const { header } = opened
    for (const part of [header, header.bundle, header.body]) expect(Object.isFrozen(part)).toBe(true)
    const forged = new Uint8Array(sealed.payload.subarray(0, opened.indexRange.end))
    forged[0] = (forged[0] ?? 0) ^ 1
    const digest = createHash('sha256').update(forged).digest('base64url')
    expect(() => Object.assign(header.body, { index: digest })).toThrow(TypeError)
    await expectRefused(async () => opened.setIndex(forged), 'bad-index')
  })

  test('meta is frozen too', async () => {
    const withMeta = await seal(signer, bundle, { meta: { commit: 'abc' } })
    const { header } = await verifyAndDecrypt(withMeta, accepting(signer))
    expect(header.meta).toEqual({ commit: 'abc' })
    expect(Object.isFrozen(header.meta)).toBe(true)
  })
})

describe('R8: members that a polluted Object.prototype would supply', () => {
  afterEach(() => {
    for (const name of ['channel', 'expires', 'chain']) Reflect.deleteProperty(Object.prototype, name)
  })

  test('are not found in a head', async () => {
    const plain = await seal(signer, bundle, { channel: undefined })
    for (const [name, value] of Object.entries({ channel: 'production', expires: 5, chain: 5 })) {
      Reflect.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: false })
    }
    await expectRefused(async () => verifyAndDecrypt(plain, accepting(signer)), 'wrong-channel')
    await expectAccepted(plain, accepting(signer, { channel: null }), bundle)
  })
})

describe('a backend that a caller brings', () => {
  const withVerdict = (verdict: unknown): DeviceBackend => ({ ...nodeBackend, verify: () => verdict as boolean })

  test.each([['false'], [1], [{}], [undefined]])('whose verdict is %j has verified nothing', async (verdict) => {
    const options = accepting(signer, { backend: withVerdict(verdict) })
    await expectRefused(async () => verifyAndDecrypt(sealed, options), 'bad-signature')
  })

  test('that says true is believed: the control', async () => {
    await expectAccepted(sealed, accepting(signer, { backend: withVerdict(true) }), bundle)
  })

  test('whose lanes change during the call leaves no chunk unchecked', async () => {
    const forged = { head: sealed.head, payload: new Uint8Array(sealed.payload) }
    forged.payload[forged.payload.length - 100] = (forged.payload.at(-100) ?? 0) ^ 1
    for (const lanes of [0, 2, 64, -1]) {
      const backend = { ...nodeBackend, lanes: 1 }
      const onProgress = (): void => { backend.lanes = lanes }
      const options = accepting(signer, { backend, checksum: false, onProgress })
      await expectRefused(async () => verifyAndDecrypt(forged, options), 'bad-chunk')
      const early = { ...nodeBackend, lanes: 1 }
      const call = verifyAndDecrypt(forged, accepting(signer, { backend: early, checksum: false }))
      early.lanes = lanes
      await expectRefused(async () => call, 'bad-chunk')
    }
  })

  test('whose lanes differ each time they are read is asked for them once', async () => {
    let reads = 0
    const backend = { ...nodeBackend, get lanes() { return reads++ === 0 ? 1 : 0 } }
    await expectAccepted(sealed, accepting(signer, { backend }), bundle)
    expect(reads).toBe(1)
  })

  test('that lacks one algorithm still counts signatures of the other (R26)', async () => {
    const other = freshEd25519()
    const backend: DeviceBackend = {
      ...nodeBackend,
      verify: (key, signature, message) => {
        if ((key as { readonly kid?: string }).kid === other.kid) throw new EnvelopeError('backend-unavailable', 'no such algorithm here')
        return nodeBackend.verify(key, signature, message)
      },
    }
    const both = await seal(signer, bundle, { signer: [signer.privateKey, other.privateKey] })
    for (const trust of [[other.publicKey, signer.publicKey], [signer.publicKey, other.publicKey]]) {
      await expectAccepted(both, accepting(signer, { backend, trust }), bundle)
    }
    const onlyOther = accepting(other, { backend })
    await expectRefused(async () => verifyAndDecrypt(both, onlyOther), 'backend-unavailable')
  })

  test.each([
    ['null', () => null],
    ['too little', (bytes: Uint8Array | undefined) => bytes?.subarray(1)],
  ])('that opens chunks to %s has opened nothing', async (_, change) => {
    const gcmOpener: DeviceBackend['gcmOpener'] = async (key) => {
      const opener = await nodeBackend.gcmOpener(key)
      return {
        open: async (nonce, ciphertext, tag, additionalData) => {
          const opened = await opener.open(nonce, ciphertext, tag, additionalData)
          return (additionalData === undefined ? change(opened) : opened) as typeof opened
        },
      }
    }
    const options = accepting(signer, { backend: { ...nodeBackend, gcmOpener } })
    await expectRefused(async () => verifyAndDecrypt(sealed, options), 'bad-chunk')
  })
})

test.each([0, '', null, 'false', 1])('checksum: %j is a mistake, and switches nothing off', async (checksum) => {
  const options = accepting(signer, { checksum: checksum as never })
  await expect(verifyAndDecrypt(sealed, options)).rejects.toThrow(TypeError)
})

test('R27: a publisher\'s backend whose verdict is no boolean publishes nothing', async () => {
  const backend = { ...nodeBackend, verify: () => 'yes' as never }
  const options = { signer: signer.privateKey, app: 'a', version: '1', backend }
  await expectRefused(async () => encryptBundle(bundle, options), 'bad-key')
  await expectRefused(async () => checkKeyPair(signer.privateKey, signer.publicKey, { backend }), 'bad-key')
  await expect(checkKeyPair(signer.privateKey, signer.publicKey, { backend: {} as never })).rejects.toThrow(/^backend must/)
})

test('an opened envelope stops at setIndex too, and hands out no memory of its own', async () => {
  const stop = new AbortController()
  const opened = await openEnvelope(sealed.head, accepting(signer, { signal: stop.signal }))
  const { indexRange, chunkRange, setIndex } = opened
  const [index, first] = [sealed.payload.subarray(0, indexRange.end), chunkRange(0)]
  Object.assign(indexRange, { end: 10 })
  expect(chunkRange(0)).toEqual(first)
  await setIndex(index)
  stop.abort()
  await expectRefused(async () => setIndex(index), 'aborted')
})

test('a timer can stop a call on every backend that computes on the calling thread', async () => {
  const large = await seal(signer, new Uint8Array(64 * 2 ** 20))
  const stop = new AbortController()
  setTimeout(() => { stop.abort() }, 20)
  await expectRefused(async () => verifyAndDecrypt(large, accepting(signer, { signal: stop.signal })), 'aborted')
})
