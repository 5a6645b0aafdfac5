// A server of objects of another origin than the page's, as a CDN is: well, and in ways of which each has a path of its own.
import { createServer } from 'node:http'

/** What a page of another origin may see; `Content-Range` is not among it. */
const HEADERS = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'range' }
const CUT = 0.7

const ways = {
  ranges: giveRange,
  whole: (_, response, object) => void response.writeHead(200, { ...HEADERS, 'Content-Length': object.length }).end(object),
  /** Breaks off in the middle, once. */
  cut: (request, response, object, times) => {
    if (times > 0) return giveRange(request, response, object)
    response.writeHead(200, { ...HEADERS, 'Content-Length': object.length }).write(object.subarray(0, object.length * CUT), () => setTimeout(() => response.destroy(), 50))
  },
  /** Gives one wrong byte, once, and tells caches to keep that for ever. */
  broken: (request, response, object, times) => {
    const given = times > 0 ? object : object.with(100, object[100] ^ 1)
    giveRange(request, response, given, { 'Cache-Control': 'public, max-age=31536000, immutable' })
  },
  busy: (request, response, object, times) => {
    if (times > 0) giveRange(request, response, object)
    else response.writeHead(503, { ...HEADERS, 'Retry-After': '1' }).end()
  },
  silent: (request, response, object, times) => {
    if (times > 0) giveRange(request, response, object)
  },
}

/** Serves `objects`, a map by name, on this machine alone. `preflights` counts what browsers ask before they ask. */
export async function serveObjects(objects) {
  const seen = new Map()
  const counts = { preflights: 0 }
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      counts.preflights++
      response.writeHead(204, HEADERS).end()
      return
    }
    const [, way, name] = request.url.split('/')
    const times = seen.get(request.url) ?? 0
    seen.set(request.url, times + 1)
    const object = objects.get(name)
    if (object === undefined || !(way in ways)) response.writeHead(404, HEADERS).end()
    else ways[way](request, response, object, times)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    counts,
    /** Each browser sees all faults. */
    forget: () => seen.clear(),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function giveRange(request, response, object, more = {}) {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const part = from === undefined ? object : object.subarray(Number(from), Number(to) + 1)
  const range = from === undefined ? {} : { 'Content-Range': `bytes ${from}-${to}/${object.length}` }
  response.writeHead(from === undefined ? 200 : 206, { ...HEADERS, ...more, ...range, 'Content-Length': part.length }).end(part)
}
