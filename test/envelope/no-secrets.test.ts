import { describe, expect, test } from 'vitest'
import { EnvelopeError, encryptBundle, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { bodyKeysOf, sessionKeyOf } from './attacker.js'
import { CHUNK, accepting, expectAccepted, pattern, refusal, seal } from './helpers.js'
import { base64url, rawHead, withHead, withPayload, withSigned } from './hostile.js'
import { everyTextOf, expectNoSecrets, keepSecretBytes, secretsIn } from './secrets.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { DeviceOptions, Envelope, EnvelopeInput } from '../../src/index.js'

/*
 * Every refusal of these tests goes through refusal() of helpers.ts, which searches the error for every secret that
 * was registered; here the search itself is proved, and failures are made that have a secret close at hand.
 */

const bundle = pattern(2 * CHUNK)
keepSecretBytes('bundle bytes', bundle.subarray(0, 24))
const signer = freshEd25519()
const secret = pattern(32, 4711)
keepSecretBytes('reader secret', secret)
const sealed = await seal(signer, bundle)
const sessionKey = await sessionKeyOf(sealed.head, signer)
keepSecretBytes('body key', (await bodyKeysOf(sealed.head, signer)).key)

describe('the search', () => {
  const writings: readonly (readonly [string, (bytes: Uint8Array) => string])[] = [
    ['hex', (bytes) => Buffer.from(bytes).toString('hex')],
    ['base64', (bytes) => Buffer.from(bytes).toString('base64')],
    ['base64url', (bytes) => base64url(bytes)],
    ['numbers', (bytes) => bytes.join(', ')],
  ]
  test.each(writings)('finds a session key in %s in a message, a cause, a stack and a member', (_, write) => {
    const cause = new Error(`key ${write(sessionKey)}`)
    const withStack = new Error('x')
    withStack.stack = `at ${write(sessionKey)}`
    const leaks = [
      cause,
      new Error('x', { cause }),
      withStack,
      Object.assign(new Error('x'), { key: write(sessionKey) }),
    ]
    for (const error of leaks) expect(secretsIn(error)).toContain('session key')
  })

  test('finds bytes, and the text of a private key, that an error carries', () => {
    expect(secretsIn(Object.assign(new Error('x'), { inner: { sessionKey } }))).toContain('session key')
    expect(secretsIn(new Error(signer.privateKey))).toContain('private key')
    expect(secretsIn(new Error(JSON.stringify(signer.keyObject.export({ format: 'jwk' }))))).toContain('private number')
  })

  test('finds nothing in an error that has nothing', () => {
    expectNoSecrets(new EnvelopeError('bad-chunk', 'chunk 0 is not the signed one'))
  })
})

type Failure = readonly [string, EnvelopeInput, Partial<DeviceOptions>]
const flip = (at: number) => (payload: Uint8Array): number => (payload[at] = (payload[at] as number) ^ 1)
const secretText = base64url(secret)

const failures: readonly Failure[] = [
  ['a flipped index', withPayload(sealed, flip(0)), {}],
  ['a flipped chunk', withPayload(sealed, flip(500)), {}],
  [
    'a payload that holds the bundle itself',
    { head: sealed.head, payload: Buffer.concat([bundle, new Uint8Array(sealed.payload.length - bundle.length)]) },
    {},
  ],
  ['a wrong secret', sealed, { reader: secret }],
  ['a slot that is the secret', withHead(sealed, (head) => (head.keys = [secretText])), {}],
  ['a head that is the secret', { head: secretText, payload: sealed.payload }, {}],
  ['a head with the secret as a member', { head: { [secretText]: 1 }, payload: sealed.payload }, {}],
  [
    'a header with the secret as a member',
    withSigned(sealed, signer, (header) => Object.assign(header, { [secretText]: 1 })),
    {},
  ],
  ['a header with the secret as its app', withSigned(sealed, signer, (header) => (header.app = `${secretText} `)), {}],
  [
    'a header with the secret as its type',
    withSigned(sealed, signer, (header) => (header.bundle.type = secretText)),
    {},
  ],
  [
    'a header with the secret as its algorithm',
    withSigned(sealed, signer, (header) => (header.body.alg = secretText)),
    {},
  ],
  ['a wrong checksum', withSigned(sealed, signer, (header) => (header.bundle.checksum = base64url(pattern(32)))), {}],
  ['a private key to trust', sealed, { trust: signer.privateKey }],
  ['a private JWK to trust', sealed, { trust: { ...signer.keyObject.export({ format: 'jwk' }), kty: 'OKP' } }],
  ['a damaged private key to trust', sealed, { trust: signer.privateKey.replace('M', '*') }],
  ['a file that is the private key', Buffer.from(signer.privateKey), {}],
]

describeEachBackend('the error for', (backend) => {
  test.each(failures)('%s quotes no secret', async (_, envelope, more) => {
    const error = await refusal(() => verifyAndDecrypt(envelope, accepting(signer, { backend, ...more })))
    expect(everyTextOf(error)).toContain(error.message)
    expect(error.name).toBe('EnvelopeError')
    expect(error.message).not.toContain(rawHead(sealed.head).signatures[0]?.signature)
  })

  test('a reader of a wrong length quotes nothing of it', async () => {
    const short = secret.subarray(0, 31)
    keepSecretBytes('short secret', short)
    const calls = [
      async () => verifyAndDecrypt(sealed, accepting(signer, { backend, reader: short })),
      async () => seal(signer, bundle, { backend, readers: [short] }),
    ]
    for (const call of calls) {
      const error: unknown = await call().then(() => undefined, (reason: unknown) => reason)
      expect(error).toBeInstanceOf(RangeError)
      expectNoSecrets(error as Error)
    }
  })

  test('a private key that is damaged quotes nothing of it, or still signs what verifies', async () => {
    const rsa = freshRsa(3072)
    const der = Buffer.from(rsa.privateKey.split('\n').slice(1, -2).join(''), 'base64')
    let refused = 0
    for (const at of [0, 5, 30, 60, 200, 420, 500, 900, 1000, 1200, der.length - 10]) {
      const damaged = Buffer.from(der)
      damaged[at] = (damaged[at] as number) ^ 0x55
      const pem = `-----BEGIN PRIVATE KEY-----\n${damaged.toString('base64')}\n-----END PRIVATE KEY-----\n`
      const outcome: unknown = await seal(rsa, bundle, { signer: pem, backend }).catch((reason: unknown) => reason)
      if (!(outcome instanceof Error)) {
        await expectAccepted(outcome as Envelope, accepting(rsa, { backend }), bundle)
        continue
      }
      refused++
      expect(outcome, `byte ${at}`).toMatchObject({ name: 'EnvelopeError', code: 'bad-key' })
      expectNoSecrets(outcome)
    }
    expect(refused).toBeGreaterThanOrEqual(7)
  })
})

test('a cut-off or foreign private key quotes nothing of it', async () => {
  for (const pem of [
    signer.privateKey.slice(0, 80),
    signer.privateKey.replace('PRIVATE', 'SECRET'),
    signer.privateKey.repeat(2),
  ]) {
    const error = await refusal(() => encryptBundle(bundle, { signer: pem, app: 'a', version: '1' }))
    expect(error.code).toBe('bad-key')
  }
})
