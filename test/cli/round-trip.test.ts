import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeHead, splitEnvelope } from '../../src/index.js'
import { accept, content, json, namesIn, otaseal, release, temporaryFolder, workFolder } from './cli.js'

const checksum = createHash('sha256').update(content).digest('hex')
let folder: string

beforeAll(async () => {
  folder = await workFolder()
})

describe('a round trip', () => {
  it('of a file, with every claim', async () => {
    const claims = ['--sequence', '1763700000', '--channel', 'beta', '--runtime', 'ios-7', '--expires', '2999-12-31']
    const more = ['--meta', 'commit=a=b', '--meta', '__proto__=x', '--type', 'application/x-test', '--json']
    const encrypted = await otaseal(folder, ['encrypt', 'app.bin', ...release, ...claims, ...more])
    expect(encrypted).toMatchObject({ code: 0, stderr: '' })
    expect(json(encrypted)).toMatchObject({ ok: true, output: 'app.bin.otaseal', checksum, size: content.length })

    const { header } = decodeHead(splitEnvelope(readFileSync(join(folder, 'app.bin.otaseal'))).head)
    expect(header).toMatchObject({
      ...{ app: 'com.example.app', version: '1.4.0', sequence: 1763700000, channel: 'beta', runtime: 'ios-7' },
      ...{ expires: Date.UTC(2999, 11, 31) / 1000, bundle: { type: 'application/x-test' } },
    })
    expect(Object.entries(header.meta ?? {})).toEqual([['commit', 'a=b'], ['__proto__', 'x']])

    const checks = ['--channel', 'beta', '--last-sequence', '1763699999', '--runtime', 'ios-7', '--type', 'application/x-test']
    const decrypted = await otaseal(folder, ['decrypt', 'app.bin.otaseal', ...accept, ...checks, '-o', 'again', '--json'])
    expect(decrypted).toMatchObject({ code: 0, stderr: '' })
    expect(json(decrypted)).toMatchObject({ ok: true, output: 'again', version: '1.4.0', checksum })
    expect(readFileSync(join(folder, 'again'))).toEqual(content)

    const verified = await otaseal(folder, ['verify', 'app.bin.otaseal', ...accept, ...checks, '--json'])
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(json(verified)).toMatchObject({ ok: true, checksum })
  })

  it('names the bundle after the envelope, in its folder, with usual mode bits', async () => {
    const other = temporaryFolder()
    await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', join(other, 'app.zip.otaseal')])
    const run = await otaseal(folder, ['decrypt', join(other, 'app.zip.otaseal'), ...accept])
    expect(run.code).toBe(0)
    expect(namesIn(other)).toEqual(['app.zip', 'app.zip.otaseal'])
    if (process.platform !== 'win32') expect(statSync(join(other, 'app.zip')).mode & 0o733).toBe(0o600)
  })

  it('through pipes', async () => {
    const sealed = await otaseal(folder, ['encrypt', '-', ...release], { input: content })
    expect(sealed.code).toBe(0)
    const opened = await otaseal(folder, ['decrypt', '-', ...accept], { input: sealed.bytes })
    expect(opened.code).toBe(0)
    expect(opened.bytes).toEqual(content)
    expect(opened.stderr).toContain('verified and decrypted')
    expect(await otaseal(folder, ['verify', '-', ...accept], { input: sealed.bytes })).toMatchObject({ code: 0 })
  })

  it('of a file to stdout, and of nothing at all', async () => {
    writeFileSync(join(folder, 'empty'), '')
    const sealed = await otaseal(folder, ['encrypt', 'empty', ...release, '-o', '-'])
    const opened = await otaseal(folder, ['decrypt', '-', ...accept], { input: sealed.bytes })
    expect([sealed.code, opened.code, opened.bytes.length]).toEqual([0, 0, 0])
  })

  it('tells which checks are left out, on stderr', async () => {
    const { bytes } = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'])
    const { stderr, stdout } = await otaseal(folder, ['verify', '-', ...accept, '--json'], { input: bytes })
    expect(stderr).toContain('--channel')
    expect(stderr).toContain('--last-sequence')
    expect(JSON.parse(stdout)).toMatchObject({ ok: true })
    const quiet = await otaseal(folder, ['verify', '-', ...accept, '--last-sequence', '0', '--channel', 'x'], { input: bytes })
    expect(quiet.stderr).not.toContain('not checked')
  })

  it('has the media type of what it holds', async () => {
    writeFileSync(join(folder, 'www.ZIP'), content)
    const runs = await Promise.all(['www.ZIP', 'app.bin'].map(async (name) => otaseal(folder, ['encrypt', name, ...release, '-o', `${name}.2`, '--json'])))
    expect(runs.map((run) => json(run)['type'])).toEqual(['application/zip', 'application/octet-stream'])
  })

  it('shows progress and colours to nobody but people', async () => {
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'plain'], { env: { CI: 'true' } })
    expect(run.stdout + run.stderr).not.toContain('\u001b')
  })
})
