import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, pair, sha256 } from './capgo.js'
import { ended, namesIn, start } from './cli.js'

const TEMPORARY = /^\.otaseal-[0-9a-f]{24}\.tmp$/
const bundle = Buffer.alloc(4 * 2 ** 20, 'PK\u0003\u0004 and so on')
const release = cliRelease(bundle, pair.privateKey, 'V3')
let folder: string
let attempts = 0

beforeAll(() => {
  folder = capgoFolder()
  writeFileSync(join(folder, 'payload'), release.payload)
})

const encrypt = ['encrypt', '-', '--key', '../.capgo_key_v2', '--public-key', '../.capgo_key_v2.pub', '--plugin-version', '8.51.14']
const decrypt = ['decrypt', '-', release.sessionKey, '--checksum', release.checksum, '--key', '../.capgo_key_v2.pub']

describe.runIf(process.platform !== 'win32')('a signal in the midst of the work leaves nothing behind', () => {
  it.each([
    ['encrypt to a file', 'SIGINT', [...encrypt, '-o', 'out'], bundle],
    ['encrypt over a file', 'SIGTERM', [...encrypt, '-o', 'old', '--force'], bundle],
    ['encrypt to stdout with CHECKSUM', 'SIGINT', [...encrypt, sha256(bundle), '-o', '-'], bundle],
    ['decrypt to a file', 'SIGHUP', [...decrypt, '-o', 'out'], release.payload],
    ['decrypt to stdout', 'SIGINT', [...decrypt, '-o', '-'], release.payload],
  ] as const)('%s, %s', async (_, signal, args, input) => {
    const cwd = join(folder, `attempt-${attempts++}`)
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'old'), 'the release before')
    const child = start(cwd, ['capgo', ...args], { TMPDIR: cwd })
    const end = ended(child)
    child.stdin?.on('error', () => undefined)
    child.stdin?.write(input.subarray(0, input.length / 2))
    await expect.poll(() => namesIn(cwd), { timeout: 20_000 }).toEqual([expect.stringMatching(TEMPORARY), 'old'])
    child.kill(signal)
    const run = await end
    expect([run.signal, run.bytes.length, namesIn(cwd)]).toEqual([signal, 0, ['old']])
  })
})
