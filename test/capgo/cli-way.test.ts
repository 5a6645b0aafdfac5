import {
  constants, createCipheriv, createDecipheriv, createHash, privateEncrypt, publicDecrypt, randomBytes,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encryptForCapgo, encryptForCapgoStream, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { collect, streamOf } from '../stream/streams.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import type { CapgoRelease, WrittenChecksumForm } from '../../src/capgo.js'

/*
 * The calls that the Capgo CLI makes of node:crypto, and what the plugins do with the result, written out: nothing of the library is
 * on that side of a test.
 */

const { publicKey, privateKey } = cliKeyPair()
const PKCS1 = constants.RSA_PKCS1_PADDING

type Text = 'hex' | 'base64'

interface CliSession {
  readonly sessionKey: Buffer
  readonly ivSessionKey: string
}

const cliSign = (value: Buffer): Buffer => privateEncrypt({ key: privateKey, padding: PKCS1 }, value)
const cliOpen = (signature: Buffer): Buffer => publicDecrypt({ key: publicKey, padding: PKCS1 }, signature)
const hexDigest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function generateSessionKey(): CliSession {
  const [iv, sessionKey] = [randomBytes(16), randomBytes(16)]
  return { sessionKey, ivSessionKey: [iv, cliSign(sessionKey)].map((part) => part.toString('base64')).join(':') }
}

function encryptSource(source: Buffer, { sessionKey, ivSessionKey }: CliSession): Buffer {
  const cipher = createCipheriv('aes-128-cbc', sessionKey, Buffer.from(ivSessionKey.split(':')[0] as string, 'base64'))
  return Buffer.concat([cipher.update(source), cipher.final()])
}

function decryptSource(source: Uint8Array, ivSessionKey: string): Buffer {
  const [iv, key] = ivSessionKey.split(':').map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer]
  const decipher = createDecipheriv('aes-128-cbc', cliOpen(key), iv)
  return Buffer.concat([decipher.update(source), decipher.final()])
}

/** With `base64` for V2, where the CLI takes the hex digest for base64; with `hex` for V3. */
const encryptChecksum = (digest: string, text: Text): string => cliSign(Buffer.from(digest, text)).toString(text)
const decryptChecksum = (checksum: string, text: Text): string => cliOpen(Buffer.from(checksum, text)).toString(text)

const textOf: Readonly<Record<WrittenChecksumForm, Text>> = { V2: 'base64', V3: 'hex' }

/** What both platforms require of a checksum's signature: which text it is in, and 256 bytes. */
function deviceChecksum(checksum: string): string {
  const signature = Buffer.from(checksum, /^[0-9a-fA-F]+$/.test(checksum) ? 'hex' : 'base64')
  if (signature.length !== 256) throw new Error('the checksum is not encrypted')
  return cliOpen(signature).toString('hex')
}

/** A plugin of 8.x: it compares the hex of what was signed with the hex digest of the file. */
function readBy851({ payload, sessionKey, checksum }: CapgoRelease): Buffer | undefined {
  if (sessionKey.split(':').length !== 2) return undefined
  const bundle = decryptSource(payload, sessionKey)
  return deviceChecksum(checksum) === hexDigest(bundle) ? bundle : undefined
}

/** A plugin of 7.29: it takes any checksum for base64, and compares base64 with the hex digest of the file. */
function readBy729({ payload, sessionKey, checksum }: CapgoRelease): Buffer | undefined {
  const bundle = decryptSource(payload, sessionKey)
  const signature = Buffer.from(checksum, 'base64')
  return signature.length === 256 && cliOpen(signature).toString('base64') === hexDigest(bundle) ? bundle : undefined
}

const sizes = [1, 15, 16, 17, 1000, 2 ** 19 - 1, 2 ** 19, 2 ** 19 + 1]
const forms = ['V2', 'V3'] as const

