import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { describeEachBackend } from '../backends.js'
import { bodyKeysOf, sessionKeyOf } from '../envelope/attacker.js'
import { CHUNK, accepting, expectAccepted, pattern } from '../envelope/helpers.js'
import { headerText, rawHead, rawHeader } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { sealAll, withSealer } from './encrypt.js'
import type { Backend } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { Sealed } from './encrypt.js'

const signer = freshEd25519()
const secret = pattern(32, 77)
const CHUNKS = 5
const bundle = pattern((CHUNKS - 1) * CHUNK + 500)

/** Everything in an envelope that is random or follows from something random, by name. */
async function varyingOf({ head, index, pieces }: Sealed, by: TestSigner): Promise<ReadonlyMap<string, string>> {
  const { bundle: { checksum }, body } = rawHeader(head)
  const { signatures, keys } = rawHead(head)
  const { key, baseNonce } = await bodyKeysOf(head, by)
  const varying = new Map([
    ['checksum', checksum], ['salt', body.salt], ['commitment', body.commitment], ['index digest', body.index],
    ['session key', (await sessionKeyOf(head, by)).join()], ['body key', key.join()], ['base nonce', baseNonce.join()],
  ])
  for (const [i, { signature }] of signatures.entries()) varying.set(`signature ${i}`, signature)
  for (const [i, slot] of keys.entries()) {
    for (const [j, part] of slot.split('.').entries()) if (j > 0) varying.set(`slot ${i}, part ${j}`, part)
  }
  for (let i = 0; i < index.length / 32; i++) varying.set(`index entry ${i}`, index.subarray(32 * i, 32 * i + 32).join())
  for (const [i, piece] of pieces.entries()) varying.set(`piece ${i}`, Buffer.from(piece).toString('base64'))
  return varying
}

describeEachBackend('R28: two streams of the same bundle, with the same options', (backend) => {
  test('agree in nothing that they need not say', async () => {
    const both = [await sealAll(signer, bundle, { backend }), await sealAll(signer, bundle, { backend })]
    const [first, second] = await Promise.all(both.map(async (sealed) => varyingOf(sealed, signer))) as [ReadonlyMap<string, string>, ReadonlyMap<string, string>]
    expect(first.size).toBe(7 + 1 + 4 + CHUNKS + 1 + CHUNKS)
    expect([...first.keys()]).toEqual([...second.keys()])
    for (const [name, value] of first) expect(value === second.get(name), `the same ${name}`).toBe(false)
    expect(new Set([...first.values(), ...second.values()]).size, 'nothing is there twice').toBe(2 * first.size)
    expect(both[0]?.checksum).toBe(both[1]?.checksum)
  })

  test('draw session key, salt, and the keys and nonces of slots from the platform, never the same twice', async () => {
    const drawn: Uint8Array[] = []
    const watched: Backend = {
      ...backend,
      randomBytes: (length) => {
        const bytes = backend.randomBytes(length)
        drawn.push(bytes.slice())
        return bytes
      },
    }
    for (let i = 0; i < 20; i++) await sealAll(signer, pattern(3), { backend: watched })
    expect(drawn).toHaveLength(80)
    expect(drawn.slice(0, 4).map(({ length }) => length)).toEqual([32, 24, 32, 12])
    expect(new Set(drawn.map((bytes) => bytes.join())).size).toBe(80)
  })
})

describeEachBackend('R31: nonces', (backend) => {
  test('of all chunks of all streams are used once under their key, and follow from the number of the chunk', async () => {
    const used: string[] = []
    const nonces: Uint8Array[] = []
    const watched = withSealer(backend, (seal, key) => async (nonce, plaintext) => {
      used.push(`${key.join()} ${nonce.join()}`)
      nonces.push(nonce.slice())
      return seal(nonce, plaintext)
    })
    const heads: string[] = []
    for (let i = 0; i < 3; i++) heads.push((await sealAll(signer, bundle, { backend: watched })).head)
    expect(used).toHaveLength(3 * CHUNKS)
    expect(new Set(used).size).toBe(used.length)
    for (const [n, head] of heads.entries()) {
      const { baseNonce } = await bodyKeysOf(head, signer)
      for (let i = 0; i < CHUNKS; i++) {
        const expected = baseNonce.map((byte, at) => (at === 11 ? byte ^ i : byte))
        expect(nonces[n * CHUNKS + i], `chunk ${i}`).toEqual(expected)
      }
    }
  })
})

describe('R32: what a distributor can read', () => {
  /** A digest in every writing that it could have. */
  const writings = (digest: Buffer): readonly string[] =>
    [digest.toString('hex'), digest.toString('base64').replace(/=+$/, ''), digest.toString('base64url'), digest.toString('latin1')]

  test.each([['Ed25519', signer], ['RSA', freshRsa(3072)]])('of an envelope signed by %s holds no plain hash of the bundle, nor of a chunk', async (_, by) => {
    const sealed = await sealAll(by, bundle)
    const { file, head, checksum } = sealed
    const everything = [head, headerText(head), ...rawHead(head).signatures.map((one) => Buffer.from(one.protected, 'base64url').toString()), Buffer.from(file).toString('latin1')].join('\n')
    expect(everything, 'the search finds what is there').toContain(rawHeader(head).bundle.checksum)
    const parts = [bundle, ...Array.from({ length: CHUNKS }, (_, i) => bundle.subarray(i * CHUNK, (i + 1) * CHUNK))]
    for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5']) {
      for (const part of parts) {
        for (const text of writings(createHash(algorithm).update(part).digest())) expect(everything.includes(text), `${algorithm}: ${text}`).toBe(false)
      }
    }
    expect(checksum).toBe(createHash('sha256').update(bundle).digest('hex'))
    await expectAccepted(file, accepting(by), bundle)
  })

  test('holds neither the session key nor a reader', async () => {
    const { file, head } = await sealAll(signer, bundle, { readers: [secret] })
    const own = await sealAll(signer, bundle)
    const sessionKey = Buffer.from(await sessionKeyOf(own.head, signer))
    for (const text of writings(Buffer.from(secret))) expect(`${head}${headerText(head)}${Buffer.from(file).toString('latin1')}`.includes(text)).toBe(false)
    for (const text of writings(sessionKey)) expect(`${own.head}${headerText(own.head)}${Buffer.from(own.file).toString('latin1')}`.includes(text)).toBe(false)
  })
})
