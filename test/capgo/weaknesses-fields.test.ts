import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import { blockOf, CONTENT, expectBundle, expectNothing, rawSign, releaseOf, sha256, ways } from './hostile.js'
import type { RawRelease } from './hostile.js'

/* What is wrong with the texts of a release. */

const { publicKey, privateKey } = cliKeyPair()
const content = Buffer.from(CONTENT)
const good = releaseOf({ privateKey })
const inBase64 = releaseOf({ privateKey, form: 'base64' })
const [iv, signedKey] = good.sessionKey.split(':') as [string, string]
const sized = (length: number): string => Buffer.alloc(length, 7).toString('base64')

/** The same bytes to a lenient reader: only the bits that nobody reads differ. */
function withTrailingBits(base64: string): string {
  const padding = base64.endsWith('==') ? '==' : '='
  const letters = base64.slice(0, -padding.length)
  const changed = `${letters.slice(0, -1)}${String.fromCharCode(letters.charCodeAt(letters.length - 1) + 1)}${padding}`
  if (!Buffer.from(changed, 'base64').equals(Buffer.from(base64, 'base64'))) throw new Error('the bytes differ')
  return changed
}

/** A text of 256 bytes in which the alphabets of base64 differ. */
const withSign = (): Buffer => {
  for (;;) {
    const signature = rawSign(blockOf(randomBytes(16)), privateKey)
    if (/[+/]/.test(signature.toString('base64'))) return signature
  }
}
const urlText = withSign().toString('base64').replaceAll('+', '-').replaceAll('/', '_')

const missing: readonly (readonly [string, unknown])[] = [['undefined', undefined], ['null', null], ['empty', '']]

const sessions: readonly (readonly [string, unknown])[] = [
  ['no text', 17], ['bytes', Buffer.from(good.sessionKey)], ['a list', [good.sessionKey]], ['an object', { toString: () => good.sessionKey }],
  ['without its colon', `${iv}${signedKey}`], ['a colon alone', ':'], ['no initialisation vector', `:${signedKey}`], ['no key', `${iv}:`],
  ['a second colon behind', `${good.sessionKey}:`], ['a second colon before', `:${good.sessionKey}`], ['a third part', `${good.sessionKey}:${iv}`],
  ['two colons between', `${iv}::${signedKey}`], ['the parts swapped', `${signedKey}:${iv}`],
  ['an initialisation vector of 15 bytes', `${sized(15)}:${signedKey}`], ['an initialisation vector of 17 bytes', `${sized(17)}:${signedKey}`],
  ['an initialisation vector of 12 bytes', `${sized(12)}:${signedKey}`], ['an initialisation vector of 32 bytes', `${sized(32)}:${signedKey}`],
  ...[0, 1, 128, 255, 257, 512].map((length): readonly [string, string] => [`a block of ${length} bytes`, `${iv}:${sized(length)}`]),
  ['trailing bits in the initialisation vector', `${withTrailingBits(iv)}:${signedKey}`], ['trailing bits in the block', `${iv}:${withTrailingBits(signedKey)}`],
  ['an initialisation vector without padding', `${iv.replaceAll('=', '')}:${signedKey}`], ['a block without padding', `${iv}:${signedKey.replaceAll('=', '')}`],
  ['one = too few', `${iv}:${signedKey.slice(0, -1)}`], ['one = too many', `${good.sessionKey}=`],
  ['a space before', ` ${good.sessionKey}`], ['a space behind', `${good.sessionKey} `], ['a newline behind', `${good.sessionKey}\n`],
  ['a space at the colon', `${iv}: ${signedKey}`], ['a newline within', `${iv}:${signedKey.slice(0, 76)}\n${signedKey.slice(76)}`],
  ['the url alphabet', `${iv}:${urlText}`], ['a block in hex', `${iv}:${Buffer.from(signedKey, 'base64').toString('hex')}`],
  ['an initialisation vector in hex', `${Buffer.from(iv, 'base64').toString('hex')}:${signedKey}`],
  ['letters of another script', good.sessionKey.replace(/^./, '\u0410')], ['a NUL', `${good.sessionKey}\0`],
  ['a million characters', `${'A'.repeat(1_000_000)}:${signedKey}`], ['a million colons', ':'.repeat(1_000_000)],
]

