import { expect, test } from 'vitest'
import { signTrustUpdate } from '../../src/build.js'
import { describeInChromium } from '../inspector/browser.js'
import { freshEd25519 } from '../envelope/signers.js'
import { jwkOf } from '../trust/signed.js'
import { checkForUpdate, expectRunning, problems, useWorld } from './page.js'
import { APP, ask, publish, sealed } from './world.js'
import type { TrustStore } from '../../src/device.js'

describeInChromium('the updater example, when keys change', () => {
  const { world, onDevice } = useWorld()

  test('takes trust updates in their order, and forgets the sequences that are far ahead of the clock alone', async () => { // R70
    const slip = world().next() + 900_000_000_000
    const [second, third] = [freshEd25519(), freshEd25519()]
    const before = world().config.trust
    const stores: readonly TrustStore[] = [
      { ...before, epoch: 2, keys: [...before.keys, { key: jwkOf(second), status: 'active' }] },
      { ...before, epoch: 3, keys: [{ key: jwkOf(second), status: 'active' }, { key: jwkOf(third), status: 'active' }] },
    ]
    await publish(world(), await sealed(world(), '4.0.0'))
    await onDevice(async ({ page }) => {
      await checkForUpdate(page)
      await expectRunning(page, '4.0.0')
      await publish(world(), await sealed(world(), '5.0.0', { sequence: slip, allowFutureSequence: true, channel: 'slip' }))
      await page.reload()
      await page.getByLabel('Channel').selectOption('slip')
      await checkForUpdate(page)
      await expectRunning(page, '5.0.0')

      const [toSecond, toThird] = [await signTrustUpdate(stores[0] as TrustStore, { signer: world().signer }), await signTrustUpdate(stores[1] as TrustStore, { signer: second.privateKey })]
      for (const [i, update] of [toSecond, toThird].entries()) {
        const reply = await ask(world(), `/v1/apps/${APP}/trust`, { token: world().token, body: update, type: 'application/json' })
        expect(reply).toEqual({ status: 201, json: { epoch: i + 2, changed: true } })
      }
      await page.getByLabel('Channel').selectOption('production')
      await checkForUpdate(page)
      expect(await problems(page)).toEqual([])
      await page.getByText('This device', { exact: true }).click()
      await expect.poll(async () => page.locator('#device').textContent()).toContain('epoch 3')
      expect(await page.locator('#device').textContent()).toMatch(/production \d/)
      expect(await page.locator('#device').textContent()).not.toContain('slip')

      // The key that signed so far is no longer trusted, by the server neither.
      expect(await publish(world(), await sealed(world(), '5.1.0'))).toMatchObject({ status: 422, json: { error: { code: 'untrusted-key' } } })
      expect((await publish(world(), await sealed(world(), '5.1.0', { signer: third.privateKey }))).status).toBe(201)
      await checkForUpdate(page)
      await expectRunning(page, '5.1.0')
    })
  })
})
