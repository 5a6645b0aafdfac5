import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, symlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { interruptible } from '../../src/cli/interrupt.js'
import { withLock } from '../../src/cli/store-lock.js'
import { replaceText } from '../../src/cli/trust-file.js'
import { codeOf, ended, json, namesIn, start } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { Run } from './cli.js'
import type { KeyFolder } from './trust-files.js'

const names = ['a', 'b', 'c', 'd', 'e'] as const
const isPosix = process.platform !== 'win32'
let f: KeyFolder<(typeof names)[number]>

beforeEach(() => {
  f = keyFolder(...names)
  f.make('trust.json', ['a', 'b'])
})

describe('edits of one store at the same time', () => {
  it('of four processes: each that ends with 0 is in the file', async () => {
    for (let round = 0; round < 4; round++) {
      f.make('trust.json', ['a'])
      const added = ['b', 'c', 'd', 'e'] as const
      const runs = await Promise.all(added.map(async (name) => f.run('trust', 'add', 'trust.json', '--key', `${name}.pub`, '--json')))
      const done = added.filter((_, i) => runs[i]?.code === 0)
      expect(done.length).toBeGreaterThan(0)
      const shown = json(await f.run('trust', 'list', 'trust.json', '--json')) as { readonly keys: readonly { readonly kid: string }[] }
      expect(shown).toMatchObject({ epoch: 1 + done.length })
      expect(shown.keys.map(({ kid }) => kid).sort()).toEqual([f.kid.a, ...done.map((name) => f.kid[name])].sort())
      expect(runs.filter(({ code }) => code !== 0).map(codeOf)).toEqual(Array.from({ length: 4 - done.length }, () => 'io'))
    }
    expect(namesIn(f.path).filter((name) => name.includes('lock') || name.endsWith('.tmp'))).toEqual([])
  })

  it('in one process: of those that have read the same, one wins and the others say so', async () => {
    const path = join(f.path, 'trust.json')
    for (let round = 0; round < 25; round++) {
      const file = { path, text: f.read('trust.json') }
      const texts = ['one', 'two', 'three', 'four'].map((text) => `${text} ${round}`)
      const outcomes = await Promise.allSettled(texts.map(async (text) => replaceText(file, text)))
      expect(texts.filter((_, i) => outcomes[i]?.status === 'fulfilled')).toEqual([f.read('trust.json')])
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).message] : []))
      expect(reasons.every((reason) => reason.includes('changed by another program meanwhile'))).toBe(true)
    }
    expect(existsSync(`${path}.lock`)).toBe(false)
  })
})

describe('a lock file that is there', () => {
  it.each(['trust.json', 'link.json'])('keeps %s as it is, and is told with when to delete it', async (path) => {
    if (path === 'link.json') {
      if (!isPosix) return
      symlinkSync('trust.json', join(f.path, path))
    }
    f.write('trust.json.lock', '')
    const before = f.read('trust.json')
    const run = await f.run('trust', 'revoke', path, 'a.pub', '--json')
    expect([run.code, codeOf(run), f.read('trust.json')]).toEqual([1, 'io', before])
    expect(run.stdout).toMatch(/trust\.json\.lock.*delete/)
    expect(existsSync(join(f.path, 'trust.json.lock'))).toBe(true)
    expect(await f.run('trust', 'list', path)).toMatchObject({ code: 0 })
  })

  it('is waited for', async () => {
    const lock = openSync(join(f.path, 'trust.json.lock'), 'wx')
    closeSync(lock)
    const running = f.run('trust', 'revoke', 'trust.json', 'a.pub', '--json')
    setTimeout(() => execFileSync('rm', [join(f.path, 'trust.json.lock')]), 700)
    expect(json(await running)).toMatchObject({ ok: true, changed: true })
  })

  it.runIf(isPosix).each(['SIGINT', 'SIGTERM'] as const)('of its own is gone after %s', async (signal) => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const place = join(f.path, 'trust.json')
    const settled = vi.fn()
    const untilAborted = async (abort: AbortSignal): Promise<never> => new Promise((_, reject) => abort.addEventListener('abort', () => reject(new Error('stopped'))))
    void interruptible(async (abort) => withLock(place, abort, async () => untilAborted(abort))).then(settled, settled)
    await vi.waitFor(() => expect(existsSync(`${place}.lock`)).toBe(true))
    process.emit(signal, signal)
    await vi.waitFor(() => expect(kill).toHaveBeenCalledWith(process.pid, signal))
    expect([namesIn(f.path).filter((name) => name.endsWith('.lock') || name.endsWith('.tmp')), settled.mock.calls.length]).toEqual([[], 0])
    kill.mockRestore()
  })
})

describe.runIf(isPosix)('what changes between reading and writing is not undone', () => {
  const slowly = async (args: readonly string[], text: string, meanwhile: readonly string[]): Promise<Run> => {
    execFileSync('mkfifo', [join(f.path, 'slow')])
    const running = ended(start(f.path, [...args, '--json']))
    // It opens only when the command has read the store, and reads on.
    const pipe = openSync(join(f.path, 'slow'), 'w')
    expect(await f.run(...meanwhile)).toMatchObject({ code: 0 })
    writeSync(pipe, text)
    closeSync(pipe)
    return running
  }

  it('by trust apply in place', async () => {
    f.make('next.json', ['a', 'b', 'c'], { epoch: 9 })
    await f.run('trust', 'sign', 'next.json', '--key', 'a')
    symlinkSync('trust.json', join(f.path, 'link.json'))
    const args = ['trust', 'apply', 'slow', '--trust', 'link.json', '-o', 'trust.json', '--force']
    const run = await slowly(args, f.read('next.update.json'), ['trust', 'revoke', 'trust.json', 'b.pub'])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect(run.stdout).toContain('changed by another program')
    expect(f.store()).toMatchObject({ epoch: 2, keys: [{ status: 'active' }, { status: 'revoked' }] })
  })

  it('by trust sign in place', async () => {
    await f.run('trust', 'sign', 'trust.json', '--key', 'a')
    const run = await slowly(['trust', 'sign', 'trust.update.json', '--key', 'slow'], f.keys.c.privateKey, ['trust', 'sign', 'trust.update.json', '--key', 'b'])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    const shown = json(await f.run('trust', 'list', 'trust.update.json', '--json'))
    expect(shown['signatures']).toEqual([f.kid.a, f.kid.b])
  })
})

describe('trust apply -o', () => {
  it('never puts a store in the place of a public key that it trusts', async () => {
    f.make('next.json', ['a', 'c'], { epoch: 9 })
    await f.run('trust', 'sign', 'next.json', '--key', 'a')
    const before = f.read('a.pub')
    const run = await f.run('trust', 'apply', 'next.update.json', '--trust', 'a.pub', '-o', 'a.pub', '--force', '--json')
    expect([run.code, codeOf(run), f.read('a.pub')]).toEqual([2, 'usage', before])
  })
})
