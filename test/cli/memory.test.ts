import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
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

  it('is at most 128 MiB, whatever the size', { timeout: 120_000 }, async () => {
    const size = 192 * MIB
    mkdirSync(join(folder, 'www'))
    for (const name of ['large', 'www/a']) writeFileSync(join(folder, name), '')
    truncateSync(join(folder, 'large'), size)
    truncateSync(join(folder, 'www/a'), size)
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
