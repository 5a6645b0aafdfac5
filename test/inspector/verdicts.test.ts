import { describe, expect, test } from 'vitest'
import { delegate, encryptBundle, generateKeyPair, joinEnvelope } from '../../src/index.js'
import { CHUNK, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { checksThat, choose, describeInChromium, file, inTab, termOf, verdict } from './browser.js'
import type { Page } from 'playwright-core'
import type { Envelope } from '../../src/index.js'

const signer = freshEd25519()
const other = freshEd25519()
const key = file('key.pem', signer.publicKey)
const size = 20 * CHUNK + 500
const CHUNKS = 21

async function envelope(more: Parameters<typeof seal>[2] = {}): Promise<Envelope> {
  return seal(signer, pattern(size), more)
}

/** Offset of the last byte of chunk `i` in a file. */
function endOf({ head, payload }: Envelope, i: number): number {
  const last = payload.length - 1
  return 12 + Buffer.byteLength(head) + (i === CHUNKS - 1 ? last : last - 500 - 16 - (CHUNKS - 2 - i) * (CHUNK + 16))
}

function flipped(bytes: Uint8Array, ...places: readonly number[]): Uint8Array {
  const out = bytes.slice()
  for (const place of places) out[place] = (out[place] ?? 0) ^ 1
  return out
}

const cells = async (page: Page, state: string): Promise<number> => page.locator(`#strip .${state}`).count()

describeInChromium('the inspector', () => {
  test('shows a head as unverified until there is a key, and then each chunk as verified', async () => {
    const bytes = (await envelope({ meta: { commit: 'abc' } })).toBytes()
    await inTab(async ({ page, complaints }) => {
      await choose(page, file('update.otaseal', bytes))
      expect(await verdict(page)).toBe('Not verified')
      await expect.poll(async () => page.getByRole('region', { name: 'Head' }).textContent()).toContain('what the file says of itself')
      expect(await page.getByRole('row', { name: /^App\b/ }).textContent()).toContain('com.example.app')
      expect(await cells(page, 'verified')).toBe(0)
      await page.getByLabel('Public key (PEM or JWK), or trust store').fill(signer.publicKey)
      await page.getByRole('button', { name: 'Verify' }).click()
      await expect.poll(async () => verdict(page)).toBe('Verified')
      expect(await page.locator('#verdict').textContent()).toContain(signer.kid)
      expect(await page.locator('#head-status').textContent()).toContain(`Signature verified by key ${signer.kid}`)
      expect(await cells(page, 'verified')).toBe(CHUNKS)
      expect(await page.getByRole('img').getAttribute('aria-label')).toBe(`${CHUNKS} of ${CHUNKS} chunks verified, 0 refused`)
      expect(await termOf(page, 'Chunks', 'Payload, read and verified')).toMatch(/ms, \d+ MB\/s$/)
      expect(complaints).toEqual([])
    })
  })

  test('holds a head against what the device demands', async () => {
    const bytes = (await envelope({ runtime: 'ios-7' })).toBytes()
    await inTab(async ({ page }) => {
      await page.getByText('What the device demands, and its reader key').click()
      await page.getByRole('textbox', { name: 'App', exact: true }).fill('com.example.app')
      await page.getByRole('textbox', { name: 'Channel' }).fill('production')
      await page.getByRole('textbox', { name: 'Installed sequence' }).fill('999')
      await page.getByRole('textbox', { name: 'Runtime' }).fill('ios-7')
      await choose(page, file('update.otaseal', bytes), key)
      expect(await verdict(page)).toBe('Verified')
      expect(await checksThat(page, 'left out')).toEqual([])
      expect(await page.locator('#verdict').textContent()).not.toContain('left empty')
      await page.getByRole('textbox', { name: 'Installed sequence' }).fill('1000')
      await page.keyboard.press('Enter')
      await expect.poll(async () => verdict(page)).toBe('Refused: rollback')
      expect(await checksThat(page, 'refused')).toEqual(['It is newer than what is installed'])
      expect(await checksThat(page, 'not reached')).toHaveLength(5)
    })
  })

  describe('refuses, names the check and says what the code means:', () => {
    test('a flipped bit in two chunks, of which the others are verified all the same', async () => {
      const honest = await envelope()
      const bytes = flipped(honest.toBytes(), endOf(honest, 3), endOf(honest, 17))
      await inTab(async ({ page }) => {
        await choose(page, file('update.otaseal', bytes), key)
        expect(await verdict(page)).toBe('Refused: bad-chunk')
        expect(await termOf(page, 'Refused: bad-chunk', 'Refused chunks')).toMatch(/^3 \(bytes [\d,]+ to [\d,]+ of the payload\), 17 \(/)
        expect(await termOf(page, 'Refused: bad-chunk', 'What to do')).toContain('Download again')
        expect(await termOf(page, 'Refused: bad-chunk', 'Who can cause it')).toBe('distributor (everyone between publisher and device)')
        expect(await cells(page, 'refused')).toBe(2)
        expect(await cells(page, 'verified')).toBe(CHUNKS - 2)
        expect(await checksThat(page, 'refused')).toEqual(['Each chunk is the signed one'])
      })
    })

    const cases: Readonly<Record<string, readonly [code: string, check: string, make: () => Promise<Uint8Array>]>> = {
      'the last chunk': ['bad-chunk', 'Each chunk', async () => envelope().then((honest) => flipped(honest.toBytes(), endOf(honest, CHUNKS - 1)))],
      'the index': ['bad-index', 'The start of the payload', async () => envelope().then((honest) => flipped(honest.toBytes(), 12 + Buffer.byteLength(honest.head)))],
      'a cut file': ['truncated', 'Nothing is missing', async () => (await envelope()).toBytes().slice(0, -1000)],
      'a file cut in its index': ['truncated', 'Nothing is missing', async () => envelope().then((honest) => honest.toBytes().slice(0, 100 + Buffer.byteLength(honest.head)))],
      'a file cut in its head': ['truncated', 'The file starts', async () => (await envelope()).toBytes().slice(0, 100)],
      'bytes behind': ['trailing-data', 'Nothing is missing', async () => Buffer.concat([(await envelope()).toBytes(), Buffer.alloc(1)])],
      'an expired release': ['expired', 'It has not expired', async () => (await envelope({ expires: new Date('2024-01-01') })).toBytes()],
      'another signer': ['untrusted-key', 'Enough trusted keys', async () => (await seal(other, pattern(size))).toBytes()],
      'a ZIP file': ['not-an-envelope', 'The file starts', async () => Buffer.from('PK\u0003\u0004 and more')],
      'a head that is none': ['malformed-head', 'The head has', async () => joinEnvelope('{"payload":1}', new Uint8Array(9))],
    }
    test.each(Object.entries(cases))('%s', async (_, [code, check, make]) => {
      const bytes = await make()
      await inTab(async ({ page, complaints }) => {
        await choose(page, file('update.otaseal', bytes), key)
        expect(await verdict(page)).toBe(`Refused: ${code}`)
        const refused = await checksThat(page, 'refused')
        expect(refused).toHaveLength(1)
        expect(refused[0]).toContain(check)
        expect((await termOf(page, `Refused: ${code}`, 'What to do')).length).toBeGreaterThan(5)
        expect(complaints).toEqual([])
      })
    })

    test('a release of a link that is over: the keys, not the release', async () => {
      const release = await generateKeyPair('Ed25519')
      const link = await delegate(release.publicKey, { signer: signer.privateKey, notBefore: 1_700_000_000, notAfter: 1_900_000_000 })
      const sealed = await encryptBundle(pattern(100), { signer: release.privateKey, chain: link, roots: signer.publicKey, app: 'a', version: '1' })
      await inTab(async ({ page }) => {
        await page.clock.setFixedTime(new Date(1_900_000_001_000))
        await choose(page, file('update.otaseal', sealed.toBytes()), key)
        expect(await verdict(page)).toBe('Refused: expired')
        expect(await checksThat(page, 'refused')).toEqual(['Enough trusted keys have signed, and may sign this'])
        expect(await page.getByRole('table', { name: 'Links' }).textContent()).toContain(release.kid)
      })
    })

    test('keys that are none', async () => {
      const bytes = (await envelope()).toBytes()
      await inTab(async ({ page }) => {
        await choose(page, file('update.otaseal', bytes), file('key.pem', signer.publicKey.replace('MCow', 'MCoX')))
        expect(await verdict(page)).toBe('Refused: bad-key')
        expect(await checksThat(page, 'refused')).toEqual(['The public key or trust store can be used'])
      })
    })
  })

  describe('with readers', () => {
    test('takes a secret, or checks as a server where there is none', async () => {
      const secret = pattern(32, 7)
      const bytes = (await envelope({ readers: [secret] })).toBytes()
      await inTab(async ({ page }) => {
        await choose(page, file('update.otaseal', bytes), key)
        expect(await verdict(page)).toBe('Refused: no-reader-key')
        expect(await checksThat(page, 'refused')).toEqual(['A key slot opens, and holds the session key that was signed'])
        await page.getByText('What the device demands, and its reader key').click()
        await page.getByLabel('Check as').selectOption('server')
        await page.getByRole('button', { name: 'Verify' }).click()
        await expect.poll(async () => verdict(page)).toBe('Verified, without a reader key')
        expect(await cells(page, 'verified')).toBe(CHUNKS)
        await page.getByLabel('Check as').selectOption('device')
        await page.getByLabel('Reader secret or private key').fill(Buffer.from(secret).toString('base64url'))
        await page.getByRole('button', { name: 'Verify' }).click()
        await expect.poll(async () => verdict(page)).toBe('Verified')
        expect(await page.getByLabel('Reader secret or private key').getAttribute('type')).toBe('password')
        await page.getByRole('button', { name: 'Reset' }).click()
        expect(await page.getByLabel('Reader secret or private key').inputValue()).toBe('')
        expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
      })
    })

    test('a server sees a refused chunk too', async () => {
      const honest = await envelope()
      await inTab(async ({ page }) => {
        await page.getByText('What the device demands, and its reader key').click()
        await page.getByLabel('Check as').selectOption('server')
        await choose(page, file('update.otaseal', flipped(honest.toBytes(), endOf(honest, 5))), key)
        expect(await verdict(page)).toBe('Refused: bad-chunk')
        expect(await termOf(page, 'Refused: bad-chunk', 'Refused chunk')).toMatch(/^5;/)
        expect([await cells(page, 'verified'), await cells(page, 'refused')]).toEqual([5, 1])
      })
    })

    test('takes the file of a private key', async () => {
      const reader = await generateKeyPair('P-256')
      const bytes = (await envelope({ readers: [reader.publicKey] })).toBytes()
      await inTab(async ({ page }) => {
        await choose(page, file('update.otaseal', bytes), key, file('reader.pem', reader.privateKey))
        expect(await verdict(page)).toBe('Verified')
      })
    })
  })
})
