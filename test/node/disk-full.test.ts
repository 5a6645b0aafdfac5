import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, ended, namesIn, otaseal, release, workFolder } from '../cli/cli.js'
import { pattern } from '../envelope/helpers.js'

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))
const node = `'${process.execPath}'`
const cli = `${node} '${dist('cli.js')}'`

/** Programs cannot see more than this of a disk: 1 MiB, or a number of files, on a file system of their own. */
const mounted = (options: string, work: string): string =>
  `unshare -rm sh -c 'mount -t tmpfs -o ${options} none disk || exit 99; cp old disk/old; "$0" "$@"; code=$?; ls -A disk; cmp old disk/old || exit 98; exit $code' ${work}`

const LIMIT_BLOCKS = 600
const canLimit = process.platform !== 'win32'
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0
const NO_MOUNT = 'this machine lets nobody mount a file system of his own'

let folder: string
let names: readonly string[]

beforeAll(async () => {
  folder = await workFolder()
  mkdirSync(join(folder, 'tmp'))
  mkdirSync(join(folder, 'disk'))
  writeFileSync(join(folder, 'old'), 'old', { mode: 0o600 })
  // The first does not fit. Of the second, one copy does, but not two.
  for (const [name, size] of [['large', 3_000_000], ['half', 700_000]] as const) {
    writeFileSync(join(folder, name), pattern(size))
    expect(await otaseal(folder, ['encrypt', name, ...release, '-o', `${name}.otaseal`])).toMatchObject({ code: 0 })
  }
  writeFileSync(join(folder, 'call.mjs'), callOfLibrary)
  names = namesIn(folder)
})

/** Calls the function that is named by the first argument, and prints the code and path of its failure. */
const callOfLibrary = `
import { readFileSync } from 'node:fs'
import * as files from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)}
const [name, source, target, overwrite] = process.argv.slice(2)
const signer = readFileSync('.otaseal_key', 'utf8')
const trust = readFileSync('.otaseal_key.pub', 'utf8')
const release = { app: 'com.example.app', channel: null, lastSequence: null }
const options = name === 'encryptFile' ? { signer, app: release.app, version: '1' } : { trust, ...release }
await files[name](source, target, { ...options, overwrite: overwrite === 'true' }).then(
  () => console.log('done'),
  ({ code, path }) => console.log(code + ' at ' + path),
)
`

interface ShellRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function shell(command: string): Promise<ShellRun> {
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: join(folder, 'tmp') }
  return ended(spawn('sh', ['-c', command], { cwd: folder, env, stdio: 'pipe' }))
}

const limited = async (command: string): Promise<ShellRun> => shell(`ulimit -f ${LIMIT_BLOCKS}; exec ${command}`)

function expectNothingLeft(): void {
  expect(namesIn(folder)).toEqual(names)
  expect(namesIn(join(folder, 'tmp'))).toEqual([])
  expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old')
}

/** Of each command: its arguments before the target. */
const commands = [
  { name: 'encrypt', words: `encrypt large ${release.join(' ')}`, call: 'encryptFile large' },
  { name: 'decrypt', words: `decrypt large.otaseal ${accept.join(' ')}`, call: 'decryptFile large.otaseal' },
] as const

describe.runIf(canLimit)('a file that may not grow as large as it must', () => {
  it('does not fail where it may: the limit is what the other tests see', async () => {
    const run = await limited(`${cli} decrypt half.otaseal ${accept.join(' ')} -o - > /dev/null`)
    expect(run).toMatchObject({ code: 0 })
  })

  it.each(commands)('$name names the target, exits with 1 and leaves nothing', async ({ words }) => {
    const run = await limited(`${cli} ${words} -o target`)
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(/cannot write target: /)
    expect(run.stderr).not.toMatch(/\.tmp|unexpected|\n {4}at /)
    expectNothingLeft()
  })

  it.each(commands)('$name --force keeps the old file', async ({ words }) => {
    expect((await limited(`${cli} ${words} -o old --force`)).code).toBe(1)
    expectNothingLeft()
  })

  it.each(commands)('$name from stdin to stdout gives nothing', async ({ words }) => {
    const [, source] = words.split(' ') as [string, string]
    const run = await limited(`${cli} ${words.replace(source, '-')} -o - < ${source}`)
    expect([run.code, run.stdout]).toEqual([1, ''])
    expectNothingLeft()
  })

  it.each(commands)('the function behind $name fails with the code of the system, and the path of the target', async ({ call }) => {
    for (const target of ['target false', 'old true']) {
      const { stdout } = await limited(`${node} call.mjs ${call} ${target}`)
      expect(stdout).toBe(`EFBIG at ${target.split(' ')[0] as string}\n`)
    }
    expectNothingLeft()
  })
})

describe.runIf(process.platform === 'linux')('a disk that is full', () => {
  /** Besides `old`, which stays, nothing is on the disk afterwards. */
  async function expectFull(run: Promise<ShellRun>, said: string): Promise<void> {
    const { code, stdout, stderr } = await run
    expect([code, stdout], stderr).toEqual([1, `${said}old\n`])
    expect(stderr).not.toMatch(/\.tmp|unexpected|\n {4}at /)
    expectNothingLeft()
  }

  const cases = commands.flatMap((command) => [
    { ...command, why: 'the file does not fit', options: 'size=1m', source: 'large' },
    { ...command, why: 'no file can be made', options: 'size=16m,nr_inodes=2', source: 'large' },
  ])
  const [encrypt] = commands
  const all = [
    ...cases,
    { ...encrypt, why: 'the body fits, but not the envelope besides', options: 'size=1m', source: 'half' },
    { ...encrypt, why: 'one file fits, but not two', options: 'size=16m,nr_inodes=3', source: 'large' },
  ]

  it.for(all)('$name, $why: it says so, exits with 1 and leaves nothing', async ({ words, options, source }, { skip }) => {
    skip(!canMount, NO_MOUNT)
    const command = `${cli} ${words.replace('large', source)}`
    for (const target of ['-o disk/target', '-o disk/old --force']) {
      const run = shell(mounted(options, `${command} ${target}`))
      await expectFull(run, '')
      expect((await run).stderr).toMatch(/cannot write disk\/(target|old): no space is left on the device/)
    }
  })

  it.for(all)('the function behind $name, $why: ENOSPC', async ({ call, options, source }, { skip }) => {
    skip(!canMount, NO_MOUNT)
    const run = shell(mounted(options, `${node} call.mjs ${call.replace('large', source)} disk/target false`))
    await expectFull(run.then((it) => ({ ...it, code: 1 })), 'ENOSPC at disk/target\n')
  })

  it('where all fits, it works: the disk is what the other tests see', async ({ skip }) => {
    skip(!canMount, NO_MOUNT)
    const run = await shell(mounted('size=16m', `${cli} ${encrypt.words} -o disk/target --json`))
    expect([run.code, run.stdout.replace(/^\{"ok":true.*\}\n/, '')]).toEqual([0, 'old\ntarget\n'])
  })

  it.each(commands)('that stdout goes to is told by $name', async ({ words }) => {
    const { code, stderr } = await shell(`${cli} ${words} -o - > /dev/full`)
    expect(code).toBe(1)
    expect(stderr).toMatch(/no space is left on the device|ENOSPC/)
    expectNothingLeft()
  })
})
