import { constants, createHash, privateEncrypt, sign as nodeCryptoSign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { EnvelopeError } from '../../src/index.js'
import { readSigner } from '../../src/build/signer.js'
import { ascii } from '../../src/text.js'
import { describeEachBackend } from '../backends.js'
import { expectRefused } from '../envelope/helpers.js'
import { freshEd25519, freshRsa, nodeSign } from '../envelope/signers.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { watchedSigner } from './helpers.js'
import type { Signer } from '../../src/build/signer.js'
import type { Backend } from '../../src/crypto/backend.js'

type Sign = Signer['sign']

const rsa = freshRsa(4096)
const otherRsa = freshRsa(4096)
const ed25519 = freshEd25519()
const keys = [rsa, ed25519].map((key) => ({ alg: key.alg, key }))
const message = ascii('the bytes that a head is signed over')

const signWith = async (signer: Signer, backend: Backend = nodeBackend): Promise<Uint8Array> => (await readSigner(signer, backend)).sign(message)

describeEachBackend('An external signer', (backend) => {
  test.each(keys)('of $alg signs, and its signature is verified by the key', async ({ key }) => {
    const read = await readSigner(watchedSigner(key), backend)
    expect(read.publicKey.kid).toBe(key.kid)
    expect(await backend.verify(read.publicKey, await read.sign(message), message)).toBe(true)
  })

  const faults: readonly (readonly [string, typeof rsa, (good: Uint8Array, given: Uint8Array) => unknown])[] = [
    ['a flipped bit (PS256)', rsa, (good) => good.map((byte, i) => (i === 100 ? byte ^ 1 : byte))],
    ['a flipped bit (Ed25519)', ed25519, (good) => good.map((byte, i) => (i === 10 ? byte ^ 1 : byte))],
    ['another key (PS256)', rsa, (_, given) => nodeSign(otherRsa, given)],
    ['another key (Ed25519)', ed25519, (_, given) => nodeSign(freshEd25519(), given)],
    ['other bytes (PS256)', rsa, () => nodeSign(rsa, ascii('other bytes'))],
    ['other bytes (Ed25519)', ed25519, () => nodeSign(ed25519, ascii('other bytes'))],
    ['the digest in place of the bytes (PS256)', rsa, (_, given) => nodeSign(rsa, createHash('sha256').update(given).digest())],
    ['the digest in place of the bytes (Ed25519)', ed25519, (_, given) => nodeSign(ed25519, createHash('sha512').update(given).digest())],
    ['a salt of 20 bytes', rsa, (_, given) => nodeSign(rsa, given, 20)],
    ['no salt', rsa, (_, given) => nodeSign(rsa, given, 0)],
    ['the longest salt', rsa, (_, given) => nodeSign(rsa, given, constants.RSA_PSS_SALTLEN_MAX_SIGN)],
    ['PKCS#1 v1.5', rsa, (_, given) => nodeCryptoSign('sha256', given, rsa.keyObject)],
    ['SHA-512', rsa, (_, given) => nodeCryptoSign('sha512', given, { key: rsa.keyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })],
    ['a raw private operation', rsa, (_, given) => privateEncrypt({ key: rsa.keyObject, padding: constants.RSA_PKCS1_PADDING }, given)],
    ['zeros', rsa, (good) => new Uint8Array(good.length)],
  ]

  test.each(faults)('gives nothing out after %s', async (_, key, fault) => {
    const signer = watchedSigner(key, (sign) => async (bytes, options) => fault(await sign(bytes, options), bytes) as Uint8Array)
    await expectRefused(async () => signWith(signer, backend), 'signer-failed', new RegExp(`^the signer ${key.kid} gave a signature that its public key does not verify`))
    expect(signer.messages).toHaveLength(1)
  })

  test.each(keys)('of $alg whose signature has a wrong length is told the right one', async ({ key }) => {
    const right = key.alg === 'PS256' ? 512 : 64
    for (const length of [0, right - 1, right + 1]) {
      const signer = watchedSigner(key, (sign) => async (...args) => {
        const bytes = new Uint8Array(length)
        bytes.set((await sign(...args)).subarray(0, length))
        return bytes
      })
      await expectRefused(async () => signWith(signer, backend), 'signer-failed', new RegExp(`gave ${length} bytes, and a signature by its key has ${right}$`))
    }
  })
})

describe('What is no signature', () => {
  const answers: readonly (readonly [string, (good: Uint8Array) => unknown])[] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['base64', (good) => Buffer.from(good).toString('base64')],
    ['a list of numbers', (good) => [...good]],
    ['an ArrayBuffer', (good) => new Uint8Array(good).buffer],
    ['an answer of a KMS', (good) => ({ Signature: good })],
    ['a DataView', (good) => new DataView(new Uint8Array(good).buffer)],
    ['shared memory', (good) => {
      const shared = new Uint8Array(new SharedArrayBuffer(good.length))
      shared.set(good)
      return shared
    }],
  ]

  test.each(answers)('is told: %s', async (_, answer) => {
    const signer = watchedSigner(ed25519, (sign) => async (...args) => answer(await sign(...args)) as Uint8Array)
    await expectRefused(async () => signWith(signer), 'signer-failed', /gave no signature: it must be a Uint8Array/)
  })
})

