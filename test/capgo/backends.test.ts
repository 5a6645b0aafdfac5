import { constants, createCipheriv, privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { encryptForCapgo } from '../../src/capgo.js'
import { cbcDecryptor, cbcEncryptor, sizeOfPadding } from '../../src/capgo/cbc.js'
import { readCapgoPrivateKey } from '../../src/capgo/keys.js'
import { webCapgoBackend } from '../../src/crypto/web-capgo.js'
import { cliKeyPair, describeEachCapgoBackend, failure } from './helpers.js'
import { bytesOf, modulusOf, numberOf } from './hostile.js'
import type { Bytes } from '../../src/bytes.js'

const { publicKey, privateKey } = cliKeyPair()
const { jwk, publicKey: { jwk: publicJwk } } = readCapgoPrivateKey(privateKey)
const n = modulusOf(publicKey)
const RAW = { padding: constants.RSA_NO_PADDING }
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
const random = (size: number): Bytes => copyBytes(randomBytes(size))
const plain = (bytes: Uint8Array): Bytes => copyBytes(bytes)

function nodeCbc(key: Bytes, iv: Bytes, blocks: Bytes): Bytes {
  return plain(createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(blocks))
}

/** A number below the modulus, as 256 bytes. */
const belowModulus = fc.bigInt({ min: 0n, max: n - 1n }).map((number) => plain(bytesOf(number)))

describeEachCapgoBackend('AES-128-CBC', (backend) => {
  test.each([1, 2, 3, 1000])('%i blocks are those of node:crypto, both ways', async (count) => {
    const [key, iv, blocks] = [random(16), random(16), random(16 * count)]
    const cbc = await backend.cbc(key)
    const expected = nodeCbc(key, iv, blocks)
    const encrypted = await cbc.encrypt(iv, blocks)
    expect(Buffer.from(encrypted).equals(expected)).toBe(true)
    const decrypted = await cbc.decrypt(iv, encrypted)
    expect(Buffer.from(decrypted).equals(blocks)).toBe(true)
    expect([encrypted, decrypted].every(({ constructor }) => constructor === Uint8Array)).toBe(true)
  })

  test('pieces chain by the last block of ciphertext, and the last of them is padded', async () => {
    const session = { key: random(16), iv: random(16) }
    for (const sizes of [[16, 16, 16], [16, 48, 5], [160, 0], [32, 16, 31], [7], [0]]) {
      const pieces = sizes.map(random)
      const encrypt = await cbcEncryptor(session, backend)
      const decrypt = await cbcDecryptor(session, backend)
      const ciphertext: Bytes[] = []
      for (const [i, piece] of pieces.entries()) ciphertext.push(await encrypt(piece, i === pieces.length - 1))
      const cipher = createCipheriv('aes-128-cbc', session.key, session.iv)
      const whole = Buffer.concat([cipher.update(Buffer.concat(pieces)), cipher.final()])
      expect(Buffer.concat(ciphertext).equals(whole)).toBe(true)
      expect(await sizeOfPadding(plain(whole), session, backend)).toBe(whole.length - Buffer.concat(pieces).length)
      const plaintext: Uint8Array[] = []
      for (const [i, piece] of ciphertext.entries()) {
        const opened = await decrypt(piece, i === ciphertext.length - 1)
        expect(opened.isPadded).toBe(true)
        plaintext.push(plain(opened.plaintext))
        // What is given away no longer counts.
        opened.plaintext.fill(0)
      }
      expect(Buffer.concat(plaintext).equals(Buffer.concat(pieces))).toBe(true)
    }
  })

  test('a key, an initialisation vector or blocks of another length are refused', async () => {
    for (const size of [0, 15, 17, 24, 32]) expect(await failure(() => backend.cbc(random(size)))).toBeInstanceOf(RangeError)
    const cbc = await backend.cbc(random(16))
    for (const direction of ['encrypt', 'decrypt'] as const) {
      for (const size of [0, 12, 15, 17, 32]) expect(await failure(() => cbc[direction](random(size), random(32)))).toBeInstanceOf(RangeError)
      for (const size of [0, 1, 15, 17, 31]) expect(await failure(() => cbc[direction](random(16), random(size)))).toBeInstanceOf(RangeError)
    }
  })

  test('a key that is overwritten afterwards stays what it was, and no argument is changed', async () => {
    const [key, iv, blocks] = [random(16), random(16), random(64)]
    const expected = nodeCbc(key, iv, blocks)
    const given = [plain(key), plain(iv), plain(blocks)] as const
    const cbc = await backend.cbc(given[0])
    given[0].fill(0)
    expect(await cbc.encrypt(given[1], given[2])).toEqual(expected)
    expect(await cbc.decrypt(given[1], expected)).toEqual(blocks)
    expect([given[1], given[2]]).toEqual([iv, blocks])
  })
})

describeEachCapgoBackend('RSA without padding', (backend) => {
  test('random numbers are raised as node:crypto raises them, and back', async () => {
    const [raise, open] = [await backend.rsaPrivate(jwk), await backend.rsaPublic(publicJwk)]
    await fc.assert(
      fc.asyncProperty(belowModulus, async (block) => {
        const signature = await raise(block)
        expect(signature).toEqual(plain(privateEncrypt({ key: privateKey, ...RAW }, block)))
        expect(await open(signature)).toEqual(block)
        expect(await open(block)).toEqual(plain(publicDecrypt({ key: publicKey, ...RAW }, block)))
      }),
      { numRuns: 40 },
    )
  })

  test.each([0n, 1n, 2n, n - 2n, n - 1n, BigInt(`0x${'ff'.repeat(200)}`)])('the number %# at a border keeps its 256 bytes', async (number) => {
    const block = plain(bytesOf(number))
    const signature = await (await backend.rsaPrivate(jwk))(block)
    expect(signature).toEqual(plain(privateEncrypt({ key: privateKey, ...RAW }, block)))
    expect(await (await backend.rsaPublic(publicJwk))(signature)).toEqual(block)
  })

  test('multiples of the primes are raised too: the parts of CRT may be 0', async () => {
    const [p, q] = [jwk.p, jwk.q].map((prime) => numberOf(Buffer.from(prime, 'base64url'))) as [bigint, bigint]
    for (const number of [p, q, p * 3n, q * 5n, n - p, n - q]) {
      const block = plain(bytesOf(number))
      expect(await (await backend.rsaPrivate(jwk))(block)).toEqual(plain(privateEncrypt({ key: privateKey, ...RAW }, block)))
    }
  })

  test('what is not below the modulus has no public result', async () => {
    const open = await backend.rsaPublic(publicJwk)
    for (const number of [n, n + 1n, n + 12_345n, 2n ** 2048n - 1n]) expect(await open(plain(bytesOf(number)))).toBeUndefined()
    expect(await open(plain(bytesOf(n - 1n)))).toEqual(plain(bytesOf(n - 1n)))
  })

  test('a wrong number for CRT gives away no signature of it: the right one comes, or none', async () => {
    const block = plain(bytesOf(n / 3n))
    const right = plain(privateEncrypt({ key: privateKey, ...RAW }, block))
    for (const member of ['dp', 'dq', 'qi'] as const) {
      const bytes = Buffer.from(jwk[member], 'base64url')
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 4
      const faulty = { ...jwk, [member]: bytes.toString('base64url') }
      const outcome = await (async () => (await backend.rsaPrivate(faulty))(block))().then((signature) => ({ signature }), (error: unknown) => ({ error }))
      if ('signature' in outcome) expect(outcome.signature).toEqual(right)
      // In JavaScript the result is raised again before it comes out.
      if (backend.name !== 'node') expect(outcome).toMatchObject({ error: { name: 'EnvelopeError', code: 'bad-key' } })
    }
  })

  test('a private key of another pair is refused where a public key is checked with it', async () => {
    const other = cliKeyPair()
    const call = encryptForCapgo(random(10), { privateKey, publicKey: other.publicKey, checksumForm: 'V3', backend })
    await expect(call).rejects.toMatchObject({ code: 'bad-key' })
  })
})

describeEachCapgoBackend('RSA-OAEP', (backend) => {
  const wrapped = (message: Uint8Array, options: object = OAEP): Bytes => plain(publicEncrypt({ key: publicKey, ...options }, message))

  test('messages of any length come out as node:crypto gives them', async () => {
    for (const size of [0, 1, 16, 32, 190]) {
      const ciphertext = wrapped(random(size))
      expect(await backend.oaepDecrypt(jwk, ciphertext)).toEqual(plain(privateDecrypt({ key: privateKey, ...OAEP }, ciphertext)))
    }
  })

  test('what was damaged, is of another padding or hash, or is no ciphertext at all gives nothing', async () => {
    const message = random(16)
    const good = wrapped(message)
    const damaged = [0, 100, 255].map((at) => {
      const bytes = plain(good)
      bytes[at] = (bytes[at] as number) ^ 1
      return bytes
    })
    const others = [wrapped(message, { ...OAEP, oaepHash: 'sha1' }), wrapped(message, { padding: constants.RSA_PKCS1_PADDING }), wrapped(message, { ...OAEP, oaepLabel: Buffer.of(1) })]
    const numbers = [0n, 1n, n - 1n, n, 2n ** 2048n - 1n].map((number) => plain(bytesOf(number)))
    for (const ciphertext of [...damaged, ...others, ...numbers, random(256)]) expect(await backend.oaepDecrypt(jwk, ciphertext)).toBeUndefined()
  })
})

describe('a WebCrypto without AES-CBC or RSA-OAEP', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('is told as such, and not as a fault of the release', async () => {
    const importKey = async (): Promise<never> => Promise.reject(new DOMException('none', 'NotSupportedError'))
    vi.stubGlobal('crypto', { subtle: { importKey } })
    for (const [call, algorithm] of [[() => webCapgoBackend.cbc(random(16)), 'AES-CBC'], [() => webCapgoBackend.oaepDecrypt(jwk, random(256)), 'RSA-OAEP']] as const) {
      expect(await failure(call)).toMatchObject({ name: 'EnvelopeError', code: 'backend-unavailable', message: expect.stringContaining(algorithm) as string })
    }
  })
})
