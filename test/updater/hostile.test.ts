import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeInChromium } from '../inspector/browser.js'
import { longerAnswers, releaseAttacks } from './hostile-releases.js'
import { networkAttacks } from './hostile-network.js'
import { offering, setStage } from './offers.js'
import { checkForUpdate, expectRunning, keptTab, problems, screenshot, useWorld } from './page.js'
import { publish, sealed } from './world.js'
import type { Attack } from './front.js'
import type { Stage } from './offers.js'
import type { KeptTab } from './page.js'

describeInChromium('the updater example, with a hostile server', () => {
  const { world } = useWorld()
  let stage: Stage
  let tab: KeptTab

  beforeAll(async () => {
    tab = await keptTab(world().app, { viewport: { width: 390, height: 844 } })
    await publish(world(), await sealed(world(), 'old'))
    await publish(world(), await sealed(world(), 'good'))
    await checkForUpdate(tab.page)
  }, 120_000)
  // Each time another release: of one that was refused before, the good chunks are there, and are not asked for again.
  beforeEach(async () => void (stage = await setStage(world())))
  afterAll(async () => tab.close())

  test('before anything is done to it, the device has the good release', async () => expectRunning(tab.page, 'good'))

  /** The page says why, and the last good release runs, before and after a reload. */
  async function refused(attack: Attack, code: string, shot?: string): Promise<void> {
    world().front.attack = attack
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([`Update: ${code}`])
    if (shot !== undefined) await screenshot(tab.page, shot)
    world().front.clear()
    await expectRunning(tab.page, 'good')
  }

  test.each(releaseAttacks.map((one) => [`${one.row}: ${one.what}`, one] as const))('%s', async (_, { parts, code, row }) => {
    await refused(offering(await parts(stage)), code, row === "sign with a key of one's own" || row === 'change a chunk' ? `hostile-${code}` : undefined)
  })

  test.each(longerAnswers.map((one) => [`${one.row}: ${one.what}`, one] as const))('%s', async (_, { part, code }) => {
    const attack = offering(stage.fresh, async (answer) => {
      const isIndex = answer.headers['content-range']?.startsWith('bytes 0-') === true
      return isIndex === (part === 'index') ? { ...answer, body: Buffer.concat([answer.body, Buffer.of(0)]) } : answer
    })
    await refused(attack, code)
  })

  test.each(networkAttacks.map((one) => [one.what, one] as const))('%s', async (what, { attack, code }) => {
    await refused(attack(stage), code, what === 'never answer' ? 'hostile-silent' : undefined)
  })

  test('and after all of it takes a release that is good', async () => {
    const complaints = tab.complaints.filter((text) => !/^Failed to load resource|Access to fetch|net::ERR/.test(text))
    expect(complaints).toEqual([])
    world().front.attack = offering(stage.fresh)
    await checkForUpdate(tab.page)
    expect(await problems(tab.page)).toEqual([])
    world().front.clear()
    await expectRunning(tab.page, 'fresh')
  })
})
