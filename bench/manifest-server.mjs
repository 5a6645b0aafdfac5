// A server of files that knows nothing of releases, as any storage is: whole files, and byte ranges of them. Alone it is a process
// that serves a folder and prints its address; it ends with its standard input.
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** Serves the files of a folder on a free port; counts requests, and bytes of bodies. */
export async function serveFolder(folder) {
  const counts = { requests: 0, bytes: 0 }
  const server = createServer((request, response) => {
    counts.requests++
    answer(request, response, resolve(folder), counts).catch(() => response.destroy())
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const close = () => new Promise((closed) => (server.close(closed), server.closeAllConnections()))
  return { url: `http://127.0.0.1:${server.address().port}`, counts, close }
}

async function answer({ url, headers: { range = '' } }, response, folder, counts) {
  const path = resolve(folder, decodeURIComponent(url.slice(1)))
  const file = path.startsWith(folder) && (await open(path).catch(() => undefined))
  if (!file) return void response.writeHead(404).end()
  const { size } = await file.stat()
  const [, first = 0, last = size - 1] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number)
  const part = range === '' ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }
  response.writeHead(range === '' ? 200 : 206, { 'content-length': last + 1 - first, ...part })
  counts.bytes += last + 1 - first
  // An empty file has no last byte to read up to.
  if (last < first) return void file.close().then(() => response.end())
  await pipeline(file.createReadStream({ start: first, end: last }), response)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveFolder(process.argv[2])
  console.log(url)
  process.stdin.resume().on('end', () => process.exit())
}
