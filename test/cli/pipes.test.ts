import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accept, content, ended, json, namesIn, otaseal, program, release, start, workFolder } from './cli.js'
import type { ChildProcess } from 'node:child_process'

const isPosix = process.platform !== 'win32'
const MIB = 2 ** 20

let folder: string
/** Where the commands have the system's temporary files. */
let env: Readonly<Record<string, string>>
let before: readonly string[]

beforeAll(async () => {
  folder = await workFolder()
  mkdirSync(join(folder, 'tmp'))
  env = Object.fromEntries(['TMPDIR', 'TEMP', 'TMP'].map((name) => [name, join(folder, 'tmp')]))
  await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'app.otaseal'])
})

beforeEach(() => {
  before = namesIn(folder)
})

const read = (name: string): Buffer => readFileSync(join(folder, name))
const temporaries = (): readonly string[] => [...namesIn(folder), ...namesIn(join(folder, 'tmp'))].filter((name) => name.endsWith('.tmp'))

function expectNothingLeft(): void {
  expect(namesIn(folder)).toEqual(before)
  expect(namesIn(join(folder, 'tmp'))).toEqual([])
}

describe('from stdin to stdout', () => {
  it('a bundle comes out only once all of it was checked, and no temporary file stays', async () => {
    const good = read('app.otaseal')
    const opened = await otaseal(folder, ['decrypt', '-', ...accept], { env, input: good })
    expect([opened.code, opened.bytes.equals(content)]).toEqual([0, true])
    const faults = [good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte)), good.subarray(0, -1), Buffer.concat([good, good])]
    for (const input of faults) {
      const run = await otaseal(folder, ['decrypt', '-', ...accept], { env, input })
      expect([run.code, run.bytes.length]).toEqual([1, 0])
      expect(run.stderr).toMatch(/refused \((bad-chunk|truncated|trailing-data)\)/)
    }
    expectNothingLeft()
  })

  it('an envelope tells what it holds, and no temporary file stays', async () => {
    const sealed = await otaseal(folder, ['encrypt', '-', ...release], { env, input: content })
    expect(sealed.code).toBe(0)
    expect(json(await otaseal(folder, ['inspect', '-'], { input: sealed.bytes }))).toMatchObject({
      ...{ size: content.length, payload: { expected: sealed.bytes.length - 12 - sealed.bytes.readUInt32BE(8) } },
    })
    expectNothingLeft()
  })

  it('a private key is not encrypted, in whatever pieces it comes', async () => {
    const key = read('.otaseal_key')
    const child = start(folder, ['encrypt', '-', ...release], env)
    const end = ended(child)
    for (const byte of key) {
      child.stdin?.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.stdin?.end()
    const { code, stderr, bytes } = await end
    expect([code, bytes.length]).toEqual([1, 0])
    expect(stderr).toContain('the standard input is a private key')
    expectNothingLeft()
  })
})

describe('inspect', () => {
  it.each([[[]], [accept]])('counts what is there, of a file and of stdin: %j', async (args) => {
    const run = await otaseal(folder, ['inspect', 'app.otaseal', ...args])
    expect(json(await otaseal(folder, ['inspect', '-', ...args], { input: read('app.otaseal') }))).toEqual(json(run))
    const { expected, present } = json(run)['payload'] as Record<string, number>
    expect(present).toBe(expected)
  })

  it('of a part shows how much is missing, or too much', async () => {
    const whole = read('app.otaseal')
    const seen = async (input: Uint8Array): Promise<number> => {
      writeFileSync(join(folder, 'part'), input)
      const runs = [await otaseal(folder, ['inspect', 'part']), await otaseal(folder, ['inspect', '-'], { input })]
      const [one, other] = runs.map((run) => json(run)['payload'] as { readonly expected: number; readonly present: number })
      expect(one).toEqual(other)
      return (one?.present ?? NaN) - (one?.expected ?? NaN)
    }
    expect(await seen(whole.subarray(0, -7))).toBe(-7)
    expect(await seen(Buffer.concat([whole, Buffer.alloc(MIB)]))).toBe(MIB)
  })
})

