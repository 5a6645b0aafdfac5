import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { listen } from './front.js'
import type { ChildProcess } from 'node:child_process'

const example = fileURLToPath(new URL('../../docs/examples/updater', import.meta.url))
const demo = mkdtempSync(join(tmpdir(), 'otaseal-demo-'))
afterAll(() => rmSync(demo, { recursive: true }))

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** `npm start`, until it has said all that it says. */
async function start(env: Readonly<Record<string, string>>): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn('npm', ['start', '--silent', '--ignore-scripts'], { cwd: example, env: { ...process.env, ...env, DEMO: demo }, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  let said = ''
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    said += piece.toString()
    if (said.includes('--percent 50')) break
  }
  return { child, said }
}

/** With all that npm has started. */
async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  await ended
}

test('npm start serves the app and a first release, the publisher publishes the next, and all of it is there after a restart', async () => {
  const [port, appPort] = [await freePort(), await freePort()]
  const env = { PORT: String(port), APP_PORT: String(appPort) }
  const publisher = {
    ...process.env,
    PUBLISH_SERVER: `http://localhost:${port}`, PUBLISH_TOKEN_FILE: join(demo, 'publisher/token'),
    SIGNING_KEY_FILE: join(demo, 'publisher/signing.pem'), READER_KEYS: join(demo, 'publisher/reader.pub'),
  }
  const publish = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(example, 'publisher/publish.js'), ...args], { env: publisher })
    return JSON.parse(stdout) as unknown
  }
  const list = async (): Promise<unknown> => publish('list', '--app', 'com.example.updater')

  const first = await start(env)
  try {
    expect(first.said).toContain(`http://localhost:${appPort}`)
    expect(await (await fetch(`http://localhost:${appPort}/`)).text()).toContain('<title>An app that updates itself</title>')
    expect(await list()).toMatchObject([{ version: '1.0.0', percent: 100, paused: false }])
    // Sequences are seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const [, line = ''] = /publish\.js (release [^]*?--percent 50)/.exec(first.said) ?? []
    const released = await publish(...line.replaceAll('\\\n', '').split(/\s+/)) as { readonly releaseId: string }
    expect(await publish('pause', released.releaseId)).toEqual({ releaseId: released.releaseId, percent: 50, paused: true })
    expect(await publish('resume', released.releaseId)).toMatchObject({ paused: false })
    expect(await publish('rollout', released.releaseId, '--percent', '75')).toMatchObject({ percent: 75 })
  } finally {
    await stop(first.child)
  }
  const second = await start(env)
  try {
    expect(await list()).toMatchObject([{ version: '1.1.0', percent: 75 }, { version: '1.0.0' }])
  } finally {
    await stop(second.child)
  }
})