describeEachCapgoBackend('the calls of the Capgo CLI', (backend) => {
  describe.each(forms)('with the checksum form %s', (checksumForm) => {
    const text = textOf[checksumForm]

    test.each(sizes)('write %i bytes that are read here', async (size) => {
      const source = randomBytes(size)
      const session = generateSessionKey()
      const payload = encryptSource(source, session)
      const checksum = encryptChecksum(hexDigest(source), text)
      const found = await verifyAndDecryptCapgo(payload, { publicKey, sessionKey: session.ivSessionKey, checksum, backend })
      expect(source.equals(found.bundle)).toBe(true)
      expect(found).toMatchObject({ sha256: hexDigest(source), checksumForm })
    })

    test.each(sizes)('read %i bytes that were written here', async (size) => {
      const source = randomBytes(size)
      const release = await encryptForCapgo(source, { privateKey, publicKey, checksumForm, backend })
      expect(decryptSource(release.payload, release.sessionKey).equals(source)).toBe(true)
      expect(decryptChecksum(release.checksum, text)).toBe(hexDigest(source))
      expect(release.checksumForm).toBe(checksumForm)
    })

    test('sign the same bytes: RSA of this kind is deterministic', async () => {
      const source = randomBytes(100)
      const { checksum } = await encryptForCapgo(source, { privateKey, checksumForm, backend })
      expect(checksum).toBe(encryptChecksum(hexDigest(source), text))
      const streamed = await encryptForCapgoStream(streamOf(source, 7), { privateKey, checksumForm, backend })
      const { bytes } = await collect(streamed.payload)
      expect(await streamed.checksum).toBe(checksum)
      expect(decryptSource(bytes, streamed.sessionKey).equals(source)).toBe(true)
    })
  })

  test('of the plugins 7.29 and 8.51, each reads its own form and refuses the other', async () => {
    const source = randomBytes(5000)
    const forNew = await encryptForCapgo(source, { privateKey, pluginVersion: '8.51.14', backend })
    const forOld = await encryptForCapgo(source, { privateKey, pluginVersion: '7.29.0', backend })
    expect(readBy851(forNew)?.equals(source)).toBe(true)
    expect(readBy729(forOld)?.equals(source)).toBe(true)
    expect(readBy851(forOld)).toBeUndefined()
    expect(readBy729(forNew)).toBeUndefined()
  })

  test('fields have the lengths and letters that the CLI gives them', async () => {
    const base64 = (characters: number, end: string): string => `[A-Za-z0-9+/]{${characters - end.length}}${end}`
    const session = new RegExp(`^${base64(24, '==')}:${base64(344, '==')}$`)
    const v2 = await encryptForCapgo(randomBytes(20), { privateKey, checksumForm: 'V2', backend })
    const v3 = await encryptForCapgo(randomBytes(20), { privateKey, checksumForm: 'V3', backend })
    for (const { sessionKey } of [v2, v3, { sessionKey: generateSessionKey().ivSessionKey }]) expect(sessionKey).toMatch(session)
    expect(v2.checksum).toMatch(new RegExp(`^${base64(344, '==')}$`))
    expect(v3.checksum).toMatch(/^[0-9a-f]{512}$/)
    const pkcs1 = Buffer.from(publicKey.replace(/-----.*-----/g, ''), 'base64')
    expect([v2.keyId, v3.keyId]).toEqual([pkcs1.toString('base64').slice(0, 20), publicKey.split('\n')[1]?.slice(0, 20)])
  })

  test('every release has a session key and an initialisation vector of its own', async () => {
    const source = randomBytes(20)
    const releases = await Promise.all([1, 2, 3].map(async () => encryptForCapgo(source, { privateKey, checksumForm: 'V3', backend })))
    const parts = releases.flatMap(({ sessionKey }) => sessionKey.split(':'))
    expect(new Set(parts).size).toBe(6)
    expect(new Set(releases.map(({ payload }) => Buffer.from(payload).toString('hex'))).size).toBe(3)
    const keys = releases.map(({ sessionKey }) => cliOpen(Buffer.from(sessionKey.split(':')[1] as string, 'base64')))
    expect(keys.map(({ length }) => length)).toEqual([16, 16, 16])
    for (const [i, key] of keys.entries()) {
      expect(Buffer.from((releases[i] as CapgoRelease).sessionKey.split(':')[0] as string, 'base64').equals(key)).toBe(false)
    }
  })
})
