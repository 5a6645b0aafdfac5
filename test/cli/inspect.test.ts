import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { printable } from '../../src/cli/text.js'
import { accept, codeOf, hasScript, json, otaseal, program, release, workFolder } from './cli.js'

let folder: string

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['keygen', '--type', 'secret'])
  const meta = ['--meta', 'note=\u001b[2Jcleared\u202e', '--meta', 'commit=abc']
  const more = ['--sequence', '1763700000', '--reader', '.otaseal_secret', '-o', 'app.otaseal']
  await otaseal(folder, ['encrypt', 'app.bin', ...release, ...meta, ...more])
  const bytes = readFileSync(join(folder, 'app.otaseal'))
  writeFileSync(join(folder, 'bad.otaseal'), bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)))
})

describe('otaseal inspect, piped', () => {
  it('prints the head as JSON, and that nothing is verified', async () => {
    const run = await otaseal(folder, ['inspect', 'app.otaseal'])
    expect(run.code).toBe(0)
    expect(run.stderr).toContain('NOT VERIFIED')
    const secret = json(await otaseal(folder, ['keygen', '--type', 'secret', '-o', 'other', '--json']))
    const shown = json(run)
    expect(shown).toMatchObject({
      ...{ ok: true, verified: false, notice: expect.stringMatching(/^NOT VERIFIED/) as string },
      ...{ app: 'com.example.app', version: '1.4.0', sequence: 1763700000, size: 420_000, chunk: 262_144, chunks: 2 },
      ...{ type: 'application/octet-stream', meta: { commit: 'abc' }, signatures: [{ alg: 'Ed25519' }] },
    })
    expect(shown['slots']).toHaveLength(1)
    expect(shown['slots']).not.toContain(secret['kid'])
    expect(shown).not.toHaveProperty('checksum')
  })

  it('names the slot as keygen named the secret', async () => {
    const made = json(await otaseal(folder, ['keygen', '--type', 'secret', '-o', 'third', '--json']))
    await otaseal(folder, ['encrypt', 'app.bin', ...release, '--reader', 'third', '--reader', '.otaseal_secret', '-o', 'two.otaseal'])
    const { slots } = json(await otaseal(folder, ['inspect', 'two.otaseal']))
    expect(slots).toHaveLength(2)
    expect(slots).toContain(made['kid'])
  })

  it('verifies all of it where a key is given', async () => {
    const run = await otaseal(folder, ['inspect', 'app.otaseal', ...accept, '--reader', '.otaseal_secret'])
    expect(run.code).toBe(0)
    expect(json(run)).toMatchObject({ verified: true, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(run.stdout + run.stderr).not.toContain('NOT VERIFIED')
  })

  it.each([
    ['bad.otaseal', 'bad-chunk', [...accept, '--reader', '.otaseal_secret']],
    ['app.otaseal', 'no-reader-key', accept],
    ['app.otaseal', 'wrong-app', ['--key', '.otaseal_key.pub', '--app', 'x']],
    ['app.bin', 'not-an-envelope', []],
  ])('refuses %s: %s', async (name, code, args) => {
    const run = await otaseal(folder, ['inspect', name, ...args])
    expect([run.code, codeOf(run)]).toEqual([1, code])
  })
})

describe.runIf(hasScript())('otaseal inspect, on a terminal', () => {
  const onTerminal = (args: string): string => {
    const command = `'${process.execPath}' '${program}' ${args}`
    return execFileSync('script', ['-qec', `${command} || true`, '/dev/null'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  it('begins with NOT VERIFIED, and no publisher steers the terminal', () => {
    const text = onTerminal('inspect app.otaseal')
    expect(text).toMatch(/^NOT VERIFIED/)
    expect(text).toContain('1763700000 (2025-11-21T04:40:00Z)')
    expect(text).toContain('\\u{1b}[2Jcleared\\u{202e}')
    expect(text).not.toContain('\u001b[2J')
  })

  it('shows what was refused, under its verdict', () => {
    const text = onTerminal('inspect bad.otaseal --key .otaseal_key.pub --app com.example.app --channel x')
    expect(text).toContain('NOT VERIFIED: refused (wrong-channel)')
    expect(text).not.toMatch(/^VERIFIED/m)
  })

  it('encrypt does not write an envelope to it', () => {
    expect(onTerminal('encrypt app.bin --app a --bundle-version 1 -o -')).toContain('stdout is a terminal')
  })
})

it('makes every invisible character visible', () => {
  expect(printable('a\n\u0007\u009b\u200b\u2028\u{e0001}é日')).toBe('a\\u{a}\\u{7}\\u{9b}\\u{200b}\\u{2028}\\u{e0001}é日')
})
