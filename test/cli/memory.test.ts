import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { encryptFileForCapgo } from '../../src/node.js'
import { cliKeyPair } from '../capgo/helpers.js'
import { accept, release, start, workFolder } from './cli.js'
import type { ChildProcess } from 'node:child_process'

const MIB = 2 ** 20
let folder: string

beforeAll(async () => {
  folder = await workFolder()
})

describe('memory', () => {
  /** The most memory that a command ever had, in bytes. */
  async function peakOf(args: readonly string[], input?: string): Promise<number> {
    const report = join(folder, 'peak')
    const hook = join(folder, 'hook.cjs')
    writeFileSync(hook, `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)))`)
    const child = start(folder, args, { NODE_OPTIONS: `--require ${JSON.stringify(hook)}` })
    if (input === undefined) child.stdin?.end()
    else if (child.stdin !== null) spawn('cat', [join(folder, input)], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout.pipe(child.stdin)
    child.stdout?.resume()
    const { code, stderr } = await endedQuietly(child)
    expect([code, stderr.includes('refused')]).toEqual([0, false])
    return Number(readFileSync(report, 'utf8')) * 1024
  }

  beforeAll(() => {
    mkdirSync(join(folder, 'www'))
    for (const name of ['large', 'www/a']) {
      writeFileSync(join(folder, name), '')
      truncateSync(join(folder, name), 192 * MIB)
    }
  })

  it('is at most 128 MiB, whatever the size', { timeout: 120_000 }, async () => {
    const peaks = {
      'encrypt a file': await peakOf(['encrypt', 'large', ...release]),
      'decrypt a file': await peakOf(['decrypt', 'large.otaseal', ...accept, '-o', 'again']),
      'verify a file': await peakOf(['verify', 'large.otaseal', ...accept]),
      'encrypt a folder': await peakOf(['encrypt', 'www', ...release]),
      'encrypt a stream': await peakOf(['encrypt', '-', ...release], 'large'),
      'decrypt a stream': await peakOf(['decrypt', '-', ...accept], 'large.otaseal'),
      'inspect a stream': await peakOf(['inspect', '-'], 'large.otaseal'),
    }
    for (const [what, peak] of Object.entries(peaks)) expect(peak / MIB, what).toBeLessThan(128)
  })

  it('is no more for releases in the format of deployed Capgo plugins', { timeout: 120_000 }, async () => {
    const { publicKey, privateKey } = cliKeyPair()
    writeFileSync(join(folder, '.capgo_key_v2'), privateKey, { mode: 0o600 })
    writeFileSync(join(folder, '.capgo_key_v2.pub'), publicKey)
    const { sessionKey, checksum } = await encryptFileForCapgo(join(folder, 'large'), join(folder, 'payload'), { privateKey, checksumForm: 'V3' })
    const form = ['--checksum-form', 'V3', '-o']
    const fields = [sessionKey, '--checksum', checksum, '-o']
    const peaks = {
      'encrypt a file': await peakOf(['capgo', 'encrypt', 'large', ...form, 'encrypted']),
      'encrypt a folder': await peakOf(['capgo', 'encrypt', 'www', ...form, 'encrypted-folder']),
      'encrypt a stream': await peakOf(['capgo', 'encrypt', '-', ...form, '-'], 'large'),
      'decrypt a file': await peakOf(['capgo', 'decrypt', 'payload', ...fields, 'decrypted']),
      'decrypt a stream': await peakOf(['capgo', 'decrypt', '-', ...fields, '-'], 'payload'),
    }
    for (const [what, peak] of Object.entries(peaks)) expect(peak / MIB, what).toBeLessThan(128)
  })
})

/** Without keeping what it prints. */
async function endedQuietly(child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const err: Buffer[] = []
  child.stderr?.on('data', (part: Buffer) => err.push(part))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr: Buffer.concat(err).toString() }))
  })
}
