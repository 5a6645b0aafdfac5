import { afterAll, beforeAll, expect, test } from 'vitest'
import { signTrustUpdate } from '../../src/build.js'
import { describeInChromium } from '../inspector/browser.js'
import { B, keyAttacks, keysOf, revokedRoot, storesOf } from './hostile-keys.js'
import { answering, jsonAnswer, offering } from './offers.js'
import { checkForUpdate, expectRunning, keptTab, problems, screenshot, useWorld } from './page.js'
import { APP, ask, publish, sealed } from './world.js'
import type { TrustStore } from '../../src/index.js'
import type { Keys } from './hostile-keys.js'
import type { KeptTab } from './page.js'

describeInChromium('the updater example, with a hostile server and keys that changed', () => {
  const { world } = useWorld()
  let keys: Keys
  let tab: KeptTab

  beforeAll(async () => {
    const [first, second] = storesOf(world().config.trust) as [TrustStore, TrustStore]
    const updates = [
      await signTrustUpdate(first, { signer: world().signer }),
      await signTrustUpdate(second, { signer: [world().signer, B.privateKey] }),
    ]
    expect(revokedRoot.kid).not.toBe(B.kid)
    for (const update of updates) await ask(world(), `/v1/apps/${APP}/trust`, { token: world().token, body: update, type: 'application/json' })
    keys = await keysOf(world(), updates)
    await publish(world(), await sealed(world(), 'good', { signer: [world().signer, B.privateKey] }))
    tab = await keptTab(world().app)
    await checkForUpdate(tab.page)
  }, 120_000)
  afterAll(async () => tab.close())

  test('before anything is done to it, the device has the good release and the newest trust store', async () => {
    await expectRunning(tab.page, 'good')
    expect(await tab.page.locator('#device').textContent()).toContain('epoch 3')
  })

  test.each(keyAttacks.map((one) => [`${one.row}: ${one.what}`, one] as const))('%s', async (_, { attack, code, row, subject = 'Update' }) => {
    world().front.attack = await attack(keys)
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([`${subject}: ${code}`])
    if (row === 'revoked key') await screenshot(tab.page, `hostile-${code}-${subject.toLowerCase().replace(' ', '-')}`)
    world().front.clear()
    await expectRunning(tab.page, 'good')
    expect(await tab.page.locator('#device').textContent()).toContain('epoch 3')
  })

  test('replay: the trust update that the device has already changes nothing', async () => {
    const update = JSON.parse(keys.updates[1] ?? '') as unknown
    world().front.attack = answering((path) => path.includes('/trust/'), jsonAnswer({ update }))
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([])
    await expectRunning(tab.page, 'good')
  })

  test.each([
    ['no trust update', {}, 'bad-answer'], ['a list', { update: [] }, 'bad-trust-store'], ['an empty one', { update: { payload: '', signatures: [] } }, 'bad-trust-store'],
    ['one that is hidden in __proto__', '{"__proto__":{"update":null}}', 'bad-answer'],
  ] as const)('answer for a trust update: %s', async (_, answer, code) => {
    world().front.attack = answering((path) => path.includes('/trust/'), jsonAnswer(answer))
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([`Trust update: ${code}`])
    await expectRunning(tab.page, 'good')
  })

  test('and after all of it takes a release that two keys have signed', async () => {
    world().front.attack = offering(await keys.release([keys.A, B]))
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([])
    world().front.clear()
    await expectRunning(tab.page, 'evil')
  })
})
