import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { capgoFolder, cliDecrypt, digest, expectRefusal, pair, sha256, zip } from './capgo.js'
import { ended, json, namesIn, otaseal, program } from './cli.js'

const other = '0'.repeat(64)
/** Of many pieces. */
const large = Buffer.concat([zip, Buffer.alloc(2 ** 20)])
const V3 = ['--plugin-version', '8.51.14', '--public-key', '.capgo_key_v2.pub'] as const
let folder: string
let env: Readonly<Record<string, string>>

beforeAll(() => {
  folder = capgoFolder()
  mkdirSync(join(folder, 'tmp'))
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'index.html'), randomBytes(2 ** 20))
  writeFileSync(join(folder, 'large.zip'), large)
  writeFileSync(join(folder, 'old.zip'), 'precious')
  const tmp = join(folder, 'tmp')
  env = { TMPDIR: tmp, TEMP: tmp, TMP: tmp }
})

describe('CHECKSUM', () => {
  it('may have white space around it, as $(...) of other tools leaves it', async () => {
    const run = await otaseal(folder, ['capgo', 'encrypt', 'app.zip', ` ${digest.toUpperCase()}\r\n`, ...V3, '-o', 'spaced.zip', '--json'])
    expect(json(run)).toMatchObject({ ok: true })
    await expectRefusal(folder, ['encrypt', 'app.zip', ` ${digest.slice(1)} `, ...V3, '-o', 'x.zip'], { exit: 2, code: 'usage', says: '64 hex digits' })
    await expectRefusal(folder, ['encrypt', 'app.zip', `${digest.slice(0, 32)} ${digest.slice(32)}`, ...V3, '-o', 'x.zip'], { exit: 2, code: 'usage', says: '64 hex digits' })
  })

  it('of another file: nothing is written, and what is said of it is true', async () => {
    await expectRefusal(folder, ['encrypt', 'app.zip', other, ...V3, '-o', 'old.zip', '--force'], { exit: 1, code: 'bad-checksum', says: 'nothing is written' })
    expect(readFileSync(join(folder, 'old.zip'), 'utf8')).toBe('precious')
  })

  it.each([['a file', 'large.zip', undefined], ['stdin', '-', large], ['a folder', 'dist', undefined]])('of other bytes than %s: nothing comes out on stdout', async (_, path, input) => {
    const run = await otaseal(folder, ['capgo', 'encrypt', path, other, ...V3, '-o', '-'], { env, ...(input && { input }) })
    expect([run.code, run.bytes.length]).toEqual([1, 0])
    expect(run.stderr).toContain('refused (bad-checksum)')
    expect(run.stderr).not.toContain('ivSessionKey')
    expect(namesIn(join(folder, 'tmp'))).toEqual([])
  })

  it.each([['a file', 'large.zip', undefined], ['stdin', '-', large]])('of %s: all of the release comes out on stdout', async (_, path, input) => {
    const run = await otaseal(folder, ['capgo', 'encrypt', path, sha256(large), ...V3, '-o', '-'], { env, ...(input && { input }) })
    expect(run.code).toBe(0)
    const sessionKey = /^ {2}ivSessionKey +(\S+)$/m.exec(run.stderr)?.[1] ?? ''
    expect(cliDecrypt(run.bytes, sessionKey, pair.publicKey).equals(large)).toBe(true)
    expect(namesIn(join(folder, 'tmp'))).toEqual([])
  })
})

describe.runIf(process.platform === 'linux')('where stdout is full', () => {
  const runFull = async (...args: readonly string[]): Promise<readonly unknown[]> => {
    const output = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', output, 'pipe'] })
    closeSync(output)
    const { code, stderr } = await ended(child)
    return [code, stderr]
  }

  it('that is told on stderr, with --json too', async () => {
    const full = expect.stringContaining('refused (io): cannot write the standard output: no space is left on the device') as unknown
    expect(await runFull('capgo', 'keygen', '-o', 'one', '--json')).toEqual([1, full])
    expect(await runFull('capgo', 'keygen', '-o', 'two')).toEqual([1, full])
    expect(await runFull('capgo', 'encrypt', 'app.zip', ...V3, '-o', 'full.zip', '-j')).toEqual([1, full])
    expect(await runFull('capgo', 'encrypt', 'app.zip', digest, ...V3, '-o', '-')).toEqual([1, full])
    expect(await runFull('capgo', 'identify', 'app.zip', '--json')).toEqual([1, full])
    expect(await runFull('keygen', '--type', 'Ed25519', '-o', 'three', '--json')).toEqual([1, full])
    expect(namesIn(join(folder, 'tmp'))).toEqual([])
  })

  it('why a command failed is told on stderr as well', async () => {
    expect(await runFull('capgo', 'identify', 'missing', '--json')).toEqual([1, expect.stringContaining('refused (io): cannot read missing')])
    expect(await runFull('verify', '--json')).toEqual([2, expect.stringContaining('usage')])
  })
})

it('decrypt --help says what a kill leaves behind', async () => {
  const { stdout } = await otaseal(folder, ['capgo', 'decrypt', '--help'])
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/leaves no file behind\. .*SIGKILL.*\.otaseal-\*\.tmp/)
})
