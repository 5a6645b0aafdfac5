import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { der, derTag, readSequence, takeAny } from '../../src/keys/der.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { derOf, ed25519Pair, pem, privateRefusal, rsaPair } from './fixtures.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()
const MALFORMED = /no strict DER/

describe('PKCS#8', () => {
  const pkcs8 = derOf(ed25519.privateKey, 'pkcs8')
  const seed = pkcs8.subarray(16)
  const own = derOf(ed25519.publicKey, 'spki').subarray(12)
  const other = derOf(ed25519Pair().publicKey, 'spki').subarray(12)
  const identifier = der(derTag.sequence, Uint8Array.of(6, 3, 0x2b, 0x65, 0x70))
  const attribute = der(
    derTag.sequence,
    der(derTag.objectIdentifier, Uint8Array.of(0x55, 0x1d, 0x0f)),
    der(derTag.set, der(derTag.bitString, Uint8Array.of(7, 0x80))),
  )
  const publicKey = (bytes: Uint8Array): Uint8Array => der(derTag.publicKey, Uint8Array.of(0), bytes)
  const octets = der(derTag.octetString, der(derTag.octetString, seed))
  const keyOf = (version: number, ...tail: readonly Uint8Array[]): string =>
    pem('PRIVATE KEY', der(derTag.sequence, der(derTag.integer, Uint8Array.of(version)), identifier, octets, ...tail))

  it.each([
    ['v1', keyOf(0)],
    ['v1 with attributes', keyOf(0, der(derTag.attributes, attribute, attribute))],
    ['v1 with an empty set of attributes', keyOf(0, der(derTag.attributes))],
    ['v2 with its public key', keyOf(1, publicKey(own))],
    ['v2 with attributes and its public key', keyOf(1, der(derTag.attributes, attribute), publicKey(own))],
  ])('%s is read and written as v1', async (_, text) => {
    expect([...(await readPrivateKey(text, nodeBackend)).pkcs8]).toEqual([...pkcs8])
  })

  it.each([
    ['v2 with the public key of another pair', keyOf(1, publicKey(other)), /belongs to another one/],
    ['v2 with a public key of small order', keyOf(1, publicKey(new Uint8Array(32))), /small order/],
    ['v2 with a public key of unused bits', keyOf(1, der(derTag.publicKey, Uint8Array.of(1), own)), MALFORMED],
    ['v2 with an empty public key', keyOf(1, der(derTag.publicKey)), MALFORMED],
    ['v1 with a public key', keyOf(0, publicKey(own)), MALFORMED],
    ['public key before attributes', keyOf(1, publicKey(own), der(derTag.attributes, attribute)), MALFORMED],
    ['two public keys', keyOf(1, publicKey(own), publicKey(own)), MALFORMED],
    ['an element that nobody knows', keyOf(1, der(0xa2)), MALFORMED],
    ['attributes that are none', keyOf(0, der(derTag.attributes, seed)), MALFORMED],
    ['version 2', keyOf(2), MALFORMED],
  ])('%s is refused', async (_, text, message) => {
    expect(await privateRefusal(text)).toMatch(message)
  })

  it('with an RSA public key: its own is read, another refused', async () => {
    const tail = (bytes: Uint8Array): string => {
      const contents = readSequence(derOf(rsa.privateKey, 'pkcs8'), (reader) => [1, 2, 3].map(() => takeAny(reader)[1]))
      const [, , key = seed] = contents
      const algorithm = der(derTag.sequence, Uint8Array.of(6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0))
      const v2 = der(derTag.integer, Uint8Array.of(1))
      const parts = [v2, algorithm, der(derTag.octetString, key), publicKey(bytes)]
      return pem('PRIVATE KEY', der(derTag.sequence, ...parts))
    }
    const read = await readPrivateKey(tail(derOf(rsa.publicKey, 'pkcs1')), nodeBackend)
    expect([...read.pkcs8]).toEqual([...derOf(rsa.privateKey, 'pkcs8')])
    expect(await privateRefusal(tail(derOf(rsaPair().publicKey, 'pkcs1')))).toMatch(/belongs to another one/)
  })
})
