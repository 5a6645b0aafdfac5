import { createPublicKey, randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { checkCapgoKeyPair, checkCapgoRelease, encryptForCapgo } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()
const zip = Buffer.from(zipSync({ 'index.html': randomBytes(50) }))

test('a report is ok where there are no problems, and not ok where there is one', async () => {
  const release = await encryptForCapgo(zip, { privateKey, checksumForm: 'V3' })
  expect(await checkCapgoRelease(release, { publicKey })).toMatchObject({ problems: [], ok: true })
  expect(await checkCapgoRelease({ ...release, keyId: 'another' }, { publicKey })).toMatchObject({ ok: false, problems: [{ code: 'bad-key' }] })
})

test('an earlier release with the other form of checksum and other content repeats nothing', async () => {
  const [release, previous] = [await encryptForCapgo(zip, { privateKey, checksumForm: 'V3' }), await encryptForCapgo(randomBytes(64), { privateKey, checksumForm: 'V2' })]
  expect((await checkCapgoRelease(release, { publicKey, previous: [previous] })).warnings).toEqual([])
})

test('of a payload that can not be decrypted, the padding is allowed for in maxSize, and no byte more', async () => {
  const codes = async (size: number): Promise<string[]> => {
    const { problems } = await checkCapgoRelease({ payload: new Uint8Array(size), sessionKey: '', checksum: '' }, { publicKey, maxSize: 64 })
    return problems.map(({ code }) => code)
  }
  expect([await codes(80), await codes(81)]).toEqual([['malformed-release', 'malformed-release'], ['malformed-release', 'malformed-release', 'too-large']])
})

test('two keys with one key id are two keys', async () => {
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' })
  const n = Buffer.from(jwk.n as string, 'base64url')
  n[200] = (n[200] as number) ^ 1
  const other = { ...jwk, kty: 'RSA', n: n.toString('base64url') }
  await expect(checkCapgoKeyPair(privateKey, other as never)).rejects.toMatchObject({ code: 'bad-key', message: expect.stringContaining('another public key') as string })
})
