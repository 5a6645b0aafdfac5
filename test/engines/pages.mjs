// Real pages in browsers as they are installed.
import { isInstalled, launch } from '../../bench/browser/launch.mjs'
import { serve } from '../../bench/browser/serve.mjs'
import { bundleForWeb } from './bundle.mjs'
import { TIMEOUT, checkedReport, failedReport, within } from './outcome.mjs'

const INSECURE_HOST = 'insecure.example'
const BROWSERS = ['chromium', 'firefox', 'webkit']

const SEND = `const send = (path, content) => fetch(path, { method: 'POST', body: JSON.stringify(content) })`

/** Runs the suite and sends its report, when `ending` calls `begin`; whatever keeps it from that is sent too. */
const sending = (suite, engine, ending) => `
  ${SEND}
  const begin = () => ${suite}('${engine}', vectors, { version: navigator.userAgent, begin: (name) => send('/progress', name) })
    .catch((error) => ({ error: String(error) }))
    .then((report) => send('/result', report))
  ${ending}`

/** A page that only starts a worker, and says what keeps it from starting. */
const starting = (start) => `
  ${SEND}
  const fail = (message) => send('/result', { error: message })
  ;(async () => { ${start} })().catch((error) => fail(String(error)))`

const DEDICATED = `new Worker('/worker.js').onerror = ({ message }) => fail(message)`
/** Waited for as an answer to a message, since a service worker may be ended when it has nothing to do. */
const SERVICE = `
  await navigator.serviceWorker.register('/worker.js')
  const { active } = await navigator.serviceWorker.ready
  active.postMessage('begin')`

const pageOf = (suite, before = '') => async (engine) => ({ '/page.js': before + (await bundleForWeb(suite, sending(suite, engine, 'begin()'))) })

/** A classic script, which can import nothing later, as a service worker can't. */
const workerOf = (start, ending) => async (engine) => ({
  '/page.js': starting(start),
  '/worker.js': await bundleForWeb('workerReport', sending('workerReport', engine, ending), 'iife'),
})

/** What each browser runs: the suffix of the engine's name, the scripts by their paths, and how it is started. */
const kinds = [
  { suffix: '', scripts: pageOf('fullReport') },
  { suffix: '-worker', scripts: workerOf(DEDICATED, 'begin()') },
  { suffix: '-service-worker', scripts: workerOf(SERVICE, 'onmessage = (event) => event.waitUntil(begin())') },
]

/** For browsers that can't be told that this machine has another name: the rest of the page finds none. */
const withoutSubtle = { suffix: '-without-subtle', scripts: pageOf('insecureReport', 'delete Crypto.prototype.subtle;') }

const insecure = {
  suffix: '-insecure',
  scripts: pageOf('insecureReport'),
  urlOf: (url) => url.replace('127.0.0.1', INSECURE_HOST),
  flags: [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`],
}

export const pages = BROWSERS.flatMap((browser) => kinds.map((kind) => engineOf(browser, kind)))
pages.push(engineOf('chromium', insecure), engineOf('firefox', withoutSubtle), engineOf('webkit', withoutSubtle))

function engineOf(browser, { suffix, scripts, ...how }) {
  const name = `${browser}${suffix}`
  return { name, find: () => isInstalled(browser), run: async () => runPage(name, browser, await scripts(name), how) }
}

/** What a page in this browser reports; one that dies or never answers is reported as a failure. */
async function runPage(engine, browserName, scripts, { urlOf = (url) => url, flags = [] }) {
  let last
  const server = await serve(scripts, {}, (name) => (last = name))
  const result = server.result()
  const browser = launch(browserName, urlOf(server.url), flags)
  const exited = browser.exited.then(() => failedReport(engine, 'the browser ended by itself', last))
  try {
    const report = result.then((report) => checkedReport(engine, report))
    return await within(TIMEOUT, Promise.race([report, exited]), () => failedReport(engine, `nothing came within ${TIMEOUT / 1000} s`, last))
  } finally {
    browser.close()
    server.close()
  }
}
