import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { checkTrustStore, createManifest, encryptBundle, joinEnvelope, publicJwk } from '../../src/index.js'
import { CHUNK, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { checksThat, choose, describeInChromium, file, inTab, url, verdict } from './browser.js'
import type { AddressInfo } from 'node:net'

const signer = freshEd25519()
const second = freshEd25519()
const key = file('key.pem', signer.publicKey)
const bundle = pattern(3 * CHUNK)

const HTML = '<img src=x onerror="alert(1)"><script>alert(2)</script>'

describeInChromium('the inspector', () => {
  test('shows what an attacker wrote as text, cut where it is long', async () => {
    const meta = { [HTML]: HTML, turned: 'gpj.\u202eexe\u0000\u2028', long: 'x'.repeat(9000), zalgo: `z${'\u0300'.repeat(500)}` }
    const sealed = await seal(signer, bundle, { meta })
    await inTab(async ({ page, complaints, requests }) => {
      await choose(page, file(`${HTML}.otaseal`, sealed.toBytes()))
      expect(await verdict(page)).toBe('Not verified')
      const table = page.getByRole('table', { name: 'Free data of the publisher (meta)' })
      await expect.poll(async () => table.textContent()).toContain(HTML)
      const text = (await table.textContent()) ?? ''
      expect(text).toContain('gpj.\\u{202e}exe\\u{0}\\u{2028}')
      expect(text).toContain(`${'x'.repeat(400)} … (8,600 more characters)`)
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      expect([complaints, requests]).toEqual([[], [url]])
    })
  })

  test('shows a head of the largest size in moments', async () => {
    const meta = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`n${i}`, '']))
    const { head, payload } = await seal(signer, bundle, { meta })
    const parsed = JSON.parse(head) as { keys: string[] }
    parsed.keys = Array.from({ length: 64 }, (_, i) => `${i}.${'A'.repeat(3500)}`)
    await inTab(async ({ page, complaints }) => {
      const started = Date.now()
      await choose(page, file('large.otaseal', joinEnvelope(JSON.stringify(parsed), payload)))
      expect(await verdict(page)).toBe('Not verified')
      await page.getByRole('table', { name: 'Free data of the publisher (meta)' }).waitFor()
      expect(Date.now() - started).toBeLessThan(10_000)
      expect(await page.getByRole('table', { name: 'Free data' }).textContent()).toContain('1,400 more entries are not shown')
      expect(complaints).toEqual([])
    })
  })

  test('groups the chunks of a head that claims a million of them', async () => {
    const honest = await seal(signer, bundle)
    const head = JSON.parse(honest.head) as { payload: string }
    const header = JSON.parse(Buffer.from(head.payload, 'base64url').toString()) as { bundle: { size: number } }
    header.bundle.size = 1_048_575 * CHUNK
    head.payload = Buffer.from(JSON.stringify(header)).toString('base64url')
    await inTab(async ({ page }) => {
      await choose(page, file('head.json', JSON.stringify(head)))
      expect(await verdict(page)).toBe('Not verified')
      expect(await page.locator('#chunks-text').textContent()).toBe('1,048,576 chunks. Each cell stands for 4,370 chunks.')
      expect(await page.locator('#strip .cell').count()).toBe(240)
    })
  })

  test('takes head and payload as two files, by dropping them, and says when the payload is missing', async () => {
    const { head, payload } = await seal(signer, bundle)
    await inTab(async ({ page }) => {
      const drop = async (files: Readonly<Record<string, readonly number[]>>): Promise<void> => {
        const dataTransfer = await page.evaluateHandle((entries) => {
          const transfer = new DataTransfer()
          for (const [name, bytes] of Object.entries(entries)) transfer.items.add(new File([Uint8Array.from(bytes)], name))
          return transfer
        }, files)
        await page.dispatchEvent('body', 'drop', { dataTransfer })
      }
      await drop({ 'head.json': [...Buffer.from(head)], 'key.pem': [...key.buffer] })
      await expect.poll(async () => verdict(page)).toBe('The head is verified, its payload is not here')
      expect(await checksThat(page, 'left out')).toContain('Each chunk is the signed one')
      await drop({ payload: [...payload] })
      await expect.poll(async () => verdict(page)).toBe('Verified')
    })
  })

  test('takes a pasted head', async () => {
    const { head } = await seal(signer, bundle)
    await inTab(async ({ page }) => {
      await page.getByText('Paste a head').click()
      await page.getByLabel('Head, as JSON').fill(head)
      await page.getByRole('button', { name: 'Show this head' }).click()
      expect(await verdict(page)).toBe('Not verified')
      await page.getByLabel('Head, as JSON').fill('{')
      await page.getByRole('button', { name: 'Show this head' }).click()
      await expect.poll(async () => verdict(page)).toBe('Refused: malformed-head')
    })
  })

  test('holds an envelope against the threshold of a trust store', async () => {
    const keys = await Promise.all([signer, second].map(async ({ publicKey }) => ({ key: (await publicJwk(publicKey)).jwk, status: 'active' as const })))
    const { store } = await checkTrustStore({ epoch: 3, threshold: 2, minSequence: 0, keys })
    const storeFile = file('trust.json', JSON.stringify(store))
    const options = { app: 'com.example.app', version: '1.4.0' }
    const one = await encryptBundle(bundle, { ...options, signer: signer.privateKey })
    const both = await encryptBundle(bundle, { ...options, signer: [signer.privateKey, second.privateKey] })
    await inTab(async ({ page }) => {
      await choose(page, file('one.otaseal', one.toBytes()), storeFile)
      expect(await verdict(page)).toBe('Refused: threshold-not-met')
      await choose(page, file('both.otaseal', both.toBytes()))
      await expect.poll(async () => verdict(page)).toBe('Verified')
      for (const { kid } of [signer, second]) expect(await page.locator('#verdict').textContent()).toContain(kid)
      // The minimum of a trust store is not what is installed.
      expect(await page.locator('#verdict').textContent()).toContain('Not checked, since left empty: app, channel, runtime, installed sequence.')
      expect(await checksThat(page, 'left out')).toContain('It is newer than what is installed')
    })
  })

  test('lets no file that comes with an envelope take the place of the key that is given', async () => {
    const forged = await seal(second, bundle)
    await inTab(async ({ page }) => {
      await page.getByLabel('Public key (PEM or JWK), or trust store').fill(signer.publicKey)
      await choose(page, file('head.json', forged.head), file('payload', second.publicKey))
      await expect.poll(async () => verdict(page)).toBe('Refused: untrusted-key')
      expect(await page.getByLabel('Public key (PEM or JWK), or trust store').inputValue()).toBe(signer.publicKey)
      expect(await page.getByRole('status', { name: 'Files' }).textContent()).toContain('payload looks like a public key or trust store, and was left alone')
    })
  })

  test('says nothing of one envelope above the head of another', async () => {
    const long = await seal(signer, pattern(600 * CHUNK))
    const forged = await seal(second, bundle, { meta: { mine: 'forged' } })
    await inTab(async ({ page }) => {
      await page.getByText('Paste a head').click()
      await page.getByLabel('Head, as JSON').fill(forged.head)
      await choose(page, file('long.otaseal', long.toBytes()), key)
      // In the same turn in which chunks are seen to be verified, with no time for the run to end.
      await page.evaluate(async () => new Promise<void>((resolve) => {
        const look = (): void => {
          if (document.querySelector('#strip .verified, #strip .partly') === null) return void requestAnimationFrame(look)
          document.getElementById('head-show')?.click()
          resolve()
        }
        look()
      }))
      await expect.poll(async () => page.getByRole('region', { name: 'Head' }).textContent()).toContain('forged')
      await new Promise((resolve) => setTimeout(resolve, 3000))
      expect(await verdict(page)).toBe('Not verified')
      expect(await page.locator('#head-status').textContent()).toContain('Not verified')
    })
  })

  test('says what other files are', async () => {
    const manifest = await createManifest([{ path: 'index.html', bytes: pattern(10) }], { signer: signer.privateKey, app: 'a', version: '1' })
    await inTab(async ({ page }) => {
      await choose(page, file('release.manifest', manifest.toBytes()))
      await expect.poll(async () => page.getByRole('row', { name: /^Type/ }).textContent()).toContain('a manifest: the list of files')
      await choose(page, file('session.txt', 'AAAA:BBBB'))
      await expect.poll(async () => page.getByRole('status', { name: 'Files' }).textContent()).toContain('deployed Capgo plugins')
    })
  })

  test('can send nothing: its policy blocks what would', async () => {
    let hits = 0
    const server = createServer((_, response) => {
      hits++
      response.setHeader('access-control-allow-origin', '*')
      response.end('here')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect(await (await fetch(target)).text()).toBe('here')
    await inTab(async ({ page }) => {
      const outcome = await page.evaluate(async (planted) => {
        const violations: string[] = []
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violations.push(effectiveDirective))
        const failed = await fetch(planted).then(() => false, () => true)
        const image = new Image()
        image.src = planted
        const script = document.createElement('script')
        document.body.append(image)
        let sink = 'open'
        try {
          document.body.insertAdjacentHTML('beforeend', '<b>x</b>')
        } catch {
          sink = 'closed'
        }
        navigator.sendBeacon(planted)
        document.body.append(script)
        await new Promise((resolve) => setTimeout(resolve, 500))
        return { failed, sink, violations }
      }, target)
      expect(outcome.failed).toBe(true)
      expect(outcome.sink).toBe('closed')
      expect(outcome.violations).toEqual(expect.arrayContaining(['connect-src', 'img-src']))
    })
    server.close()
    expect(hits).toBe(1)
  })

  test('says so where there is no WebCrypto', async () => {
    await inTab(async ({ page }) => {
      await page.addInitScript(() => Object.defineProperty(globalThis, 'crypto', { value: {} }))
      await page.reload()
      expect(await page.getByRole('alert').textContent()).toContain('gives no WebCrypto')
    })
    await inTab(async ({ page }) => expect(await page.getByRole('alert').count()).toBe(0))
  })
})
