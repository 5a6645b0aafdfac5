import { createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { nobleBackend } from '../../src/crypto/noble-build.js'
import { privateNumbers } from '../../src/crypto/private-jwk.js'
import { jwkBytes } from '../../src/crypto/signature-shape.js'
import { ascii } from '../../src/text.js'
import { backends, describeEachBackend } from '../backends.js'
import { testKey } from './keys.js'
import type { PrivateJwk } from '../../src/crypto/backend.js'

const message = ascii('otaseal')

/** That a generated key signs, and that every backend takes its signature. */
async function expectWorking(jwk: PrivateJwk): Promise<void> {
  const { signing, verifying } = testKey(jwk)
  for (const signer of backends) {
    const signature = await signer.sign(signing, message)
    for (const verifier of backends) expect(await verifier.verify(verifying, signature, message)).toBe(true)
  }
}

describeEachBackend('a generated key', (backend) => {
  test('for Ed25519 has exactly the members of its JWK, and a public key that belongs to the seed', async () => {
    const jwk = await backend.generateKey({ algorithm: 'Ed25519' })
    const again = await backend.generateKey({ algorithm: 'Ed25519' })
    if (jwk.kty !== 'OKP' || again.kty !== 'OKP') throw new Error('not an Ed25519 key')
    expect(Object.keys(jwk).sort()).toEqual(['crv', 'd', 'kty', 'x'])
    expect(jwk.crv).toBe('Ed25519')
    expect(jwk.d).not.toBe(again.d)
    expect([jwkBytes(jwk.d).length, jwkBytes(jwk.x).length]).toEqual([32, 32])
    for (const other of backends) expect(await other.ed25519PublicKey(jwkBytes(jwk.d))).toEqual(jwkBytes(jwk.x))
    await expectWorking(jwk)
  })

  test('random bytes have the length asked for, differ, and lie in memory of their own', () => {
    for (const length of [0, 1, 12, 32, 65_536]) expect(backend.randomBytes(length)).toHaveLength(length)
    const [first, second] = [backend.randomBytes(32), backend.randomBytes(32)]
    expect(first).not.toEqual(second)
    expect(first.constructor).toBe(Uint8Array)
    expect(first.buffer.byteLength).toBe(32)
  })

  if (backend.name === 'noble') return

  test('for PS256 has the size asked for, e = 65537 and exactly its members', async () => {
    for (const bits of [3072, 4096]) {
      const jwk = await backend.generateKey({ algorithm: 'PS256', bits })
      if (jwk.kty !== 'RSA') throw new Error('not an RSA key')
      expect(Object.keys(jwk).sort()).toEqual(['d', 'dp', 'dq', 'e', 'kty', 'n', 'p', 'q', 'qi'])
      expect(jwk.e).toBe('AQAB')
      for (const member of ['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) jwkBytes(jwk[member])
      const { asymmetricKeyDetails } = createPublicKey(testKey(jwk).keyObject)
      expect(asymmetricKeyDetails).toMatchObject({ modulusLength: bits, publicExponent: 65537n })
      await expectWorking(jwk)
    }
  })
})

test('pure JavaScript makes no RSA keys, and says where to make them', async () => {
  const refusal = { code: 'unsupported', message: expect.stringContaining('Node or a browser') as unknown }
  const made = (async () => nobleBackend.generateKey({ algorithm: 'PS256', bits: 3072 }))()
  await expect(made).rejects.toMatchObject(refusal)
})

test('a platform\'s export without one of the numbers is refused, not passed on', () => {
  expect(() => privateNumbers({ kty: 'OKP', crv: 'Ed25519', x: 'AA' })).toThrow(/without its member d/)
})
