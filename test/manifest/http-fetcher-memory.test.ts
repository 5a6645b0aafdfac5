import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpFetcher } from '../../src/manifest.js'
import { SIZE, asking, giveRange, serving } from './http-fetcher-server.js'
import type { RequestListener, ServerResponse } from 'node:http'
import type { ByteStreamReaderLike } from '../../src/stream/source.js'

const MIB = 2 ** 20

describe('a consumer', () => {
  it('who reads slowly holds the server back', async () => {
    const { response, reader } = await sendingEndlessly(0)
    await reader.read()
    const sent = await sentWhenStill(response)
    // What lies in the sockets of both ends, and in the platform's own reader.
    expect(sent).toBeLessThan(24 * MIB)
    const { arrayBuffers } = process.memoryUsage()
    for (let i = 0; i < 10; i++) await reader.read()
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(8 * MIB)
    await reader.cancel()
  })

  it('who wants what comes late in an answer holds nothing of what comes before', async () => {
    const before = process.memoryUsage().arrayBuffers
    const { reader } = await sendingEndlessly(200 * MIB)
    expect((await reader.read()).done).toBe(false)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MIB)
    await reader.cancel()
  })
})

/** A server that sends as much as it is let, of which bytes from `start` on are read. */
async function sendingEndlessly(start: number): Promise<{ readonly response: ServerResponse; readonly reader: ByteStreamReaderLike }> {
  const piece = new Uint8Array(MIB / 4)
  let response: ServerResponse | undefined
  const listener: RequestListener = (_, answer) => {
    response = answer
    const goOn = (): void => {
      if (answer.destroyed) return
      if (answer.write(piece)) setImmediate(goOn)
      else answer.once('drain', goOn)
    }
    goOn()
  }
  const { url } = await serving(listener)
  const stream = await httpFetcher(url)({ ...asking(start, 1000 * MIB), size: 1000 * MIB })
  return { response: response as ServerResponse, reader: stream.getReader() }
}

/** Bytes that a server has sent once it sends no more. */
async function sentWhenStill(response: ServerResponse): Promise<number> {
  for (let sent = -1; ; ) {
    const now = response.socket?.bytesWritten ?? 0
    if (now === sent) return now
    sent = now
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

const PROGRAM = `
const [url, what] = process.argv.slice(2)
const fetchObject = httpFetcher(url, { stallTimeout: 3600 })
const reader = (await fetchObject({ name: 'x', size: ${SIZE}, range: { start: 0, end: ${SIZE} } })).getReader()
let length = 0
while (what === 'all' ? length < ${SIZE} : length === 0) length += (await reader.read()).value.length
if (what !== 'all') await reader.cancel()
process.stdout.write('done')
`

describe('a program ends by itself', () => {
  it.each(['all', 'some'])('after it has read %s of an object, though the stall timeout is an hour', async (what) => {
    const folder = mkdtempSync(join(tmpdir(), 'otaseal-http-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const outfile = join(folder, 'program.mjs')
    const contents = `import { httpFetcher } from './src/manifest/http-fetcher.ts'\n${PROGRAM}`
    await build({ stdin: { contents, resolveDir: '.' }, bundle: true, format: 'esm', platform: 'node', outfile, tsconfigRaw: {} })
    const { url } = await serving(giveRange)
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, url, what], { timeout: 15_000 })
    expect(stdout).toBe('done')
  })
})
