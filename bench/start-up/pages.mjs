// Fresh pages in one browser, one after the other: the server says which row comes next, and takes the time of each.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { launch } from '../browser/launch.mjs'

const TIMEOUT = 120_000
/** Nothing is cached; in an isolated page the clock is finer. */
const HEADERS = { 'Cache-Control': 'no-store', 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** The time of each of `starts`, in order; `undefined` where there is no such browser. */
export async function startInPages(browserName, starts) {
  const scripts = await bundleRows()
  const samples = []
  const server = createServer()
  const finished = new Promise((resolve, reject) => {
    const take = (sample) => {
      if (sample.error !== undefined) reject(new Error(`${browserName}: ${sample.error}`))
      samples.push(sample)
      if (samples.length === starts.length) resolve(samples)
    }
    server.on('request', (request, response) => void answer(request, response, { scripts, next: starts[samples.length], take }).catch(reject))
    setTimeout(reject, TIMEOUT, new Error(`${browserName}: ${samples.length} of ${starts.length} pages within ${TIMEOUT / 1000} s`)).unref()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = launch(browserName, `http://127.0.0.1:${server.address().port}/`)
  try {
    return browser && (await finished)
  } finally {
    browser?.close()
    server.close()
    server.closeAllConnections()
  }
}

async function answer(request, response, { scripts, next, take }) {
  if (request.method === 'POST') take(JSON.parse(await text(request)))
  const script = scripts[request.url]
  const isPage = request.url === '/' && next !== undefined
  response.writeHead(script || isPage || request.method === 'POST' ? 200 : 404, { ...HEADERS, 'Content-Type': script ? 'text/javascript' : 'text/html' })
  response.end(script ?? (isPage ? pageOf(next) : ''))
}

function pageOf(settings) {
  const data = JSON.stringify(settings).replaceAll('<', '\\u003c')
  return `<!doctype html><meta charset="utf-8"><title>otaseal</title>
<script>globalThis.settings = ${data}; globalThis.start = performance.now()</script><script type="module" src="/page.js"></script>`
}

/** As a web app bundles them: minified, and without the condition `node`, so that they have WebCrypto. */
async function bundleRows() {
  const pathOf = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url))
  const names = ['page', 'bare', 'otaseal']
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(names.map((name) => [name, pathOf(name)])), outdir: '/', write: false, bundle: true, minify: true,
    alias: { 'otaseal/device': fileURLToPath(new URL('../../dist/device.js', import.meta.url)) },
    tsconfigRaw: {}, format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
  })
  return Object.fromEntries(outputFiles.map(({ path, text: code }) => [path, code]))
}
