import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { accept, codeOf, content, ended, namesIn, otaseal, release, start, temporaryFolder, workFolder } from './cli.js'

let folder: string
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')

beforeEach(async () => {
  folder = await workFolder()
})

describe('an existing file', () => {
  it('is refused by encrypt and decrypt, and replaced with --force', async () => {
    writeFileSync(join(folder, 'app.bin.otaseal'), 'precious')
    const refused = await otaseal(folder, ['encrypt', 'app.bin', ...release, '--json'])
    expect([refused.code, codeOf(refused), text('app.bin.otaseal')]).toEqual([1, 'io', 'precious'])
    expect(await otaseal(folder, ['encrypt', 'app.bin', ...release, '--force'])).toMatchObject({ code: 0 })

    writeFileSync(join(folder, 'app.bin'), 'precious')
    const again = await otaseal(folder, ['decrypt', 'app.bin.otaseal', ...accept, '--json'])
    expect([again.code, codeOf(again), text('app.bin')]).toEqual([1, 'io', 'precious'])
    expect(await otaseal(folder, ['decrypt', 'app.bin.otaseal', ...accept, '--force'])).toMatchObject({ code: 0 })
    expect(text('app.bin')).toBe(content.toString())
    expect(namesIn(folder)).toEqual(['.otaseal_key', '.otaseal_key.pub', 'app.bin', 'app.bin.otaseal'])
  })

  it('is refused before anything is read', async () => {
    const run = await otaseal(folder, ['decrypt', 'missing.otaseal', ...accept, '-o', 'app.bin'])
    expect(run.stderr).toContain('app.bin exists already')
  })

  it.each(['app.bin', '.otaseal_key'])('is never replaced where it is an input: %s', async (name) => {
    const before = text(name)
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', name, '--force', '--json'])
    expect([run.code, codeOf(run), text(name)]).toEqual([2, 'usage', before])
  })

  it.each(['PEM', 'encrypted PEM', 'JWK'])('is never replaced where it is a private key, whatever its name: %s', async (kind) => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = { type: 'pkcs8', format: 'pem' } as const
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' }
    const key = kind === 'JWK' ? JSON.stringify(privateKey.export({ format: 'jwk' })) : privateKey.export(kind === 'PEM' ? pem : { ...pem, ...cipher }).toString()
    writeFileSync(join(folder, 'precious'), key)
    await otaseal(folder, ['encrypt', 'app.bin', ...release])
    const store = await otaseal(folder, ['trust', 'create', '--key', '.otaseal_key.pub', '-o', '-'])
    writeFileSync(join(folder, 'trust.json'), store.stdout.replace('"epoch": 1', '"epoch": 2'))
    await otaseal(folder, ['trust', 'sign', 'trust.json'])
    const lines = [
      ['encrypt', 'app.bin', ...release],
      ['decrypt', 'app.bin.otaseal', ...accept],
      ['trust', 'apply', 'trust.update.json', '--trust', '.otaseal_key.pub'],
    ]
    for (const line of lines) {
      const run = await otaseal(folder, [...line, '-o', 'precious', '--force', '--json'])
      expect([run.code, codeOf(run), text('precious')], line.join(' ')).toEqual([1, 'io', key])
      expect(run.stdout).toContain('precious is a private key')
    }
  })

  it.runIf(process.platform !== 'win32')('is never replaced where it is no plain file', async () => {
    mkdirSync(join(folder, 'sub'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'))
    for (const name of ['sub', 'link', '/dev/null']) {
      const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', name, '--force', '--json'])
      expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    }
    expect(namesIn(folder)).toEqual(['.otaseal_key', '.otaseal_key.pub', 'app.bin', 'link', 'sub'])
  })
})

it('a missing folder is refused, and none is made', async () => {
  const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'no/such.otaseal', '--json'])
  expect([run.code, codeOf(run)]).toEqual([1, 'io'])
  expect(namesIn(folder)).toEqual(['.otaseal_key', '.otaseal_key.pub', 'app.bin'])
})

it('of two commands for one file, one wins and the other says so', async () => {
  const runs = await Promise.all([1, 2, 3, 4].map(async () => otaseal(folder, ['encrypt', 'app.bin', ...release])))
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1])
  expect(namesIn(folder)).toEqual(['.otaseal_key', '.otaseal_key.pub', 'app.bin', 'app.bin.otaseal'])
  expect(await otaseal(folder, ['verify', 'app.bin.otaseal', ...accept])).toMatchObject({ code: 0 })
})

it('a reader that goes away is no reason for a stack trace', async () => {
  writeFileSync(join(folder, 'large'), Buffer.alloc(5_000_000))
  const child = start(folder, ['encrypt', 'large', ...release, '-o', '-'])
  child.stdout?.once('data', () => child.stdout?.destroy())
  const { code, stderr } = await ended(child)
  expect([code, stderr]).toEqual([1, ''])
})

describe.runIf(process.platform !== 'win32')('a signal', () => {
  const SIZE = 96 * 2 ** 20

  /** Ends the command at the first moment when its temporary file is seen, or else after `delay`. */
  async function interrupt(signal: NodeJS.Signals, until: () => boolean, delay: number): Promise<NodeJS.Signals | null> {
    const child = start(folder, ['encrypt', 'large', ...release])
    const end = ended(child)
    const deadline = Date.now() + delay
    while (!until() && Date.now() < deadline && child.exitCode === null) await sleep(1)
    child.kill(signal)
    return (await end).signal
  }

  const leftovers = (): readonly string[] => namesIn(folder).filter((name) => name.endsWith('.tmp'))

  it.each(['SIGTERM', 'SIGINT'] as const)('%s while the result is written leaves nothing', async (signal) => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(SIZE))
    const ending = await interrupt(signal, () => leftovers().length > 0, 60_000)
    expect(leftovers()).toEqual([])
    // Either the signal came in time, or the file was complete before it.
    const isComplete = namesIn(folder).includes('large.otaseal')
    if (isComplete) expect(await otaseal(folder, ['verify', 'large.otaseal', ...accept])).toMatchObject({ code: 0 })
    else expect(ending).toBe(signal)
  })

  it.each([60, 200, 350, 500, 800])('after %i ms leaves nothing, or a complete envelope', async (delay) => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(SIZE))
    await interrupt('SIGTERM', () => false, delay)
    expect(leftovers()).toEqual([])
    if (!namesIn(folder).includes('large.otaseal')) return
    expect(await otaseal(folder, ['verify', 'large.otaseal', ...accept])).toMatchObject({ code: 0 })
  })
})

it('writes from another folder into a third', async () => {
  const other = temporaryFolder()
  const key = join(folder, '.otaseal_key')
  expect(await otaseal(other, ['encrypt', join(folder, 'app.bin'), ...release, '--key', key, '-o', 'x'])).toMatchObject({ code: 0 })
  expect(namesIn(other)).toEqual(['x'])
})
