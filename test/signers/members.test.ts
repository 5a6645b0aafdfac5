import { describe, expect, test } from 'vitest'
import { readSigner } from '../../src/build/signer.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { ascii } from '../../src/text.js'
import { expectRefused, refusal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa, nodeSign } from '../envelope/signers.js'
import { watchedSigner } from './helpers.js'
import type { Signer } from '../../src/build/signer.js'

const rsa = freshRsa(3072)
const ed25519 = freshEd25519()
const message = ascii('the bytes that a head is signed over')

const signWith = async (signer: Signer): Promise<Uint8Array> => (await readSigner(signer, nodeBackend)).sign(message)

describe('The members of a signer', () => {
  test('its method is called as one, so that classes with private members work', async () => {
    class Agent implements Signer {
      readonly algorithm = 'Ed25519'
      readonly publicKey = ed25519.publicKey
      readonly #key = ed25519
      sign(bytes: Uint8Array): Uint8Array {
        return nodeSign(this.#key, bytes)
      }
    }
    expect(await signWith(new Agent())).toHaveLength(64)
  })

  test.each([
    ['a name that may be shown', 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', true],
    ['a name with a steering character', 'signer\u001b[2J', false],
    ['a name of several lines', 'signer\nok', false],
    ['a name that is too long', 'x'.repeat(257), false],
    ['an empty name', '', false],
  ])('%s', async (_, name, isShown) => {
    const { message: text } = await refusal(async () => signWith(watchedSigner(ed25519, () => () => new Uint8Array(3), { name })))
    expect(text.startsWith(`the signer ${isShown ? name : ed25519.kid} gave 3 bytes`)).toBe(true)
  })

  test('are each read once, so that what was checked is what is used', async () => {
    const reads: string[] = []
    const signer = new Proxy(watchedSigner(ed25519, undefined, { name: 'agent', timeout: 5 }), {
      get: (target, name) => {
        reads.push(String(name))
        return Reflect.get(target, name) as unknown
      },
    })
    await signWith(signer)
    for (const name of ['algorithm', 'publicKey', 'name', 'timeout']) expect(reads.filter((read) => read === name), name).toHaveLength(1)
  })

  const wrong: readonly (readonly [string, Partial<Record<keyof Signer, unknown>>, typeof TypeError | typeof RangeError, RegExp])[] = [
    ['no method', { sign: undefined }, TypeError, /method sign/],
    ['no algorithm', { algorithm: undefined }, TypeError, /algorithm/],
    ['an algorithm that there is not', { algorithm: 'ES256' }, TypeError, /'PS256' or 'Ed25519'/],
    ['a name that is no text', { name: 5 }, TypeError, /name of the signer/],
    ['a timeout in words', { timeout: '5' }, TypeError, /timeout of the signer/],
    ['no time', { timeout: 0 }, RangeError, /above 0/],
    ['a time before', { timeout: -1 }, RangeError, /above 0/],
    ['no number', { timeout: NaN }, RangeError, /above 0/],
    ['milliseconds', { timeout: 120_000 }, RangeError, /at most 86400 seconds/],
    ['no public key', { publicKey: undefined }, TypeError, /a key must be/],
  ]

  test.each(wrong)('a signer with %s is the misuse of a programmer', async (_, members, type, text) => {
    const signer = { ...watchedSigner(ed25519), ...members } as Signer
    const error: unknown = await readSigner(signer, nodeBackend).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(type)
    expect((error as Error).message).toMatch(text)
  })

  test('a public key for another algorithm, a private one, and one that is no key are bad keys', async () => {
    const signer = watchedSigner(ed25519)
    await expectRefused(async () => signWith({ ...signer, algorithm: 'PS256' }), 'bad-key', /for Ed25519, not for PS256/)
    await expectRefused(async () => signWith({ ...signer, publicKey: ed25519.privateKey }), 'bad-key', /a private key where a public one/)
    await expectRefused(async () => signWith({ ...signer, publicKey: 'ed25519' }), 'bad-key')
    expect(signer.messages).toEqual([])
  })

  test('a private key in its place signs as before', async () => {
    const jwk = rsa.keyObject.export({ format: 'jwk' }) as { readonly kty: string }
    for (const key of [rsa.privateKey, jwk]) {
      const { publicKey, sign } = await readSigner(key, nodeBackend)
      expect(await nodeBackend.verify(publicKey, new Uint8Array(await sign(message)), message)).toBe(true)
    }
    await expect(readSigner(undefined as never, nodeBackend)).rejects.toThrow(TypeError)
  })
})
