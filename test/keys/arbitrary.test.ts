import fc from 'fast-check'
import { describe, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { readPublicKey } from '../../src/keys/public.js'
import { ed25519Pair, jwkOf, pem, refusalMessage, rsaPair, secretsOf } from './fixtures.js'
import type { KeyInput } from '../../src/keys/types.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()
const NAMES = ['crv', 'n', 'e', 'x', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'alg', 'use', 'key_ops']

describe('any text and any JWK is read or refused as a bad key', () => {
  const readers = [readPublicKey, readPrivateKey]
  const readsOrRefuses = async (input: unknown): Promise<void> => {
    for (const read of readers) {
      const result = read(input as KeyInput, nodeBackend)
      await result.catch((error: unknown) => refusalMessage(error as Error, secretsOf(input)))
    }
  }
  const valid = { ...jwkOf(rsa.privateKey), ...jwkOf(ed25519.privateKey) }
  const validValue = fc.constantFrom<unknown>(...Object.values(valid), undefined)
  const value = fc.oneof(validValue, fc.base64String(), fc.jsonValue())
  const jwk = fc.record(
    Object.fromEntries(NAMES.map((name) => [name, value])),
    { requiredKeys: [] },
  )

  it('text', async () => {
    const label = fc.constantFrom('PUBLIC KEY', 'RSA PUBLIC KEY', 'PRIVATE KEY', 'RSA PRIVATE KEY')
    const block = fc.tuple(label, fc.uint8Array({ maxLength: 80 })).map(([name, bytes]) => pem(name, bytes))
    const brokenJson = fc.string().map((rest) => `{${rest}`)
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json(), brokenJson, block)
    await fc.assert(fc.asyncProperty(text, readsOrRefuses), { numRuns: 1000 })
    await readsOrRefuses('{"a":'.repeat(10_000))
    await readsOrRefuses(`{"kty":"RSA","n":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)
  })

  it('JWK', async () => {
    const withKty = fc.tuple(jwk, fc.constantFrom('RSA', 'OKP', 'EC', 'oct', ''))
    await fc.assert(
      fc.asyncProperty(withKty, async ([members, kty]) => {
        await readsOrRefuses({ ...members, kty })
        await readsOrRefuses(JSON.stringify({ ...members, kty }))
      }),
      { numRuns: 1000 },
    )
  })
})
