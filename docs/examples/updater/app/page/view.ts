import { installed, kept, deviceId } from './state.js'
import type { Problem } from './problems.js'
import type { Installed } from './state.js'

/** An element that the page has, by its id. */
export const element = (id: string): HTMLElement => elementOf(id, HTMLElement)
export const button = (id: string): HTMLButtonElement => elementOf(id, HTMLButtonElement)
export const select = (id: string): HTMLSelectElement => elementOf(id, HTMLSelectElement)

function elementOf<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`)
  return found
}

/** Shows what is installed, or what the app has brought along, runs it in the frame, and says what this device keeps. */
export async function showRunning(): Promise<void> {
  await showRelease(await installed())
  await showDevice()
}

/** Runs a release, or what the app has brought along. */
export async function showRelease(release: Installed | undefined): Promise<void> {
  element('version').textContent = release?.version ?? CONFIG.builtIn.version
  element('source').textContent = release === undefined ? 'Built into the app.' : `Installed from the channel ${release.channel}, sequence ${release.sequence}.`
  await runInFrame(await htmlOf(release))
}

async function htmlOf(release: Installed | undefined): Promise<string> {
  return release === undefined ? CONFIG.builtIn.html : release.bundle.text()
}

/** A fresh frame each time: it takes one document, and has an origin of its own. */
async function runInFrame(html: string): Promise<void> {
  const old = elementOf('frame', HTMLIFrameElement)
  const frame = old.cloneNode() as HTMLIFrameElement
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  old.replaceWith(frame)
  await loaded
  frame.contentWindow?.postMessage(html, '*')
}

async function showDevice(): Promise<void> {
  const { trust, sequences } = await kept()
  const rows = {
    Name: await deviceId(),
    'Trust store': `epoch ${trust.epoch}`,
    Sequences: Object.entries(sequences).map(([channel, sequence]) => `${channel} ${sequence}`).join(', ') || `none; built in is ${CONFIG.builtIn.sequence}`,
  }
  element('device').replaceChildren(...Object.entries(rows).flatMap(([term, text]) => [withText('dt', term), withText('dd', text)]))
}

/** What goes on, in a line. */
export function showStatus(text: string, isGood = false): void {
  element('status').textContent = text
  element('status').classList.toggle('good', isGood)
}

export function showProgress(done: number, total: number): void {
  element('download').hidden = false
  const progress = elementOf('progress', HTMLProgressElement)
  progress.max = total
  progress.value = done
  element('bytes').textContent = `${kilobytes(done)} of ${kilobytes(total)} verified`
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000).toLocaleString()} kB`
}

/** A refusal, with its code and what it means; of the trust store or of the release. */
export function showProblem(subject: string, { code, meaning }: Problem): void {
  const box = document.createElement('div')
  box.className = 'problem'
  const title = withText('h3', `${subject}: `)
  title.append(withText('code', code))
  box.append(title, withText('p', meaning))
  element('problems').append(box)
}

export function showChannels(names: readonly string[], current: string): void {
  const all = new Set([current, ...names])
  select('channel').replaceChildren(...[...all].map((name) => withText('option', name)))
}

/** Buttons as they should be while an update goes on, and after it. */
export function showWork(goesOn: boolean): void {
  button('check').disabled = goesOn
  button('forget').disabled = goesOn
  select('channel').disabled = goesOn
  element('stop').hidden = !goesOn
  if (!goesOn) return
  element('problems').replaceChildren()
  element('download').hidden = true
}

function withText(name: string, text: string): HTMLElement {
  const made = document.createElement(name)
  made.textContent = text
  return made
}
