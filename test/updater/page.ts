import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { inTab } from '../inspector/browser.js'
import { startWorld } from './world.js'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Tab } from '../inspector/browser.js'
import type { World } from './world.js'

/** What the tests of one file share; to be asked for within a test. */
export interface Shared {
  readonly world: () => World
  /** A fresh device, with the app's page open. */
  readonly onDevice: (work: (tab: Tab) => Promise<void>, options?: BrowserContextOptions) => Promise<void>
}

/** Servers and keys for the tests of a file; after each test the front lets everything pass again. */
export function useWorld(): Shared {
  let started: World | undefined
  const world = (): World => {
    if (started === undefined) throw new Error('the servers did not start')
    return started
  }
  beforeAll(async () => void (started = await startWorld()), 120_000)
  afterEach(() => started?.front.clear())
  afterAll(async () => started?.close())
  return { world, onDevice: async (work, options = {}) => inTab(work, options, world().app) }
}

/** A tab that several tests share. */
export interface KeptTab extends Tab {
  readonly close: () => Promise<void>
}

/** Opens a page that stays until it is closed. */
export async function keptTab(address: string, options: BrowserContextOptions = {}): Promise<KeptTab> {
  return new Promise((resolve, reject) => {
    let end = (): void => undefined
    const closing = new Promise<void>((ended) => (end = ended))
    const open = inTab(async (tab) => {
      resolve({
        ...tab,
        close: async () => {
          end()
          await open
        },
      })
      await closing
    }, options, address)
    open.catch(reject)
  })
}

/** Where screenshots go, if anywhere. */
const shots = process.env['UPDATER_SCREENSHOTS']

export async function screenshot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

/** Presses the button, and waits until nothing goes on any more. */
export async function checkForUpdate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Check for an update' }).click()
  await ended(page)
}

export async function ended(page: Page): Promise<void> {
  await page.locator('#check:enabled').waitFor()
  await page.locator('#stop').waitFor({ state: 'hidden' })
}

/** The codes that the page shows, each with its subject. */
export async function problems(page: Page): Promise<readonly string[]> {
  return page.getByRole('alert').getByRole('heading').allTextContents()
}

export async function status(page: Page): Promise<string> {
  return (await page.getByRole('status').textContent()) ?? ''
}

/** That a release runs, in its frame and by name, and still does so after a reload. */
export async function expectRunning(page: Page, version: string): Promise<void> {
  for (const again of [false, true]) {
    if (again) await page.reload()
    await expect.poll(async () => page.locator('#version').textContent()).toBe(version)
    const heading = page.frameLocator('#frame').getByRole('heading')
    await expect.poll(async () => heading.textContent()).toContain(version)
  }
}
