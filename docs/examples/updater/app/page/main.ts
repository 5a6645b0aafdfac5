import { problemOf } from './problems.js'
import { askForChannels } from './server.js'
import { forgetEverything, installed } from './state.js'
import { takeTrustUpdates } from './trust.js'
import { endedBy, update } from './update.js'
import { element, select, showChannels, showProblem, showProgress, showRelease, showRunning, showStatus, showWork } from './view.js'

let stop = new AbortController()

element('check').addEventListener('click', () => void check())
element('stop').addEventListener('click', () => stop.abort())
element('forget').addEventListener('click', () => void forget())
await attempt('Storage', stop.signal, async () => showRunning().catch(async (error: unknown) => {
  await showRelease(undefined)
  throw error
}))
await offerChannels((await installed().catch(() => undefined))?.channel)

/** One run at a time, also where the page is open twice. */
async function check(): Promise<void> {
  stop = new AbortController()
  const { signal } = stop
  showWork(true)
  showStatus('Asking the update server…')
  await attempt('Update', signal, async () => {
    await navigator.locks.request('updater', { signal }, async () => updateOnce(signal))
    await showRunning()
  })
  showWork(false)
}

/** A trust update that is refused is reported, and the trust store at hand goes on to decide. */
async function updateOnce(signal: AbortSignal): Promise<void> {
  await attempt('Trust update', signal, async () => takeTrustUpdates(signal))
  const channel = select('channel').value
  await attempt('Update', signal, async () => {
    const version = await update(channel, { signal, onProgress: showDownload })
    showStatus(version === undefined ? 'There is nothing new.' : `Version ${version} is installed.`, true)
  })
}

function showDownload(done: number, total: number): void {
  showStatus('Downloading…')
  showProgress(done, total)
}

/** Whatever fails, what was installed before stays and runs. */
async function attempt(subject: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const problem = problemOf(endedBy(signal, error))
    if (problem.code === 'internal') console.error(error)
    showProblem(subject, problem)
    showStatus('Nothing was installed. The release above goes on.')
  }
}

/** What there is to choose from, and first the channel of what is installed; without a server these stay as they are in the page. */
async function offerChannels(current = select('channel').value): Promise<void> {
  const answer = await askForChannels(new AbortController().signal).catch(() => undefined)
  const names: unknown = (answer as { channels?: unknown } | null | undefined)?.channels
  const isList = Array.isArray(names) && names.length > 0 && names.length <= 100 && names.every((name) => typeof name === 'string' && /^[\w.+-]{1,128}$/.test(name))
  showChannels(isList ? (names as readonly string[]) : [], current)
}

async function forget(): Promise<void> {
  await attempt('Storage', new AbortController().signal, async () => {
    await navigator.locks.request('updater', forgetEverything)
    showStatus('This device is as new.')
    await showRunning()
  })
}
