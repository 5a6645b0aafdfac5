import { expect, test } from 'vitest'
import { CHUNK, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { choose, describeInChromium, file, inTab, verdict } from './browser.js'
import type { Page } from 'playwright-core'

const signer = freshEd25519()
const key = file('key.pem', signer.publicKey)

/** Relative luminance contrast (WCAG 2.2) of each text on the page with what lies behind it, where it is below 4.5. */
async function paleTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const channels = (color: string): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string): number => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const part = value / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const ground = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)'
      const color = getComputedStyle(element).backgroundColor
      return (channels(color)[3] ?? 1) === 1 ? color : ground(element.parentElement)
    }
    const own = (element: Element): boolean => [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '')
    return [...document.querySelectorAll('body *')].filter((element) => own(element) && element.getClientRects().length > 0).flatMap((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))]
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      return ratio < 4.5 ? [`${ratio.toFixed(2)} ${element.textContent}`] : []
    })
  })
}

describeInChromium('the inspector', () => {
  test.each(['light', 'dark'] as const)('can be read on a phone, in the %s scheme', async (colorScheme) => {
    const bytes = (await seal(signer, pattern(30 * CHUNK), { meta: { commit: 'abc' } })).toBytes()
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await inTab(async ({ page }) => {
      expect(await paleTexts(page)).toEqual([])
      await choose(page, file('update.otaseal', bytes))
      expect(await verdict(page)).toBe('Not verified')
      expect(await paleTexts(page)).toEqual([])
      await choose(page, file('update.otaseal', bytes), key)
      await expect.poll(async () => verdict(page)).toBe('Refused: bad-chunk')
      expect(await paleTexts(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      const small = await page.evaluate(() => [...document.querySelectorAll('body *:not(.cell)')].filter((element) => parseFloat(getComputedStyle(element).fontSize) < 12).map(({ tagName }) => tagName))
      expect(small).toEqual([])
      await page.getByRole('heading', { level: 2, name: 'Refused: bad-chunk' }).waitFor()
      expect(await page.locator('#verdict').evaluate((element) => element.getBoundingClientRect().top < innerHeight)).toBe(true)
    }, { viewport: { width: 360, height: 740 }, colorScheme })
  })

  test('can be used by the keyboard alone, in the order in which it is read', async () => {
    await inTab(async ({ page }) => {
      const visited: string[] = []
      for (let i = 0; i < 7; i++) {
        await page.keyboard.press('Tab')
        visited.push(await page.evaluate(() => {
          const { id = '', textContent = '' } = document.activeElement ?? {}
          return id === '' ? textContent.trim() : id
        }))
      }
      expect(visited).toEqual(['files', 'Paste a head', 'trust', 'trust-file', 'What the device demands, and its reader key', 'verify', 'start-over'])
    })
  })

  test('names its parts for screen readers', async () => {
    const bytes = (await seal(signer, pattern(3 * CHUNK))).toBytes()
    await inTab(async ({ page }) => {
      await choose(page, file('update.otaseal', bytes), key)
      expect(await verdict(page)).toBe('Verified')
      expect(await page.locator('html').getAttribute('lang')).toBe('en')
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      for (const name of ['1. Envelope', '2. Whom to trust', 'Verified', 'Chunks', 'Checks, in their order', 'Head']) {
        expect(await page.getByRole('region', { name, exact: true }).count(), name).toBe(1)
      }
      expect(await page.getByRole('progressbar', { name: 'Chunks checked' }).count()).toBe(1)
      expect(await page.getByRole('status').allTextContents()).toContain('4 of 4 chunks verified, 0 refused')
      const fields = await page.locator('input, textarea, select').evaluateAll((all) => all.filter((field) => ((field as HTMLInputElement).labels?.length ?? 0) !== 1).map((field) => field.id))
      expect(fields).toEqual([])
      expect(await page.getByRole('rowheader').count()).toBe(await page.getByRole('row').count())
    })
  })

  test('forgets a run that another one takes the place of', async () => {
    const bytes = (await seal(signer, pattern(10 * 2 ** 20), { chunkSize: CHUNK })).toBytes()
    await inTab(async ({ page, complaints }) => {
      await page.evaluate(() => {
        let clicked = false
        const titles: string[] = []
        Object.assign(globalThis, { titles })
        new MutationObserver(() => {
          titles.push(document.getElementById('verdict-title')?.textContent ?? '')
          if (clicked || document.querySelector('#strip .verified') === null) return
          clicked = true
          document.getElementById('verify')?.click()
        }).observe(document.body, { subtree: true, attributes: true, childList: true })
      })
      await choose(page, file('update.otaseal', bytes), key)
      await expect.poll(async () => verdict(page), { timeout: 30_000 }).toBe('Verified')
      const titles = await page.evaluate(() => (globalThis as unknown as { titles: string[] }).titles)
      expect(new Set(titles)).toEqual(new Set(['Not verified', 'Checking…', 'Verified']))
      expect(titles.lastIndexOf('Not verified')).toBeGreaterThan(titles.indexOf('Checking…'))
      expect(complaints).toEqual([])
    })
  })

  test('can be stopped, and begun anew', async () => {
    const bytes = (await seal(signer, pattern(20 * 2 ** 20), { chunkSize: CHUNK })).toBytes()
    await inTab(async ({ page }) => {
      // A person's click, as soon as there is something to stop.
      await page.evaluate(() => {
        const observer = new MutationObserver(() => {
          if (document.querySelector('#strip .verified') === null) return
          observer.disconnect()
          document.getElementById('stop')?.click()
        })
        observer.observe(document.body, { subtree: true, attributes: true })
      })
      await choose(page, file('update.otaseal', bytes), key)
      expect(await verdict(page)).toBe('Stopped')
      await page.getByRole('button', { name: 'Verify' }).click()
      await expect.poll(async () => verdict(page), { timeout: 30_000 }).toBe('Verified')
      await page.getByRole('button', { name: 'Reset' }).click()
      expect(await page.getByRole('heading', { name: 'Nothing to look at yet' }).count()).toBe(1)
      expect(await page.getByRole('region', { name: 'Chunks' }).count()).toBe(0)
    })
  })
})
