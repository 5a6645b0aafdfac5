import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ended, json, namesIn, otaseal, start } from './cli.js'
import { app, apply, dense, fill, filesOf, installedFiles, keyFolder, publish, trust } from './manifest.js'
import type { AddressInfo } from 'node:net'
import type { Files } from './manifest.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
const one: Files = { 'index.html': '1', 'same.bin': dense(1, 30_000) }
const two: Files = { 'index.html': '2', 'same.bin': dense(1, 30_000), ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}.bin`, dense(i + 10, 20_000)])) }
const closers: (() => void)[] = []

let cwd: string

beforeEach(async () => {
  cwd = await keyFolder()
})

afterAll(() => closers.forEach((close) => close()))

/** A server that answers so many requests, and then says no more. */
async function silentAfter(answers: number): Promise<{ readonly url: string; readonly silence: Promise<void> }> {
  let begin: () => void = () => undefined
  const silence = new Promise<void>((resolve) => (begin = resolve))
  let left = answers
  const server = createServer(({ url = '' }, response) => {
    if (left-- > 0) response.end(readFileSync(join(cwd, url)))
    else begin()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`, silence }
}

describe.runIf(process.platform !== 'win32').each(SIGNALS)('%s', (signal) => {
  it('ends apply with the old release whole, and the next run goes on where it stopped', async () => {
    await publish(cwd, one, 1, ['-o', 'one.otaseal'])
    await publish(cwd, two, 2, ['-o', 'two.otaseal', '--previous', 'one.otaseal'])
    const { path, releaseId } = json(await apply(cwd, 'one.otaseal', ['--json']))
    const { url, silence } = await silentAfter(5)
    const child = start(cwd, ['manifest', 'apply', 'two.otaseal', ...trust, '-o', 'app', '--objects', url, '--parallel', '1', '--json'])
    const end = ended(child)
    await Promise.race([silence, end])
    child.kill(signal)
    expect(await end).toMatchObject({ signal, stdout: '' })

    expect(filesOf(String(path))).toEqual(one)
    expect(JSON.parse(readFileSync(join(cwd, 'app/current.json'), 'utf8'))).toMatchObject({ releaseId, sequence: 1 })
    const run = await apply(cwd, 'two.otaseal', ['--json'])
    expect(run.code, run.stderr).toBe(0)
    // One of nine was in the old release, five came before the signal.
    expect(json(run)).toMatchObject({ fetchedObjects: 4, sequence: 2 })
    expect(installedFiles(run)).toEqual(two)
  })

  it('ends create with the old manifest whole, and what is left is in nobody\'s way', async () => {
    await publish(cwd, one, 1)
    const before = filesOf(cwd)
    fill(join(cwd, 'dist'), two)
    const script = "process.stdin.resume().on('end', () => require('fs').writeFileSync('signing', '')); setTimeout(() => undefined, 4000)"
    writeFileSync(join(cwd, 'sign.cjs'), script)
    const signing = new Promise<void>((resolve) => {
      const watcher = watch(cwd, (_, name) => {
        if (name === 'signing') resolve()
      })
      closers.push(() => watcher.close())
    })
    const command = ['--sign-command', `exec "${process.execPath}" sign.cjs`, '--sign-key', '.otaseal_key.pub', '--previous', 'dist.manifest.otaseal', '--force']
    const child = start(cwd, ['manifest', 'create', 'dist', ...app, '--bundle-version', '2', ...command])
    const end = ended(child)
    await Promise.race([signing, end])
    child.kill(signal)
    expect(await end).toMatchObject({ signal, stdout: '' })

    const kept = Object.fromEntries(Object.entries(filesOf(cwd)).filter(([path]) => !/^(dist\/|sign)/.test(path)))
    const old = Object.fromEntries(Object.entries(before).filter(([path]) => !path.startsWith('dist/')))
    if (signal === 'SIGKILL') expect(kept).toMatchObject(old)
    else expect(kept).toEqual(old)
    expect(await otaseal(cwd, ['manifest', 'verify', 'dist.manifest.otaseal', ...trust, '--objects', 'objects'])).toMatchObject({ code: 0 })
    const again = await publish(cwd, two, 2, ['--previous', 'dist.manifest.otaseal', '--force', '--json'])
    expect(json(again)).toMatchObject({ reused: 1 })
    expect(installedFiles(await apply(cwd, 'dist.manifest.otaseal', ['--json']))).toEqual(two)
  })
})

describe('a first release that fails', () => {
  it('leaves neither objects nor their folder', async () => {
    fill(join(cwd, 'dist'), two)
    const before = namesIn(cwd)
    const run = await otaseal(cwd, ['manifest', 'create', 'dist', ...app, '--bundle-version', '2', '--sign-command', 'exit 3', '--sign-key', '.otaseal_key.pub'])
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('signer-failed')])
    expect(namesIn(cwd)).toEqual(before)
    expect(existsSync(join(cwd, 'objects'))).toBe(false)
  })
})
