// Real pages in browsers as they are installed.
import { isInstalled, launch } from '../../bench/browser/launch.mjs'
import { serve } from '../../bench/browser/serve.mjs'
import { bundleForWeb } from './bundle.mjs'
import { TIMEOUT, checkedReport, failedReport, within } from './outcome.mjs'

/** Runs the suite and sends its report; whatever keeps it from that is sent too. */
const sending = (suite, engine) => `
  const send = (path, content) => fetch(path, { method: 'POST', body: JSON.stringify(content) })
  ${suite}('${engine}', vectors, { version: navigator.userAgent, begin: (name) => send('/progress', name) })
    .catch((error) => ({ error: String(error) }))
    .then((report) => send('/result', report))`

const secure = ['chromium', 'firefox', 'webkit'].map((name) => ({
  name,
  find: () => isInstalled(name),
  run: async () => runPage(name, name, { '/page.js': await bundleForWeb('fullReport', sending('fullReport', name)) }),
}))

export const pages = [...secure]

/** What a page in this browser reports; one that dies or never answers is reported as a failure. */
async function runPage(engine, browserName, scripts, { urlOf = (url) => url, flags = [] } = {}) {
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
