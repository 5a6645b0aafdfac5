import { describe, expect, test } from 'vitest'
import { openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { base64url, withHead, withPayload, withSigned } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { DeviceOptions } from '../../src/index.js'
import type { ErrorCode } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const EXPIRES = 4_000_000_000
const full = await seal(signer, bundle, { runtime: 'ios-7', type: 'application/zip', expires: EXPIRES })
const bare = await seal(signer, bundle, { channel: undefined })

type More = Partial<DeviceOptions>

const accepted: readonly (readonly [string, More])[] = [
  ['every claim named', { runtime: 'ios-7', type: 'application/zip', maxSize: 3 }],
  ['no check wanted', { app: null, channel: null, lastSequence: null }],
  ['R47: a last sequence of one below', { lastSequence: 999 }],
  ['R47: a last sequence of 0', { lastSequence: 0 }],
  ['R48: a second before it expires', { now: EXPIRES - 1 }],
  ['R48: a millisecond before it expires', { now: new Date(EXPIRES * 1000 - 1) }],
  ['R48: a clock in the epoch', { now: 0 }],
  ['R49: exactly the size', { maxSize: 3 }],
  [
    'undefined where an option may be left out',
    { runtime: undefined, type: undefined, maxSize: undefined, now: undefined },
  ],
]

const refused: readonly (readonly [string, More, ErrorCode, RegExp])[] = [
  ['R44: another app', { app: 'com.example.app2' }, 'wrong-app', /another app/],
  ['R44: an app in other capitals', { app: 'com.example.App' }, 'wrong-app', /another app/],
  ['R45: another channel', { channel: 'beta' }, 'wrong-channel', /another channel/],
  ['R46: another runtime', { runtime: 'ios-8' }, 'wrong-runtime', /another runtime/],
  ['R46: another type', { type: 'application/octet-stream' }, 'wrong-type', /another media type/],
  ['R47: the sequence that is installed', { lastSequence: 1000 }, 'rollback', /1000 is not above the installed 1000/],
  ['R47: a higher sequence installed', { lastSequence: 1001 }, 'rollback', /1000 is not above the installed 1001/],
  ['R47: the highest sequence installed', { lastSequence: Number.MAX_SAFE_INTEGER }, 'rollback', /not above/],
  ['R48: the second it expires', { now: EXPIRES }, 'expired', /publish a new one/],
  ['R48: the millisecond it expires', { now: new Date(EXPIRES * 1000) }, 'expired', /publish a new one/],
  ['R48: after it expired', { now: EXPIRES + 1 }, 'expired', /publish a new one/],
  ['R49: a byte too many', { maxSize: 2 }, 'too-large', /3 bytes; maxSize is 2/],
  ['R49: no byte allowed', { maxSize: 0 }, 'too-large', /maxSize is 0/],
]

describeEachBackend('a device with', (backend) => {
  test.each(accepted)('%s accepts', async (_, more) => {
    await expectAccepted(full, accepting(signer, { backend, now: 1_800_000_000, ...more }), bundle)
    expect((await openEnvelope(full.head, accepting(signer, { backend, ...more }))).header.app).toBe('com.example.app')
  })

  test.each(refused)('%s refuses', async (_, more, code, message) => {
    await expectAccepted(full, accepting(signer, { backend, now: 1_800_000_000 }), bundle)
    await expectRefused(() => verifyAndDecrypt(full, accepting(signer, { backend, ...more })), code, message)
    await expectRefused(() => openEnvelope(full.head, accepting(signer, { backend, ...more })), code, message)
  })
})

describe('a header that leaves claims out', () => {
  test('R45: matches no channel, and null', async () => {
    await expectAccepted(bare, accepting(signer, { channel: null }), bundle)
    await expectRefused(() => verifyAndDecrypt(bare, accepting(signer)), 'wrong-channel')
    await expectRefused(() => verifyAndDecrypt(bare, accepting(signer, { channel: 'undefined' })), 'wrong-channel')
    await expectRefused(() => verifyAndDecrypt(bare, accepting(signer, { channel: 'null' })), 'wrong-channel')
  })

  test('R46: matches no runtime that is asked for', async () => {
    await expectRefused(
      () => verifyAndDecrypt(bare, accepting(signer, { channel: null, runtime: 'ios-7' })),
      'wrong-runtime',
    )
  })

  test('R48: never expires', async () => {
    await expectAccepted(bare, accepting(signer, { channel: null, now: 253_402_300_799 }), bundle)
  })
})

test('R47: sequence 0 is above nothing but null', async () => {
  const zero = await seal(signer, bundle, { sequence: 0 })
  await expectAccepted(zero, accepting(signer, { lastSequence: null }), bundle)
  await expectRefused(() => verifyAndDecrypt(zero, accepting(signer, { lastSequence: 0 })), 'rollback')
})

test('R48: the clock of the device decides where now is left out', async () => {
  const past = withSigned(full, signer, (header) => (header.expires = Math.floor(Date.now() / 1000) - 1))
  const future = withSigned(full, signer, (header) => (header.expires = Math.floor(Date.now() / 1000) + 60))
  await expectRefused(() => verifyAndDecrypt(past, accepting(signer)), 'expired')
  await expectAccepted(future, accepting(signer), bundle)
})

/** R38: each is refused for the first thing that is wrong, so everything further down is wrong too. */
describe('R38: the order of checks', () => {
  const allWrong: More = {
    app: 'x',
    channel: 'x',
    runtime: 'x',
    type: 'x/x',
    lastSequence: 5000,
    now: EXPIRES,
    maxSize: 0,
  }
  const order: readonly (readonly [keyof DeviceOptions, ErrorCode])[] = [
    ['app', 'wrong-app'],
    ['channel', 'wrong-channel'],
    ['runtime', 'wrong-runtime'],
    ['type', 'wrong-type'],
    ['lastSequence', 'rollback'],
    ['now', 'expired'],
    ['maxSize', 'too-large'],
  ]
  const broken = withPayload({ ...full, payload: full.payload.subarray(1) }, (payload) => payload.fill(1))

  test('among the claims is that of the documentation, and all of them come before the payload', async () => {
    const right: More = { runtime: undefined, type: undefined, maxSize: undefined, now: 0 }
    for (const [i, [, code]] of order.entries()) {
      const fixed = Object.fromEntries(order.slice(0, i).map(([name]) => [
        name,
        name in right ? right[name] : accepting(signer)[name],
      ]))
      await expectRefused(() => verifyAndDecrypt(broken, accepting(signer, { ...allWrong, ...fixed })), code)
    }
    await expectRefused(() => verifyAndDecrypt(broken, accepting(signer)), 'truncated')
  })

  test('puts signatures before claims, and the form of the head before signatures', async () => {
    const unsigned = withHead(
      broken,
      (head) => Object.assign(head.signatures[0] as object, { signature: base64url(pattern(64)) }),
    )
    await expectRefused(() => verifyAndDecrypt(unsigned, accepting(signer, allWrong)), 'bad-signature')
    await expectRefused(() => verifyAndDecrypt(broken, accepting(freshEd25519(), allWrong)), 'untrusted-key')
    const misformed = withHead(unsigned, (head) => Object.assign(head, { extra: 1 }))
    await expectRefused(() => verifyAndDecrypt(misformed, accepting(signer, allWrong)), 'unsupported')
  })

  test('puts lengths before slots, slots before the index, the index before chunks', async () => {
    const noSlots = withHead(full, (head) => (head.keys = []))
    const long = { head: noSlots.head, payload: new Uint8Array(full.payload.length + 1) }
    await expectRefused(() => verifyAndDecrypt(long, accepting(signer)), 'trailing-data')
    const zeros = { head: noSlots.head, payload: new Uint8Array(full.payload.length) }
    await expectRefused(() => verifyAndDecrypt(zeros, accepting(signer)), 'no-reader-key')
    await expectRefused(() => verifyAndDecrypt({ ...zeros, head: full.head }, accepting(signer)), 'bad-index')
  })
})
