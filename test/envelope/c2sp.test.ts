import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { chunkContext, deriveBodyKeys } from '../../src/crypto/chunked.js'
import { describeEachBackend } from '../backends.js'
import { caseName, hexMember, wycheproofTest } from '../wycheproof.js'
import { bodyKeysOf, sessionKeyOf } from './attacker.js'
import { openC2sp, sealC2sp } from './c2sp.js'
import { pattern, sameAs, seal } from './helpers.js'
import { rawHeader } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { Bytes } from '../../src/bytes.js'
import type { WycheproofCase } from '../wycheproof.js'

const FILE = 'c2sp_chunked_encryption_aes_256_gcm_test.json'
const ciphertextOf = (vector: WycheproofCase): Bytes => copyBytes(inflateSync(hexMember(vector, 'ct')))

describeEachBackend('R29, R31: C2SP chunked-encryption', (backend) => {
  wycheproofTest('all 35 Wycheproof cases: their verdicts, and valid ones made again', FILE, async (groups) => {
    const counts = { valid: 0, invalid: 0, acceptable: 0 }
    for (const vector of groups.flatMap(({ tests }) => tests)) {
      const [key, context, ciphertext] = [hexMember(vector, 'key'), hexMember(vector, 'ctx'), ciphertextOf(vector)]
      const plaintext = await openC2sp(backend, key, context, ciphertext)
      expect(plaintext !== undefined, caseName(vector)).toBe(vector.result === 'valid')
      counts[vector.result]++
      if (plaintext === undefined) continue
      expect(plaintext.length, caseName(vector)).toBe(vector['msgLength'])
      expect(createHash('sha512').update(plaintext).digest('hex'), caseName(vector)).toBe(vector['msgSha512'])
      const again = await sealC2sp(backend, key, context, ciphertext.slice(0, 24), plaintext)
      expect(again, caseName(vector)).toSatisfy(sameAs(ciphertext))
    }
    expect(counts).toEqual({ valid: 10, invalid: 25, acceptable: 0 })
  })

  wycheproofTest('the AES key and base nonce that they name are derived', FILE, async (groups) => {
    let count = 0
    for (const vector of groups.flatMap(({ tests }) => tests)) {
      if (vector['aeadKey'] === undefined) continue
      count++
      const salt = ciphertextOf(vector).slice(0, 24)
      const keys = await deriveBodyKeys(backend, hexMember(vector, 'key'), salt, hexMember(vector, 'ctx'))
      expect(keys.key, caseName(vector)).toEqual(hexMember(vector, 'aeadKey'))
      expect(keys.baseNonce, caseName(vector)).toEqual(hexMember(vector, 'baseNonce'))
    }
    expect(count).toBe(25)
  })

  test.each([0, 1, 16_384, 40_000])('the body of %i bytes in 16 KiB chunks is C2SP to the byte', async (size) => {
    const signer = freshEd25519()
    const bundle = pattern(size)
    const { head, payload } = await seal(signer, bundle, { backend, chunkSize: 16_384 })
    const body = payload.slice(32 * (Math.floor(size / 16_384) + 1))
    const sessionKey = await sessionKeyOf(head, signer)
    expect(await openC2sp(backend, sessionKey, new Uint8Array(0), body)).toSatisfy(sameAs(bundle))
    expect(await sealC2sp(backend, sessionKey, new Uint8Array(0), body.slice(0, 24), bundle)).toSatisfy(sameAs(body))
  })

  test('R30: the other chunk size derives other keys', async () => {
    const signer = freshEd25519()
    const { head } = await seal(signer, pattern(3), { backend, chunkSize: 262_144 })
    const { salt } = rawHeader(head).body
    const own = await bodyKeysOf(head, signer)
    const context = chunkContext(262_144)
    expect(Buffer.from(context).toString()).toBe('otaseal chunk=262144')
    const asC2sp = await deriveBodyKeys(
      backend,
      await sessionKeyOf(head, signer),
      copyBytes(Buffer.from(salt, 'base64url')),
      chunkContext(16_384),
    )
    for (const part of ['key', 'baseNonce', 'commitment'] as const) expect(own[part]).not.toEqual(asC2sp[part])
  })
})
