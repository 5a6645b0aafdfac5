import { constants, createCipheriv, createHash, privateEncrypt, randomBytes } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { checkCapgoRelease } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'
import type { CapgoCheckOptions, CapgoReport } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const zip = (): Buffer => Buffer.from(zipSync({ 'index.html': randomBytes(500) }))
const [key, iv] = [randomBytes(16), randomBytes(16)]

interface Made {
  readonly payload: Buffer
  readonly sessionKey: string
  readonly checksum: string
}

/** A release whose session key and initialisation vector are the caller's, with node:crypto alone. */
function made(bundle: Buffer, { key: ownKey = key, iv: ownIv = iv, form = 'V3', signer = privateKey } = {}): Made {
  const sign = (value: Uint8Array): Buffer => privateEncrypt({ key: signer, padding: constants.RSA_PKCS1_PADDING }, value)
  const cipher = createCipheriv('aes-128-cbc', ownKey, ownIv)
  const hex = createHash('sha256').update(bundle).digest('hex')
  return {
    payload: Buffer.concat([cipher.update(bundle), cipher.final()]),
    sessionKey: `${ownIv.toString('base64')}:${sign(ownKey).toString('base64')}`,
    checksum: form === 'V3' ? sign(Buffer.from(hex, 'hex')).toString('hex') : sign(Buffer.from(hex, 'base64')).toString('base64'),
  }
}

const check = async (release: Made, previous: CapgoCheckOptions['previous']): Promise<CapgoReport> => checkCapgoRelease(release, { publicKey, previous })
const bundle = zip()
const release = made(bundle)
const fresh = { key: randomBytes(16), iv: randomBytes(16) }

test.each([
  ['the same session key with a new initialisation vector', made(zip(), { iv: fresh.iv }), ['session-key-reused']],
  ['the same session key and initialisation vector', made(zip()), ['iv-reused']],
  ['the same initialisation vector alone, which is no secret', made(zip(), { key: fresh.key }), []],
  ['the same content', made(bundle, fresh), ['repeated-content']],
  ['the same content whose checksum has another form', made(bundle, { ...fresh, form: 'V2' }), ['repeated-content']],
  ['the same content and session key', made(bundle, { iv: fresh.iv }), ['session-key-reused', 'repeated-content']],
  ['all of it', release, ['repeated-release']],
  ['all of it, with another form of checksum', made(bundle, { form: 'V2' }), ['repeated-release']],
  ['nothing', made(zip(), fresh), []],
  ['nothing, being of another key pair', made(bundle, { ...fresh, form: 'V2', signer: cliKeyPair().privateKey }), []],
] as const)('a release that shares with an earlier one: %s', async (_, earlier, warnings) => {
  const report = await check(release, [made(zip(), { key: randomBytes(16) }), earlier])
  expect(report.warnings.map(({ code }) => code)).toEqual(warnings)
  expect(report).toMatchObject({ ok: true, problems: [] })
  for (const { message } of report.warnings) expect(message).toMatch(/^previous\[1\] .*devices accept it.*; /)
})

test('the checker names what no device and no other check can refuse: the session key of another release under a new initialisation vector', async () => {
  const earlier = made(zip())
  const attack = made(bundle, { iv: fresh.iv })
  expect((await checkCapgoRelease(attack, { publicKey })).ok).toBe(true)
  expect((await check(attack, [earlier])).warnings.map(({ code }) => code)).toEqual(['session-key-reused'])
})

test('earlier releases that were not encrypted, or are malformed, are passed over', async () => {
  const previous = [{}, { sessionKey: null, checksum: 'a'.repeat(64) }, { sessionKey: '', checksum: '' }, { sessionKey: 5 as never, checksum: 'x'.repeat(5000) }]
  expect((await check(release, previous)).warnings).toEqual([])
})

test('what is shared with many is said once', async () => {
  const { warnings } = await check(release, Array.from({ length: 200 }, () => release))
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.message).toContain('previous[4] and 195 more')
})

test('a release that has problems is compared all the same', async () => {
  const report = await check({ ...release, payload: release.payload.subarray(16) }, [release])
  expect([report.problems, report.warnings].map((notes) => notes.map(({ code }) => code))).toEqual([['bad-checksum'], ['repeated-release']])
})
