import { expect, test } from 'vitest'
import { describeInChromium } from '../inspector/browser.js'
import { checkForUpdate, expectRunning, problems, useWorld } from './page.js'
import { publish, sealed } from './world.js'

describeInChromium('the updater example, in a browser that fails it', () => {
  const { world, onDevice } = useWorld()

  test('says so where nothing can be stored, and the built-in release runs; a later try goes on', async () => {
    await publish(world(), await sealed(world(), '7.0.0'))
    await onDevice(async ({ page }) => {
      await page.addInitScript(() => {
        const open = indexedDB.open.bind(indexedDB)
        indexedDB.open = (...args) => {
          if (!('repaired' in globalThis)) throw new DOMException('no room', 'QuotaExceededError')
          return open(...args)
        }
      })
      await page.reload()
      await expect.poll(async () => problems(page)).toEqual(['Storage: storage-failed'])
      expect(await page.locator('#version').textContent()).toBe('built-in')
      await expect.poll(async () => page.frameLocator('#frame').getByRole('heading').textContent()).toContain('built-in')
      await checkForUpdate(page)
      expect(await problems(page)).toContain('Update: storage-failed')
      await page.evaluate(() => Object.assign(globalThis, { repaired: true }))
      await checkForUpdate(page)
      expect(await problems(page)).toEqual([])
      expect(await page.locator('#version').textContent()).toBe('7.0.0')
    })
  })

  test('can be stopped while another tab updates', async () => {
    await onDevice(async ({ page }) => {
      await page.evaluate(() => void navigator.locks.request('updater', async () => new Promise(() => undefined)))
      await page.getByRole('button', { name: 'Check for an update' }).click()
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.locator('#check:enabled').waitFor({ timeout: 5000 })
      expect(await problems(page)).toEqual(['Update: aborted'])
    })
  })

  test('takes channels whose names all objects know', async () => {
    await publish(world(), await sealed(world(), '7.1.0', { channel: 'constructor' }))
    await onDevice(async ({ page }) => {
      await page.reload()
      await page.getByLabel('Channel').selectOption('constructor')
      await checkForUpdate(page)
      expect(await problems(page)).toEqual([])
      await expectRunning(page, '7.1.0')
    })
  })
})
