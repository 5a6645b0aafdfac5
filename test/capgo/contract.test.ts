import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encryptForCapgo, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { cbcDecryptor } from '../../src/capgo/cbc.js'
import { openChecksum } from '../../src/capgo/checksum.js'
import { readCapgoPublicKey } from '../../src/capgo/keys.js'
import { openSession } from '../../src/capgo/session.js'
import { valueOpener } from '../../src/capgo/signed-value.js'
import { collect, streamOf } from '../stream/streams.js'
import { fromHex } from '../wycheproof.js'
import { cliKeyPair, describeEachCapgoBackend } from './helpers.js'
import type { CapgoBackend } from '../../src/capgo.js'
import type { OpenValue } from '../../src/capgo/signed-value.js'

/* The contract vectors of the deployed plugins, read where they are; never copied. */

const folder = new URL('../../../shared/vectors/capgo/', import.meta.url)

interface Vector<Input, Expect> {
  readonly id: string
  readonly input: Input
  readonly expect: Expect
}

interface RsaVectors {
  readonly publicKeyPem: string
  readonly rsaPublicDecrypt: readonly Vector<{ ciphertextHex: string }, { plaintextHex: string }>[]
  readonly decryptChecksum: readonly Vector<{ checksumHex: string }, { decryptedHex: string }>[]
  readonly calcKeyId: readonly Vector<{ publicKeyPem: string }, { keyId: string }>[]
  readonly rsaPublicKeyLoad: readonly Vector<{ publicKeyPem: string }, { loads: boolean }>[]
  readonly decryptChecksumInvalid: readonly Vector<{ checksumHex: string }, { throws: boolean }>[]
}

interface SubsetVectors {
  readonly publicKeyPem: string
  readonly keyId: string
  readonly checksumHex: string
  readonly checksumBase64Raw32: string
  readonly checksumPlain: string
  readonly ivSessionKey: string
  readonly ciphertextHex: string
  readonly plaintextUtf8: string
}

interface Files {
  readonly 'crypto-rsa.json': RsaVectors
  readonly 'contract-subset.json': SubsetVectors
}

function contractTest<File extends keyof Files>(title: string, file: File, body: (vectors: Files[File]) => Promise<void>): void {
  const url = new URL(file, folder)
  if (existsSync(url)) test(title, () => body(JSON.parse(readFileSync(url, 'utf8')) as Files[File]))
  else test.skip(`${title} (skipped: no contract data in ../shared/vectors/capgo)`)
}

async function openerOf(publicKey: string, backend: CapgoBackend): Promise<OpenValue> {
  return valueOpener(readCapgoPublicKey(publicKey), backend)
}

/** The signatures of these vectors are of nothing encrypted: what is wrong is told before the payload is looked at. */
const sessionOf = async (publicPem: string): Promise<string> => {
  const { privateKey, publicKey } = cliKeyPair()
  expect(publicKey).not.toBe(publicPem)
  return (await encryptForCapgo(new Uint8Array(16), { privateKey, checksumForm: 'V3' })).sessionKey
}