const checksums: readonly (readonly [string, unknown])[] = [
  ['no text', 17], ['bytes', Buffer.from(good.checksum)], ['a list', [good.checksum]],
  ['a CRC32', '1a2b3c4d'], ['a SHA-256 that nobody signed', sha256(content).toString('hex')],
  ...[0, 1, 255, 257, 512].flatMap((length): readonly (readonly [string, string])[] => [
    [`hex of ${length} bytes`, '07'.repeat(length)], [`base64 of ${length} bytes`, sized(length)],
  ]),
  ['hex with a character less', good.checksum.slice(1)], ['hex with a character more', `${good.checksum}0`],
  ['hex with a letter that is none', good.checksum.replace(/^./, 'g')], ['0x before', `0x${good.checksum}`], ['0x within', `0x${good.checksum.slice(2)}`],
  ['a space before', ` ${good.checksum}`], ['a newline behind', `${good.checksum}\n`], ['a newline in the place of the last', `${good.checksum.slice(0, -1)}\n`],
  ['base64 with trailing bits', withTrailingBits(inBase64.checksum)], ['base64 without padding', inBase64.checksum.replaceAll('=', '')],
  ['base64 with one = too few', inBase64.checksum.slice(0, -1)], ['base64 with one = too many', `${inBase64.checksum}=`],
  ['base64 with a newline behind', `${inBase64.checksum}\n`], ['base64 in the url alphabet', urlText],
  ['a session key', good.sessionKey], ['a million characters', 'a'.repeat(1_000_000)],
]

const withField = (field: 'sessionKey' | 'checksum', value: unknown): RawRelease => ({ ...good, [field]: value })

describeEachCapgoBackend('a text that is not as publishers write it', (backend) => {
  const options = { publicKey, backend }

  describe.each(ways)('%s:', (_, way) => {
    test.each(missing)('a session key that is %s is refused, though a public key is set', async (_name, value) => {
      const { message } = expectNothing(await way(withField('sessionKey', value), options), 'malformed-release')
      expect(message).toMatch(/^the release has no session key/)
      // Devices take such a release as it is: the ZIP in clear must not come out either.
      expectNothing(await way({ ...withField('sessionKey', value), payload: content }, options), 'malformed-release')
    })

    test.each(missing)('a checksum that is %s is refused, though a public key is set', async (_name, value) => {
      const { message } = expectNothing(await way(withField('checksum', value), options), 'malformed-release')
      expect(message).toMatch(/^the release has no checksum/)
    })

    test.each(sessions)('session key: %s', async (_name, value) => {
      const { message } = expectNothing(await way(withField('sessionKey', value), options), 'malformed-release')
      expect(message.length).toBeLessThan(400)
    })

    test.each(checksums)('checksum: %s', async (_name, value) => {
      const { message } = expectNothing(await way(withField('checksum', value), options), 'malformed-release')
      expect(message.length).toBeLessThan(400)
    })

    test('a missing public key is a mistake of the program, not a release without encryption', async () => {
      for (const value of [undefined, null, ''] as unknown as string[]) {
        const { error, bytes } = await way(good, { backend, publicKey: value })
        expect([(error as Error | undefined)?.name, bytes.length]).toEqual([value === '' ? 'EnvelopeError' : 'TypeError', 0])
      }
    })

    test('hex in capitals is read, as both platforms read it', async () => {
      expectBundle(await way({ ...good, checksum: good.checksum.toUpperCase() }, options), content)
      expectBundle(await way({ ...good, checksum: good.checksum.replace(/[a-f]/, (letter) => letter.toUpperCase()) }, options), content)
    })
  })

  describe.each(ways)('%s, the plugin that shall read it:', (_, way) => {
    const v2 = releaseOf({ privateKey, form: 'base64', signedChecksum: rawSign(blockOf(Buffer.from(sha256(content).toString('hex'), 'base64')), privateKey) })

    test.each([
      ['8.51.14', good], ['8.51.14', inBase64], ['7.30.0', good], ['7.29.0', v2], ['5.10.0', v2],
    ] as const)('%s reads it', async (pluginVersion, release) => {
      expectBundle(await way(release, { ...options, pluginVersion }), content)
    })

    test.each([
      ['8.51.14', v2, 'V2', 'V3'], ['6.30.0', v2, 'V2', 'V3'], ['7.29.0', good, 'V3', 'V2'], ['7.29.0', inBase64, 'V3-base64', 'V2'],
    ] as const)('%s does not', async (pluginVersion, release, has, reads) => {
      const { message } = expectNothing(await way(release, { ...options, pluginVersion }), 'unsupported')
      expect(message).toContain(`of the form ${has}, and this plugin reads ${reads}:`)
    })

    test.each(['', '9.0.0', '7', 'latest', '7.30.0-alpha.1', '4.45.3', '7.0.1'])('%j is not known, and is asked for', async (pluginVersion) => {
      expectNothing(await way(good, { ...options, pluginVersion }), 'unsupported')
    })
  })
})
