import { describe, expect, it } from 'vitest'
import { derOf, privateRefusal, publicRefusal, rsaPair } from './fixtures.js'

const rsa = rsaPair()
const { subtle } = globalThis.crypto

describe('CryptoKeys', () => {
  const importPublic = (algorithm: { name: string; hash?: string }, extractable = true): Promise<CryptoKey> => {
    const usage = algorithm.name === 'RSA-OAEP' ? 'encrypt' : 'verify'
    return subtle.importKey('spki', derOf(rsa.publicKey, 'spki'), algorithm, extractable, [usage])
  }
  const importPrivate = (hash: string, extractable: boolean): Promise<CryptoKey> =>
    subtle.importKey('pkcs8', derOf(rsa.privateKey, 'pkcs8'), { name: 'RSA-PSS', hash }, extractable, ['sign'])

  it.each([
    [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }],
    [{ name: 'RSA-PSS', hash: 'SHA-384' }],
    [{ name: 'RSA-PSS', hash: 'SHA-1' }],
    [{ name: 'RSA-OAEP', hash: 'SHA-256' }],
  ])('for $name with $hash are refused', async (algorithm) => {
    expect(await publicRefusal(await importPublic(algorithm))).toMatch(/RSA-PSS with SHA-256.*One key, one purpose/s)
  })

  it('for ECDSA, and secret ones, are refused', async () => {
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const secret = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt'])
    expect(await publicRefusal(pair.publicKey)).toMatch(/RSA-PSS with SHA-256/)
    expect(await privateRefusal(pair.privateKey)).toMatch(/RSA-PSS with SHA-256/)
    expect(await publicRefusal(secret)).toMatch(/RSA-PSS with SHA-256/)
    expect(await privateRefusal(secret)).toMatch(/RSA-PSS with SHA-256/)
  })

  it('that are not extractable are refused', async () => {
    const message = /not extractable: generate or import it with extractable = true/
    expect(await privateRefusal(await importPrivate('SHA-256', false))).toMatch(message)
    expect(await publicRefusal(await importPublic({ name: 'RSA-PSS', hash: 'SHA-256' }, false))).toMatch(message)
  })

  it('of the other half are refused, whatever they are for', async () => {
    expect(await publicRefusal(await importPrivate('SHA-256', true))).toMatch(/never embed it/)
    expect(await publicRefusal(await importPrivate('SHA-512', false))).toMatch(/never embed it/)
    const publicKey = await importPublic({ name: 'RSA-PSS', hash: 'SHA-256' })
    expect(await privateRefusal(publicKey)).toMatch(/this is a public key/)
  })

  it('that are none are refused', async () => {
    const base = { type: 'public', extractable: true, usages: ['verify'] }
    expect(await publicRefusal({ ...base, algorithm: { name: 'Ed25519' } })).toMatch(/could not be exported/)
    const hashes = [undefined, null, 'SHA-256', {}]
    const algorithms = [undefined, null, 'Ed25519', {}, ...hashes.map((hash) => ({ name: 'RSA-PSS', hash }))]
    for (const algorithm of algorithms) {
      expect(await publicRefusal({ ...base, algorithm })).toMatch(/RSA-PSS with SHA-256/)
    }
  })
})
