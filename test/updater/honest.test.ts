import { expect, test } from 'vitest'
import { describeInChromium } from '../inspector/browser.js'
import { checkForUpdate, expectRunning, problems, screenshot, status, useWorld } from './page.js'
import { CHUNK as CHUNKS, ask, publish, sealed } from './world.js'

const PHONE = { viewport: { width: 390, height: 844 } }

describeInChromium('the updater example, with an honest server', () => {
  const { world, onDevice } = useWorld()

  test('runs what is built in, installs a release, then the next one, and stays with it', async () => {
    await onDevice(async ({ page, complaints }) => {
      await expectRunning(page, 'built-in')
      await checkForUpdate(page)
      expect(await status(page)).toBe('There is nothing new.')

      await publish(world(), await sealed(world(), '1.0.0'))
      await checkForUpdate(page)
      expect([await status(page), await problems(page)]).toEqual(['Version 1.0.0 is installed.', []])
      await expectRunning(page, '1.0.0')

      await publish(world(), await sealed(world(), '1.1.0', { size: 5 * CHUNKS }))
      await checkForUpdate(page)
      await screenshot(page, 'honest-installed')
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await expectRunning(page, '1.1.0')
      await checkForUpdate(page)
      expect(await status(page)).toBe('There is nothing new.')
      await expectRunning(page, '1.1.0')
      expect(complaints).toEqual([])
    }, PHONE)
  })

  test('gets a release that is rolled out when its share is raised, not before', async () => {
    await publish(world(), await sealed(world(), '2.0.0'))
    const { json: { releaseId } } = await publish(world(), await sealed(world(), '3.0.0'), 0)
    const rollOut = async (percent: number): Promise<unknown> =>
      ask(world(), `/v1/releases/${String(releaseId)}`, { method: 'PATCH', token: world().token, json: { percent } })
    await onDevice(async ({ page }) => {
      await checkForUpdate(page)
      await expectRunning(page, '2.0.0')
      await rollOut(100)
      await checkForUpdate(page)
      await expectRunning(page, '3.0.0')
    })
  })

  test('goes back to an old version that is published again, under a new sequence', async () => {
    await publish(world(), await sealed(world(), '3.1.0'))
    await onDevice(async ({ page }) => {
      await checkForUpdate(page)
      await expectRunning(page, '3.1.0')
      await publish(world(), await sealed(world(), '2.0.0'))
      await checkForUpdate(page)
      await expectRunning(page, '2.0.0')
    })
  })

  test('keeps one sequence for each channel', async () => {
    const beta = await sealed(world(), '4.0.0-beta', { channel: 'beta' })
    await onDevice(async ({ page }) => {
      await checkForUpdate(page)
      await publish(world(), beta)
      await page.reload()
      await page.getByLabel('Channel').selectOption('beta')
      await checkForUpdate(page)
      await expectRunning(page, '4.0.0-beta')
      await page.getByText('This device', { exact: true }).click()
      const text = await page.locator('#device').textContent()
      expect(text).toContain(`beta ${JSON.stringify(lastOf(beta.head))}`)
      expect(text).toContain('production')
      await screenshot(page, 'honest-device')
      expect(await page.getByLabel('Channel').inputValue()).toBe('beta')
    })
  })
})

function lastOf(head: string): number {
  const { payload } = JSON.parse(head) as { payload: string }
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sequence: number }).sequence
}
