import { describe, expect, test } from 'vitest'
import { verifyAndDecrypt, verifyEnvelope } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { CHUNK, accepting, expectAccepted, expectRefused, pattern, seal } from '../envelope/helpers.js'
import { rawHeader, withHead } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { rows } from './matrix-edits.js'
import { sealed, signer } from './matrix-honest.js'
import { checking, forms, withoutReaderKeys } from './verify-envelope.js'
import { watchedSignal } from './signals.js'
import type { ErrorCode, Progress } from '../../src/index.js'
import type { Row } from './matrix-honest.js'
import type { Form } from './verify-envelope.js'

/** What only a reader can see, so that a server accepts it. */
const unseen: readonly string[] = [
  'no slot', 'a slot of another release', 'slots of garbage',
  'a signed chunk whose tag does not hold', 'another commitment signed throughout', 'another checksum signed',
]
/** A server has no reader. */
const meaningless = 'a reader whom it is not for'
/** Without slots to look for, the length is what is wrong. */
const onlyLength: Readonly<Record<string, ErrorCode>> = { 'no slot and a byte more': 'trailing-data', 'no slot and no payload': 'truncated' }

function codeFor({ name, code }: Row, { isStream }: Form): ErrorCode {
  if (typeof code === 'string') return code
  return onlyLength[name] ?? code[isStream ? 'stream' : 'whole']
}

const refusedRows = rows.filter(({ name }) => name !== meaningless && !unseen.includes(name))
const unseenRows = rows.filter(({ name }) => unseen.includes(name))

test('of the hostile envelopes each is refused, or is one that only a reader can refuse', () => {
  expect(forms).toHaveLength(4)
  expect(unseenRows.map(({ name }) => name).sort()).toEqual([...unseen].sort())
  expect(refusedRows.length + unseenRows.length + 1).toBe(rows.length)
  expect(rows).toHaveLength(81)
})

describeEachBackend('R54: verifyEnvelope', (backend) => {
  const options = checking(signer, { backend: withoutReaderKeys(backend), runtime: 'ios-7', type: 'application/zip' })

  test.each(forms.map((form) => [form.name, form] as const))('accepts what is genuine as %s, and uses no reader key', async (_, { input }) => {
    const { header, signers } = await verifyEnvelope(input(sealed), options)
    expect(header).toEqual(rawHeader(sealed.head))
    expect(signers).toEqual([signer.kid])
  })

  test.each(refusedRows.map((row) => [row.name, row] as const))('refuses %s', async (_, row) => {
    for (const form of forms) {
      await expectRefused(async () => verifyEnvelope(form.input(row.envelope), { ...options, ...row.more }), codeFor(row, form))
    }
  })

  test.each(unseenRows.map((row) => [row.name, row] as const))('does not see %s, which a device refuses', async (_, { envelope }) => {
    for (const { input } of forms) expect((await verifyEnvelope(input(envelope), options)).signers).toEqual([signer.kid])
    await expect(verifyAndDecrypt(envelope, accepting(signer, { backend }))).rejects.toThrow()
  })

  test('accepts what it cannot read: an envelope for the holders of a secret, of every size', async () => {
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 500]) {
      const secret = pattern(32, 77)
      const envelope = await seal(signer, pattern(size), { backend, readers: [secret] })
      for (const { input } of forms) {
        const { header } = await verifyEnvelope(input(envelope), checking(signer, { backend: withoutReaderKeys(backend) }))
        expect(header.bundle.size).toBe(size)
        expect(header.bundle.checksum, 'the checksum stays sealed').toMatch(/^[A-Za-z0-9_-]{43}$/)
      }
      await expectRefused(() => verifyAndDecrypt(envelope, accepting(signer, { backend })), 'no-reader-key')
      await expectAccepted(envelope, accepting(signer, { backend, reader: secret }), pattern(size))
    }
  })

  test('tells its progress once for each chunk', async () => {
    for (const { input, name } of forms) {
      const records: Progress[] = []
      await verifyEnvelope(input(sealed), { ...options, onProgress: (record) => records.push(record) })
      const total = 2 * CHUNK + 500
      expect(records, name).toEqual([CHUNK, 2 * CHUNK, total].map((done) => ({ done, total })))
    }
  })

  test('leaves no listener on a signal that nobody aborts', async () => {
    for (const { input } of forms) {
      const { signal, listeners } = watchedSignal()
      await verifyEnvelope(input(sealed), { ...options, signal })
      await expectRefused(() => verifyEnvelope(input(sealed), { ...options, signal, app: 'other' }), 'wrong-app')
      expect(listeners()).toBe(0)
    }
  })
})

