// A server for one page: gives it its scripts, keeps an envelope for it, takes its results.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { readScript } from '../data.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Nothing is cached; in an isolated page the clock is finer. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}
const PAGE = '<!doctype html><meta charset="utf-8"><title>otaseal</title><script type="module" src="/page.js"></script>'

/** The page and its worker as a web app bundles them: without the condition `node`, so that they have WebCrypto. */
export async function bundlePage() {
  const docs = mkdtempSync(join(tmpdir(), 'otaseal-page-'))
  try {
    const files = ['decrypt-in-worker.js', 'update-worker.js']
    for (const name of files) writeFileSync(join(docs, name), exampleOf(name))
    const { outputFiles } = await build({
      entryPoints: { page: join(ROOT, 'bench/browser/page.mjs'), 'update-worker': join(docs, 'update-worker.js') },
      alias: { 'otaseal/device': join(ROOT, 'dist/device.js'), 'docs/decrypt-in-worker.js': join(docs, 'decrypt-in-worker.js') },
      plugins: [pageBackends], outdir: docs, write: false, bundle: true, external: ['node:*'], tsconfigRaw: {},
      format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
    })
    return Object.fromEntries(outputFiles.map(({ path, text }) => [`/${path.slice(docs.length + 1)}`, text]))
  } finally {
    rmSync(docs, { recursive: true })
  }
}

/** A page has no backend of Node. */
const pageBackends = {
  name: 'page-backends',
  setup: ({ onResolve }) => onResolve({ filter: /\/backends\.mjs$/ }, () => ({ path: join(ROOT, 'bench/browser/backends.mjs') })),
}

/** A file of the docs, as it stands there. */
function exampleOf(name) {
  const text = readFileSync(join(ROOT, 'docs/streams.md'), 'utf8')
  const [, source] = text.split(`<!-- example: file ${name} -->\n\`\`\`js\n`)
  if (source === undefined) throw new Error(`docs/streams.md has no example of ${name}`)
  return source.slice(0, source.indexOf('\n```'))
}

/** Serves on this machine alone. `results` gives what the next page has found out. */
export async function serve(scripts, settings, onProgress) {
  let envelope
  let tell
  const routes = {
    'GET /': () => ['text/html', PAGE],
    'GET /settings': () => ['application/json', JSON.stringify(settings)],
    'GET /script': () => ['text/javascript', readScript()],
    'GET /envelope': () => ['application/octet-stream', envelope],
    'PUT /envelope': (body) => void (envelope = body),
    'POST /progress': (body) => onProgress(JSON.parse(body)),
    'POST /result': (body) => tell(JSON.parse(body)),
  }
  for (const [path, text] of Object.entries(scripts)) routes[`GET ${path}`] = () => ['text/javascript', text]
  const server = createServer(async (request, response) => {
    const route = routes[`${request.method} ${request.url}`]
    const body = await bodyOf(request)
    const [type, content] = route?.(body) ?? []
    response.writeHead(route === undefined ? 404 : 200, { ...HEADERS, 'Content-Type': type ?? 'text/plain' })
    response.end(content)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    result: () => new Promise((resolve) => (tell = resolve)),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function bodyOf(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}
