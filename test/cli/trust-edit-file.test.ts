import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, openSync, statSync, symlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { findKey } from '../../src/cli/trust-key.js'
import { codeOf, ended, namesIn, start } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { KeyFolder } from './trust-files.js'

const isPosix = process.platform !== 'win32'
let f: KeyFolder<'a' | 'b' | 'c'>

beforeEach(() => {
  f = keyFolder('a', 'b', 'c')
  f.make('trust.json', ['a', 'b'])
})

describe.runIf(isPosix)('the file of a store that is edited', () => {
  it('keeps its mode, also where that is private, and leaves nothing beside it', async () => {
    chmodSync(join(f.path, 'trust.json'), 0o640)
    const before = namesIn(f.path)
    expect((await f.run('trust', 'add', 'trust.json', '--key', 'c.pub')).code).toBe(0)
    expect([statSync(join(f.path, 'trust.json')).mode & 0o777, namesIn(f.path)]).toEqual([0o640, before])
  })

  it('is changed behind a symbolic link, which stays', async () => {
    symlinkSync('trust.json', join(f.path, 'link.json'))
    expect((await f.run('trust', 'add', 'link.json', '--key', 'c.pub')).code).toBe(0)
    expect(f.store('trust.json').keys).toHaveLength(3)
    expect(f.read('link.json')).toBe(f.read('trust.json'))
  })

  it('that another program changes meanwhile is not overwritten', async () => {
    execFileSync('mkfifo', [join(f.path, 'slow.pub')])
    const running = ended(start(f.path, ['trust', 'add', 'trust.json', '--key', 'slow.pub', '--json']))
    // It opens only when the command has read the store, and reads the key.
    const pipe = openSync(join(f.path, 'slow.pub'), 'w')
    f.make('trust.json', ['a'], { epoch: 9 })
    writeSync(pipe, f.keys.c.publicKey)
    closeSync(pipe)
    const run = await running
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect(run.stdout).toContain('changed by another program')
    expect(f.store()).toMatchObject({ epoch: 9 })
  })
})

it('the beginning of two kids names neither', async () => {
  const file = { path: 'trust.json', text: '', store: f.store(), kids: ['AAAAAAAAx', 'AAAAAAAAy'] }
  await expect(findKey(file, 'AAAAAA')).rejects.toThrow('begins 2 kids')
  expect(await findKey(file, 'AAAAAAAAy')).toMatchObject({ kid: 'AAAAAAAAy', index: 1 })
})