describe('R54: trust', () => {
  const [second, rsa, stranger] = [freshEd25519(), freshRsa(3072), freshEd25519()]

  test('in any of several keys is enough, and those that signed are named', async () => {
    const envelope = await seal(signer, pattern(3), { signer: [signer.privateKey, rsa.privateKey] })
    const verify = async (...trust: readonly string[]): Promise<readonly string[]> => (await verifyEnvelope(envelope, { trust })).signers
    expect(await verify(signer.publicKey)).toEqual([signer.kid])
    expect(await verify(rsa.publicKey, second.publicKey)).toEqual([rsa.kid])
    expect([...(await verify(second.publicKey, rsa.publicKey, signer.publicKey))].sort()).toEqual([rsa.kid, signer.kid].sort())
    await expectRefused(() => verify(second.publicKey, stranger.publicKey), 'untrusted-key')
  })

  test('in nobody who signed is refused before anything of the payload is read', async () => {
    for (const { input } of forms) await expectRefused(() => verifyEnvelope(input(sealed), { trust: stranger.publicKey }), 'untrusted-key')
  })
})

describe('R44 to R49, R54: claims', () => {
  const EXPIRES = 4_000_000_000
  const other = { app: 'com.example.other', channel: 'beta', lastSequence: 5000, runtime: 'ios-8', type: 'text/plain', maxSize: 1 }
  const codes: Readonly<Record<keyof typeof other, ErrorCode>> = {
    app: 'wrong-app', channel: 'wrong-channel', lastSequence: 'rollback', runtime: 'wrong-runtime', type: 'wrong-type', maxSize: 'too-large',
  }
  const names = Object.keys(other) as (keyof typeof other)[]

  test.each(names)('%s is checked when it is given, and not when it is left out', async (name) => {
    for (const { input } of forms) {
      const trust = signer.publicKey
      await expectRefused(() => verifyEnvelope(input(sealed), { trust, [name]: other[name] }), codes[name])
      expect((await verifyEnvelope(input(sealed), { trust })).signers).toHaveLength(1)
      expect((await verifyEnvelope(input(sealed), { trust, [name]: undefined })).signers).toHaveLength(1)
    }
  })

  test.each(['app', 'channel', 'lastSequence'])('%s of null is not checked either', async (name) => {
    expect((await verifyEnvelope(sealed, { trust: signer.publicKey, [name]: null })).signers).toHaveLength(1)
  })

  test('that are all given and right are accepted', async () => {
    const right = {
      app: 'com.example.app', channel: 'production', lastSequence: 999, runtime: 'ios-7', type: 'application/zip', maxSize: 2 * CHUNK + 500,
    }
    for (const { input } of forms) {
      expect((await verifyEnvelope(input(sealed), { trust: signer.publicKey, ...right, now: EXPIRES - 1 })).header).toMatchObject({ version: '1.4.0' })
    }
  })

  test('R48: the expiry is checked without being asked for', async () => {
    for (const { input } of forms) {
      await expectRefused(() => verifyEnvelope(input(sealed), { trust: signer.publicKey, now: EXPIRES }), 'expired')
    }
    const past = await seal(signer, pattern(3), { expires: Math.floor(Date.now() / 1000) - 1 })
    await expectRefused(() => verifyEnvelope(past, { trust: signer.publicKey }), 'expired')
  })

  test('R45: a channel that is asked for is not in a header without one', async () => {
    const bare = await seal(signer, pattern(3), { channel: undefined })
    expect((await verifyEnvelope(bare, { trust: signer.publicKey })).header).not.toHaveProperty('channel')
    await expectRefused(() => verifyEnvelope(bare, { trust: signer.publicKey, channel: 'production' }), 'wrong-channel')
  })
})

test('R38: what is wrong first is said, the signatures before the claims, the claims before the payload', async () => {
  const unsigned = withHead({ ...sealed, payload: sealed.payload.subarray(1) }, (head) => (head.signatures[0] = { protected: head.signatures[0]?.protected ?? '', signature: 'AAAA' }))
  const short = { ...sealed, payload: sealed.payload.subarray(1) }
  for (const { input } of forms) {
    await expectRefused(() => verifyEnvelope(input(unsigned), checking(signer, { app: 'other' })), 'bad-signature')
    await expectRefused(() => verifyEnvelope(input(short), checking(signer, { app: 'other' })), 'wrong-app')
  }
  await expectRefused(() => verifyEnvelope(short, checking(signer)), 'truncated')
})