describe.runIf(isPosix)('a pipe with a name', () => {
  const writers: ChildProcess[] = []

  afterAll(() => writers.forEach((child) => void child.kill()))

  function pipe(name: string, source: string): void {
    execFileSync('mkfifo', [join(folder, name)])
    writers.push(spawn('cp', [join(folder, source), join(folder, name)], { stdio: 'ignore' }))
  }

  it('is encrypted, decrypted, verified and shown like a file', async () => {
    pipe('bundle', 'app.bin')
    expect(await otaseal(folder, ['encrypt', 'bundle', ...release, '-o', 'out.otaseal'], { env })).toMatchObject({ code: 0 })
    for (const name of ['one', 'two', 'three', 'four', 'five']) pipe(name, 'out.otaseal')
    expect(await otaseal(folder, ['decrypt', 'one', ...accept, '-o', 'out'], { env })).toMatchObject({ code: 0 })
    const opened = await otaseal(folder, ['decrypt', 'two', ...accept, '-o', '-'], { env })
    expect([read('out').equals(content), opened.bytes.equals(content)]).toEqual([true, true])
    expect(await otaseal(folder, ['verify', 'three', ...accept], { env })).toMatchObject({ code: 0 })
    const shown = await Promise.all(['four', 'out.otaseal'].map(async (name) => otaseal(folder, ['inspect', name], { env })))
    expect(json(shown[0] as never)).toEqual(json(shown[1] as never))
    expect(await otaseal(folder, ['inspect', 'five', ...accept], { env })).toMatchObject({ code: 0 })
    expect(temporaries()).toEqual([])
  })

  it('that holds a private key is not encrypted', async () => {
    pipe('key', '.otaseal_key')
    const run = await otaseal(folder, ['encrypt', 'key', ...release, '-o', 'never'], { env })
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('key is a private key')])
    expect(namesIn(folder)).not.toContain('never')
    expect(temporaries()).toEqual([])
  })

  it.runIf(process.platform === 'linux')('may be that of the standard input', async () => {
    const command = (args: readonly string[]): string => [process.execPath, program, ...args].map((arg) => `'${arg}'`).join(' ')
    const [sealing, opening] = [['encrypt', '/dev/stdin', ...release, '-o', '-'], ['decrypt', '/dev/stdin', ...accept, '-o', '-']].map(command)
    const line = `cat app.bin | ${sealing ?? ''} | ${opening ?? ''}`
    expect(execFileSync('sh', ['-c', line], { cwd: folder, env: { ...process.env, ...env }, stdio: 'pipe' }).equals(content)).toBe(true)
    expectNothingLeft()
  })
})

describe.runIf(isPosix)('a signal while a command waits', () => {
  /** Ends a command by SIGINT once `isWaiting`, and expects that nothing stays. */
  async function expectInterrupted(child: ChildProcess, isWaiting: () => boolean): Promise<void> {
    let stderr = ''
    child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()))
    const end = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))
    for (let i = 0; i < 3000 && !isWaiting(); i++) await sleep(10)
    expect(isWaiting()).toBe(true)
    child.kill('SIGINT')
    expect([await end, stderr.includes('aborted')]).toEqual(['SIGINT', false])
    expectNothingLeft()
  }

  it.each([
    ['encrypt', ['encrypt', '-', ...release, '-o', '-'], 'app.bin', 1],
    ['encrypt to a file', ['encrypt', '-', ...release, '-o', 'never'], 'app.bin', 2],
    ['decrypt', ['decrypt', '-', ...accept, '-o', '-'], 'app.otaseal', 1],
    ['decrypt to a file', ['decrypt', '-', ...accept, '-o', 'never'], 'app.otaseal', 1],
  ] as const)('for stdin: %s', async (_, args, source, files) => {
    const child = start(folder, args, env)
    child.stdin?.on('error', () => undefined)
    child.stdin?.write(read(source).subarray(0, 300_000))
    await expectInterrupted(child, () => temporaries().length === files)
  })

  it('for somebody who writes to a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    before = namesIn(folder)
    for (const args of [['encrypt', 'pipe', ...release, '-o', 'never'], ['decrypt', 'pipe', ...accept, '-o', 'never']]) {
      const child = start(folder, args, env)
      const started = Date.now()
      await expectInterrupted(child, () => Date.now() - started > 700)
    }
  })

  it.each([
    ['encrypt', ['encrypt', 'large', ...release, '-o', '-']],
    ['decrypt', ['decrypt', '-', ...accept, '-o', '-']],
  ])('for somebody who reads what it writes: %s', async (name, args) => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(MIB))
    await otaseal(folder, ['encrypt', 'large', ...release])
    before = namesIn(folder)
    const child = start(folder, args, env)
    child.stdin?.end(name === 'decrypt' ? read('large.otaseal') : '')
    let isFull = false
    // Of a megabyte only the first part is taken.
    child.stdout?.once('readable', () => (isFull = true))
    await expectInterrupted(child, () => isFull)
  })
})

