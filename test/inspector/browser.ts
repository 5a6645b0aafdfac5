import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

const program = PROGRAMS.find((path) => existsSync(path))

/** As a person opens it: the file itself, without a server. */
export const url = pathToFileURL(fileURLToPath(new URL('../../docs/inspector/index.html', import.meta.url))).href

/** The inspector in a tab of its own, with all that it asked for and complained of. */
export interface Tab {
  readonly page: Page
  /** Each URL that was asked for. */
  readonly requests: readonly string[]
  readonly complaints: readonly string[]
}

let browser: Browser

/** Tests in real Chromium; where there is none they are skipped, but fail in CI. */
export function describeInChromium(name: string, tests: () => void): void {
  if (program === undefined && (process.env['CI'] ?? '') === '') {
    describe.skip(`${name} (skipped: Chromium is not installed)`, tests)
    return
  }
  describe(name, () => {
    beforeAll(async () => {
      if (program === undefined) throw new Error(`Chromium is not installed: none of ${PROGRAMS.join(', ')}`)
      browser = await chromium.launch({ executablePath: program, args: FLAGS })
    })
    afterAll(async () => (browser as Browser | undefined)?.close())
    tests()
  })
}

/** Opens the inspector or the page of an address, and closes it after `work`. */
export async function inTab(work: (tab: Tab) => Promise<void>, options: BrowserContextOptions = {}, address: string = url): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1100, height: 800 }, ...options })
  try {
    const page = await context.newPage()
    const [requests, complaints]: [string[], string[]] = [[], []]
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(address)
    await work({ page, requests, complaints })
  } finally {
    await context.close()
  }
}

export interface File {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

export function file(name: string, content: Uint8Array | string): File {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) }
}

/** Chooses files as a person does. */
export async function choose(page: Page, ...files: readonly File[]): Promise<void> {
  await page.getByLabel('Envelope, or head and payload').setInputFiles([...files])
}

/** The title of the verdict, once nothing goes on any more. */
export async function verdict(page: Page): Promise<string> {
  const title = page.locator('#verdict-title')
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
  await page.waitForFunction(() => !['Checking…', 'Nothing to look at yet'].includes(document.getElementById('verdict-title')?.textContent ?? ''))
  return (await title.textContent()) ?? ''
}

/** The checks as a person reads them, in the states that are named. */
export async function checksThat(page: Page, state: 'passed' | 'refused' | 'left out' | 'not reached'): Promise<readonly string[]> {
  const items = await page.getByRole('region', { name: 'Checks, in their order' }).getByRole('listitem').allInnerTexts()
  return items.filter((text) => text.split('\n')[0]?.endsWith(state)).map((text) => text.split('\n')[1] ?? '')
}

/** What stands under a name in a region. */
export async function termOf(page: Page, region: string, name: string): Promise<string> {
  const definition = page.getByRole('region', { name: region }).locator(`dt:text-is("${name}") + dd`)
  return (await definition.textContent()) ?? ''
}