describeEachCapgoBackend('contract of deployed plugins', (backend) => {
  contractTest('rsaPublicDecrypt: signed values open, and with no other length', 'crypto-rsa.json', async (vectors) => {
    const open = await openerOf(vectors.publicKeyPem, backend)
    expect(vectors.rsaPublicDecrypt.map(({ id }) => id)).toEqual(['session-key-16-bytes', 'checksum-sha256-32-bytes'])
    for (const { id, input, expect: expected } of vectors.rsaPublicDecrypt) {
      const value = fromHex(expected.plaintextHex)
      const signature = fromHex(input.ciphertextHex)
      expect(await open(signature, value.length), id).toEqual(value)
      for (const other of [value.length - 1, value.length + 1, 48]) expect(await open(signature, other), id).toBeUndefined()
    }
  })

  contractTest('decryptChecksum: the digest under a checksum in hex, and in no other digest', 'crypto-rsa.json', async (vectors) => {
    const open = await openerOf(vectors.publicKeyPem, backend)
    expect(vectors.decryptChecksum.length).toBeGreaterThan(0)
    for (const { id, input, expect: expected } of vectors.decryptChecksum) {
      const opened = await openChecksum(input.checksumHex, open)
      expect(opened.form, id).toBe('V3')
      expect(opened.matches(fromHex(expected.decryptedHex)), id).toBe(true)
      expect(opened.matches(new Uint8Array(32)), id).toBe(false)
    }
  })

  contractTest('calcKeyId: the first 20 characters of the key', 'crypto-rsa.json', async (vectors) => {
    expect(vectors.calcKeyId.length).toBeGreaterThan(0)
    for (const { id, input, expect: expected } of vectors.calcKeyId) {
      expect(readCapgoPublicKey(input.publicKeyPem).keyId, id).toBe(expected.keyId)
    }
  })

  contractTest('rsaPublicKeyLoad: a key loads or is refused as bad-key', 'crypto-rsa.json', async (vectors) => {
    expect(vectors.rsaPublicKeyLoad.map(({ expect: { loads } }) => loads)).toEqual([true, false])
    for (const { id, input, expect: { loads } } of vectors.rsaPublicKeyLoad) {
      const sessionKey = await sessionOf(input.publicKeyPem)
      const call = verifyAndDecryptCapgo(new Uint8Array(16), { publicKey: input.publicKeyPem, sessionKey, checksum: '00'.repeat(256), backend })
      // Only a key that was loaded is asked whether it made a signature.
      await expect(call, id).rejects.toMatchObject({ name: 'EnvelopeError', code: loads ? 'bad-signature' : 'bad-key' })
    }
  })

  contractTest('decryptChecksumInvalid: a checksum of 255 bytes is refused', 'crypto-rsa.json', async (vectors) => {
    const open = await openerOf(vectors.publicKeyPem, backend)
    expect(vectors.decryptChecksumInvalid.length).toBeGreaterThan(0)
    for (const { id, input, expect: expected } of vectors.decryptChecksumInvalid) {
      expect(expected.throws).toBe(true)
      await expect(openChecksum(input.checksumHex, open), id).rejects.toMatchObject({ name: 'EnvelopeError', code: 'malformed-release' })
    }
  })

  contractTest('the checksum in hex and in base64 holds the same digest', 'contract-subset.json', async (vectors) => {
    const open = await openerOf(vectors.publicKeyPem, backend)
    for (const [checksum, form] of [[vectors.checksumHex, 'V3'], [vectors.checksumBase64Raw32, 'V3-base64']] as const) {
      const opened = await openChecksum(checksum, open)
      expect(opened.form).toBe(form)
      expect(opened.matches(fromHex(vectors.checksumPlain))).toBe(true)
      expect(opened.matches(fromHex(vectors.checksumPlain.replace(/^./, 'f')))).toBe(false)
    }
    expect(readCapgoPublicKey(vectors.publicKeyPem).keyId).toBe(vectors.keyId)
  })

  contractTest('the payload decrypts under the session key', 'contract-subset.json', async (vectors) => {
    const open = await openerOf(vectors.publicKeyPem, backend)
    const session = await openSession(vectors.ivSessionKey, open)
    const decrypt = await cbcDecryptor(session, backend)
    const { plaintext, isPadded } = await decrypt(fromHex(vectors.ciphertextHex), true)
    expect([Buffer.from(plaintext).toString('utf8'), isPadded]).toEqual([vectors.plaintextUtf8, true])
  })

  contractTest('its checksum is of other content than its payload, and so the two are refused together', 'contract-subset.json', async (vectors) => {
    expect(createHash('sha256').update(vectors.plaintextUtf8).digest('hex')).not.toBe(vectors.checksumPlain)
    const payload = fromHex(vectors.ciphertextHex)
    for (const checksum of [vectors.checksumHex, vectors.checksumBase64Raw32]) {
      const options = { publicKey: vectors.publicKeyPem, sessionKey: vectors.ivSessionKey, checksum, backend }
      await expect(verifyAndDecryptCapgo(payload, options)).rejects.toMatchObject({ code: 'bad-checksum' })
      const { unverified, sha256, ...found } = await verifyAndDecryptCapgoStream(streamOf(payload, 3), options)
      expect(found).toEqual({ checksumForm: checksum === vectors.checksumHex ? 'V3' : 'V3-base64', keyId: vectors.keyId })
      expect(await collect(unverified as ReadableStream<Uint8Array>)).toMatchObject({ pieces: [], error: { code: 'bad-checksum' } })
      await expect(sha256).rejects.toMatchObject({ code: 'bad-checksum' })
    }
  })
})
