import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makePause } from '../../src/pause.js'

const clock = { now: 0 }

/** A clock that moves when it is told to. */
function stubClock(): void {
  clock.now = 1_000_000
  vi.spyOn(Date, 'now').mockImplementation(() => clock.now)
}

/** Engines by what they have to wait with. */
const engines: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['setImmediate (Node, Bun, Deno)', {}],
  ['scheduler.postTask (Chromium, Firefox)', { setImmediate: undefined, scheduler: { postTask: async (resume: () => void) => void setTimeout(resume) } }],
  ['MessageChannel (WebKit)', { setImmediate: undefined }],
  ['setTimeout (old engines)', { setImmediate: undefined, MessageChannel: undefined }],
]

function stubEngine(missing: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(missing)) vi.stubGlobal(name, value)
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Whether a pause ends by microtasks alone, so that nothing else can have had its turn. */
async function endsAtOnce(pending: Promise<void>): Promise<boolean> {
  let ended = false
  void pending.then(() => (ended = true))
  for (let i = 0; i < 100; i++) await Promise.resolve()
  return ended
}

describe.each(engines)('a pause by %s', (_, missing) => {
  test('lets other work have its turn once 4 ms have gone by, and not before', async () => {
    stubClock()
    stubEngine(missing)
    const pause = makePause()
    expect(await endsAtOnce(pause())).toBe(true)
    clock.now += 3
    expect(await endsAtOnce(pause())).toBe(true)
    clock.now += 1
    const pending = pause()
    expect(await endsAtOnce(pending)).toBe(false)
    await pending
  })

  test('counts the 4 ms from when the last one ended', async () => {
    stubClock()
    stubEngine(missing)
    const pause = makePause()
    clock.now += 4
    const first = pause()
    clock.now += 100
    await first
    clock.now += 3
    expect(await endsAtOnce(pause())).toBe(true)
    clock.now += 1
    const second = pause()
    expect(await endsAtOnce(second)).toBe(false)
    await second
  })

  test('again and again lets timers run while work goes on', async () => {
    stubClock()
    stubEngine(missing)
    const pause = makePause()
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    let pauses = 0
    for (; turns < 3 && pauses < 1_000_000; pauses++) {
      clock.now += 4
      await pause()
    }
    clearInterval(timer)
    expect(turns).toBe(3)
  })
})

test('a turn is asked for after 2 ms, once, and who has had one meanwhile is not waited for', async () => {
  stubClock()
  const timers: (() => void)[] = []
  stubEngine({ setImmediate: undefined, setTimeout: (resume: () => void) => timers.push(resume) })
  const pause = makePause()
  const after = async (ms: number): Promise<{ atOnce: boolean; asked: number }> => {
    clock.now += ms
    return { atOnce: await endsAtOnce(pause()), asked: timers.length }
  }
  expect(await after(1)).toEqual({ atOnce: true, asked: 0 })
  expect(await after(1)).toEqual({ atOnce: true, asked: 1 })
  expect(await after(1)).toEqual({ atOnce: true, asked: 1 })
  timers.pop()?.()
  expect(await after(1)).toEqual({ atOnce: true, asked: 0 })
  expect(await after(2)).toEqual({ atOnce: true, asked: 1 })
  expect(await after(1)).toEqual({ atOnce: false, asked: 1 })
})

test('the one that a platform has first is used: setImmediate, scheduler, MessageChannel, setTimeout', async () => {
  stubClock()
  const used: string[] = []
  const spy = (name: string) => (resume: () => void) => {
    used.push(name)
    queueMicrotask(resume)
  }
  class Channel {
    port1 = { onmessage: null as (() => void) | null, close: () => used.push('closed') }
    port2 = { postMessage: (): void => (used.push('MessageChannel'), this.port1.onmessage?.()) }
  }
  const engine: Record<string, unknown> = {
    setImmediate: spy('setImmediate'),
    scheduler: { postTask: spy('postTask') },
    MessageChannel: Channel,
    setTimeout: spy('setTimeout'),
  }
  for (const missing of [undefined, 'setImmediate', 'scheduler', 'MessageChannel', 'setTimeout']) {
    if (missing !== undefined) engine[missing] = undefined
    stubEngine(engine)
    const pause = makePause()
    clock.now += 4
    await pause()
    vi.unstubAllGlobals()
  }
  expect(used).toEqual(['setImmediate', 'postTask', 'MessageChannel', 'closed', 'setTimeout'])
})

test('a scheduler that has no postTask yet is passed over', async () => {
  stubClock()
  stubEngine({ setImmediate: undefined, scheduler: {} })
  const pause = makePause()
  clock.now += 4
  const pending = pause()
  expect(await endsAtOnce(pending)).toBe(false)
  await pending
})

test('a platform that appears later is not used, one that was there at the start is', async () => {
  stubClock()
  stubEngine({ setImmediate: undefined, MessageChannel: undefined, setTimeout: undefined })
  const pause = makePause()
  vi.unstubAllGlobals()
  const later = vi.spyOn(globalThis, 'setImmediate')
  clock.now += 4
  await pause()
  expect(later).not.toHaveBeenCalled()
})

describe('a process that has paused by MessageChannel', () => {
  const run = promisify(execFile)

  /** The module alone, as plain JavaScript, followed by what a program does with it. */
  async function program(after: string): Promise<string> {
    const source = await readFile(new URL('../../src/pause.ts', import.meta.url), 'utf8')
    const options = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 }
    const { outputText } = transpileModule(source, { compilerOptions: options })
    return `delete globalThis.setImmediate\n${outputText}\n${after}`
  }

  const pausing = `
    const pause = makePause()
    let now = Date.now()
    Date.now = () => (now += 100)
    for (let i = 0; i < 50; i++) await pause()
    console.log('worked')`

  test('ends by itself', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', await program(pausing)], { timeout: 20_000 })
    expect(stdout).toBe('worked\n')
  })

  test('would not, if the port stayed open: the control', async () => {
    const leaking = (await program(pausing)).replace('port1.close()', '')
    const child = spawn(process.execPath, ['--input-type=module', '-e', leaking], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(String(said)).toBe('worked\n')
    const outcome = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300, 'still there'))])
    child.kill('SIGKILL')
    await closed
    expect(outcome).toBe('still there')
  })
})
