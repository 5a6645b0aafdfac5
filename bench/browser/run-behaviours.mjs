// A page of behaviours in each browser.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { check } from '../util.mjs'
import { runPage } from './run-page.mjs'

// Browsers are ended also where this is interrupted.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** Prints which behaviours of the page hold in each browser, and what `show` prints of its result; the exit code is 1 where one does not. */
export async function runBehaviours(page, browsers, settings, show) {
  const scripts = await bundlePage(page)
  for (const name of browsers) {
    const result = await runPage(name, scripts, settings)
    if (result === undefined) {
      console.log(`\n${name}: skipped: not installed`)
      continue
    }
    check(result.error === undefined, `${name}: ${result.error}`)
    const broken = result.behaviours.filter(({ problem }) => problem !== undefined)
    console.log(`\n${name}: ${result.userAgent}\nBehaviours that hold: ${result.behaviours.length - broken.length} of ${result.behaviours.length}`)
    for (const { name: behaviour, problem } of broken) console.log(`FAILED in ${name}: ${behaviour}: ${problem}`)
    show(result)
    if (broken.length > 0) process.exitCode = 1
  }
}

/** The page as a web app bundles it: without the condition `node`, so that it has WebCrypto. */
async function bundlePage(page) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(page, import.meta.url))], write: false, bundle: true, external: ['node:*'], tsconfigRaw: {},
    format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
  })
  const [{ text }] = outputFiles
  check(!/from ?["']node:/.test(text), 'the page imports from node:, so it is not what a browser would load')
  return { '/page.js': text }
}
