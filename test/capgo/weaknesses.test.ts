import { createHash, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { blockOf, bytesOf, CONTENT, expectBundle, expectNothing, modulusOf, numberOf, rawSign, releaseOf, sha256, ways, withByte } from './hostile.js'
import type { RawRelease } from './hostile.js'

/* What is wrong with the two RSA blocks of a release: devices take some of these, and nothing here does. */

const { publicKey, privateKey } = cliKeyPair()
const other = cliKeyPair()
const content = Buffer.from(CONTENT)
const digest = sha256(content)
const key = randomBytes(16)
const n = modulusOf(publicKey)

/** Blocks of 256 bytes around a value that is right, each wrong in one way. */
const wrongBlocks = (value: Buffer): readonly (readonly [string, Buffer])[] => {
  const good = blockOf(value)
  const separator = 255 - value.length
  const behind = (start: Buffer): Buffer => Buffer.concat([start, randomBytes(256 - start.length - value.length), value])
  return [
    ['a first byte of padding that is no FF', withByte(good, 2, 0xfe)],
    ['a byte in the middle of the padding that is no FF', withByte(good, 100, 0x7f)],
    ['a last byte of padding that is no FF', withByte(good, separator - 1, 0xfe)],
    ['a ninth byte of padding that is no FF', withByte(good, 10, 0x01)],
    ['a padding that ends after no byte', behind(Buffer.of(0, 1, 0))],
    ['a padding that ends after 7 bytes', behind(Buffer.of(0, 1, ...Array<number>(7).fill(0xff), 0))],
    ['a padding that ends after 8 bytes', behind(Buffer.of(0, 1, ...Array<number>(8).fill(0xff), 0))],
    ['a padding that ends a byte early', withByte(good, separator - 1, 0)],
    ['FF where the separator must be', withByte(good, separator, 0xff)],
    ['01 where the separator must be', withByte(good, separator, 0x01)],
    ['a padding that is all random', behind(Buffer.of(0, 1))],
    ['block type 0', withByte(good, 1, 0)],
    ['block type 0 with a padding of zeros', Buffer.concat([Buffer.alloc(256 - value.length), value])],
    ['block type 2', withByte(good, 1, 2)],
    ['block type 2 with random padding', Buffer.concat([Buffer.of(0, 2), Buffer.from(randomBytes(253 - value.length).map((byte) => byte || 1)), Buffer.of(0), value])],
    ['block type 3', withByte(good, 1, 3)],
    ['a first byte that is not 00', withByte(good, 0, 1)],
    ['a value with another byte before it', blockOf(Buffer.concat([Buffer.of(0), value]))],
    ['a value with another byte behind it', blockOf(Buffer.concat([value, Buffer.of(0)]))],
    ['a value whose first byte lacks', blockOf(value.subarray(1))],
    ['a value whose last byte lacks', blockOf(value.subarray(0, -1))],
    ['a value that is twice there', blockOf(Buffer.concat([value, value]))],
    ['no value', blockOf(Buffer.alloc(0))],
    ['the longest value that there can be', blockOf(Buffer.concat([randomBytes(245 - value.length), value]))],
    ['a value behind which zeros stand, as some readers cut off', blockOf(Buffer.concat([value, Buffer.alloc(12)]))],
  ]
}

const ofLength = (length: number): readonly [string, Buffer] => [`a value of ${length} bytes`, blockOf(randomBytes(length))]

/** Numbers that a signature can be without any private key. */
const wrongNumbers: readonly (readonly [string, Buffer])[] = [
  ['0', Buffer.alloc(256)],
  ['1', bytesOf(1n)],
  ['the modulus less 1', bytesOf(n - 1n)],
  ['the modulus', bytesOf(n)],
  ['the modulus and 1', bytesOf(n + 1n)],
  ['the largest of 256 bytes', Buffer.alloc(256, 0xff)],
]

const signed = (blocks: readonly (readonly [string, Buffer])[]): readonly (readonly [string, Buffer])[] =>
  blocks.map(([name, block]) => [name, rawSign(block, privateKey)])

const session: readonly (readonly [string, Buffer])[] = [
  ...signed([...wrongBlocks(key), ...[15, 17, 24, 32, 48].map(ofLength)]),
  ...wrongNumbers,
  ['a signature by another key', rawSign(blockOf(key), other.privateKey)],
  ['a value that nobody signed', blockOf(key)],
]

const checksum: readonly (readonly [string, Buffer])[] = [
  ...signed([
    ...wrongBlocks(digest), ...[4, 16, 20, 31, 33, 47, 49, 64].map(ofLength),
    ['the digest in hex', blockOf(Buffer.from(digest.toString('hex')))],
    ['the SHA-512', blockOf(createHash('sha512').update(content).digest())],
  ]),
  ...wrongNumbers,
  ['a signature by another key', rawSign(blockOf(digest), other.privateKey)],
  ['a value that nobody signed', blockOf(digest)],
  ['a signature of RFC 8017, with a digest algorithm in it', sign('sha256', content, privateKey)],
]

/** A signature and the modulus, where that still has 256 bytes. */
function aboveModulus(release: () => RawRelease, signatureOf: (release: RawRelease) => Buffer): { readonly release: RawRelease; readonly above: Buffer } {
  for (;;) {
    const found = release()
    const above = numberOf(signatureOf(found)) + n
    if (above < 2n ** 2048n) return { release: found, above: bytesOf(above) }
  }
}

const refusedSession = /^the session key is not signed by the private key/
const refusedChecksum = /^the checksum is not signed by the private key/

describeEachCapgoBackend('an RSA block that is not as publishers make it', (backend) => {
  const options = { publicKey, backend }

  describe.each(ways)('%s:', (_, way) => {
    test('the control: a release that is made here as it should be is read', async () => {
      expectBundle(await way(releaseOf({ privateKey }), options), content)
      expectBundle(await way(releaseOf({ privateKey, form: 'base64' }), options), content)
      const v2 = blockOf(Buffer.from(digest.toString('hex'), 'base64'))
      expectBundle(await way(releaseOf({ privateKey, form: 'base64', signedChecksum: rawSign(v2, privateKey) }), options), content)
    })

    test.each(session)('session key: %s', async (_name, signedKey) => {
      const refused = expectNothing(await way(releaseOf({ privateKey, key, signedKey }), options), 'bad-signature')
      expect(refused.message).toMatch(refusedSession)
    })

    test.each(checksum)('checksum: %s', async (_name, signedChecksum) => {
      for (const form of ['hex', 'base64'] as const) {
        const refused = expectNothing(await way(releaseOf({ privateKey, signedChecksum, form }), options), 'bad-signature')
        expect(refused.message).toMatch(refusedChecksum)
      }
    })

    test('checksum in hex: the 48 bytes that only base64 has', async () => {
      const signedChecksum = rawSign(blockOf(Buffer.from(digest.toString('hex'), 'base64')), privateKey)
      expectNothing(await way(releaseOf({ privateKey, signedChecksum, form: 'hex' }), options), 'bad-signature')
    })

    test('a signature and the modulus together, the same number to whoever forgets to compare', async () => {
      const inSession = aboveModulus(
        () => releaseOf({ privateKey }),
        ({ sessionKey }) => Buffer.from(sessionKey.split(':')[1] as string, 'base64'),
      )
      const [iv] = inSession.release.sessionKey.split(':')
      const sessionKey = `${iv}:${inSession.above.toString('base64')}`
      expectNothing(await way({ ...inSession.release, sessionKey }, options), 'bad-signature')
      const inChecksum = aboveModulus(() => releaseOf({ privateKey, bundle: randomBytes(40) }), (release) => Buffer.from(release.checksum, 'hex'))
      expectNothing(await way({ ...inChecksum.release, checksum: inChecksum.above.toString('hex') }, options), 'bad-signature')
      expectNothing(await way({ ...inChecksum.release, checksum: inChecksum.above.toString('base64') }, options), 'bad-signature')
    })

    test('a session key in the place of the checksum, and the reverse', async () => {
      const release = releaseOf({ privateKey })
      const [iv, signedKey] = release.sessionKey.split(':') as [string, string]
      expectNothing(await way({ ...release, checksum: signedKey }, options), 'bad-signature')
      const sessionKey = `${iv}:${Buffer.from(release.checksum, 'hex').toString('base64')}`
      expectNothing(await way({ ...release, sessionKey }, options), 'bad-signature')
    })

    test('the public key of another app', async () => {
      expectNothing(await way(releaseOf({ privateKey }), { ...options, publicKey: other.publicKey }), 'bad-signature')
    })

    test('wrong blocks of one field are told with the same words', async () => {
      const messages = new Set<string>()
      for (const [, signedKey] of session) messages.add(expectNothing(await way(releaseOf({ privateKey, key, signedKey }), options), 'bad-signature').message)
      expect(messages.size).toBe(1)
    })
  })
})

test('hostile blocks are signed as OpenSSL signs them', () => {
  expect(rawSign(blockOf(key), privateKey).equals(privateEncrypt(privateKey, key))).toBe(true)
})