describe('The bytes of a signature', () => {
  test('may be a view within a larger Buffer', async () => {
    const signer = watchedSigner(rsa, (sign) => async (...args) => {
      const pool = Buffer.alloc(2000, 0xee)
      const good = await sign(...args)
      pool.set(good, 77)
      return pool.subarray(77, 77 + good.length)
    })
    const signature = await signWith(signer)
    expect(signature.constructor).toBe(Uint8Array)
    expect(signature).toHaveLength(512)
  })

  test('are copied before anything else: what the signer changes later makes no difference', async () => {
    const given: Uint8Array[] = []
    const signer = watchedSigner(rsa, (sign) => async (...args) => {
      const signature = await sign(...args)
      given.push(signature)
      return signature
    })
    const late: Backend = {
      ...nodeBackend,
      verify: async (key, signature, bytes) => {
        for (const signature of given) signature.fill(0)
        return nodeBackend.verify(key, signature, bytes)
      },
    }
    const { publicKey, sign } = await readSigner(signer, late)
    expect(await nodeBackend.verify(publicKey, await sign(message), message)).toBe(true)
    expect(given.every((signature) => signature.every((byte) => byte === 0))).toBe(true)
  })

  test('are those of the message, however the signer writes into its copy of it', async () => {
    const original = ascii('another message')
    const kept = original.slice()
    const signer = watchedSigner(ed25519, (sign) => async (bytes, options) => {
      const signature = await sign(bytes, options)
      bytes.fill(0)
      return signature
    })
    await (await readSigner(signer, nodeBackend)).sign(original)
    expect(original).toEqual(kept)
    expect(signer.messages[0]?.every((byte) => byte === 0)).toBe(true)
  })
})

describe('R69: an RSA signer', () => {
  test('is asked twice over the same bytes at first, and once from then on', async () => {
    const signer = watchedSigner(rsa)
    const { sign } = await readSigner(signer, nodeBackend)
    await sign(message)
    expect(signer.messages.map(String)).toEqual([String(message), String(message)])
    await sign(message)
    await (await readSigner(signer, nodeBackend)).sign(message)
    expect(signer.messages).toHaveLength(4)
    await signWith(watchedSigner(rsa))
    expect(signer.messages).toHaveLength(4)
  })

  test('with a salt that is always the same is refused, each time anew', async () => {
    const known = new Map<string, Uint8Array>()
    const fixed = (sign: Sign): Sign => async (bytes, options) => {
      const signature = known.get(String(bytes)) ?? (await sign(bytes, options))
      known.set(String(bytes), signature)
      return signature
    }
    const signer = watchedSigner(rsa, fixed)
    for (let i = 1; i <= 2; i++) {
      await expectRefused(async () => signWith(signer), 'signer-failed', /the same signature twice, so its salt is not random/)
      expect(signer.messages).toHaveLength(2 * i)
    }
  })

  test('whose second signature does not hold is refused, and asked twice again', async () => {
    let asked = 0
    const signer = watchedSigner(rsa, (sign) => async (...args) => (++asked === 2 ? nodeSign(otherRsa, args[0]) : sign(...args)))
    await expectRefused(async () => signWith(signer), 'signer-failed', /does not verify/)
    await signWith(signer)
    expect(asked).toBe(4)
  })

  test('that has another key by now is asked twice again', async () => {
    let key = rsa
    const signer: Signer = {
      algorithm: 'PS256',
      get publicKey() {
        return key.publicKey
      },
      sign: (bytes) => {
        asked++
        return nodeSign(key, bytes)
      },
    }
    let asked = 0
    await signWith(signer)
    key = otherRsa
    await signWith(signer)
    expect(asked).toBe(4)
  })

  test('of Ed25519 is none: it is asked once', async () => {
    const signer = watchedSigner(ed25519)
    await signWith(signer)
    expect(signer.messages).toHaveLength(1)
  })
})

test('a platform that cannot verify is not the fault of the signer', async () => {
  const unavailable: Backend = {
    ...nodeBackend,
    verify: () => {
      throw new EnvelopeError('backend-unavailable', 'this platform has no Ed25519')
    },
  }
  await expectRefused(async () => signWith(watchedSigner(ed25519), unavailable), 'backend-unavailable', /no Ed25519/)
})

test('only true says that a signature holds', async () => {
  const sloppy = { ...nodeBackend, verify: () => 'yes' } as unknown as Backend
  await expectRefused(async () => signWith(watchedSigner(ed25519), sloppy), 'signer-failed', /does not verify/)
})
