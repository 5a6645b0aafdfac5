import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeOf, json, otaseal } from './cli.js'
import { app, installedFiles, keyFolder, publish } from './manifest.js'
import type { AddressInfo } from 'node:net'
import type { Run } from './cli.js'

let cwd: string

beforeAll(async () => {
  cwd = await keyFolder()
  for (const sequence of [1, 2, 3]) await publish(cwd, { 'a.txt': `production ${sequence}` }, sequence, ['--channel', 'production', '-o', `${sequence}.otaseal`])
  for (const sequence of [1, 2, 4]) await publish(cwd, { 'a.txt': `beta ${sequence}` }, sequence, ['--channel', 'beta', '-o', `beta-${sequence}.otaseal`])
})

async function applyTo(folder: string, manifest: string, args: readonly string[] = []): Promise<Run> {
  return otaseal(cwd, ['manifest', 'apply', manifest, '--objects', 'objects', '-o', folder, '--key', '.otaseal_key.pub', ...app, ...args, '--json'])
}

/** Applies a manifest while `meanwhile` is done: between the look at what is installed and the lock on the folder. */
async function applyAfter(folder: string, manifest: string, args: readonly string[], meanwhile: () => Promise<Run>): Promise<Run> {
  const server = createServer((_, response) => {
    void meanwhile().then(({ code }) => response.writeHead(code === 0 ? 200 : 500).end(readFileSync(join(cwd, manifest))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await applyTo(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, args)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

describe('a release that another run installs meanwhile', () => {
  it.each<[string, string, readonly string[], string, string]>([
    ['in a folder where there was none', 'none', [], '2.otaseal', '3.otaseal'],
    ['in a folder where there was none, of the channel that is asked for', 'none-channel', ['--channel', 'production'], '2.otaseal', '3.otaseal'],
    ['of another channel, where none is asked for', 'any', [], '3.otaseal', 'beta-4.otaseal'],
    ['with the same sequence', 'same', [], '2.otaseal', 'beta-2.otaseal'],
  ])('is not replaced by an older one: %s', async (_, folder, args, older, newer) => {
    const run = await applyAfter(folder, older, args, async () => applyTo(folder, newer))
    expect(codeOf(run)).toBe('rollback')
    expect(json(await applyTo(folder, newer))).toMatchObject({ ok: true, wasInstalled: true })
  })

  it('is the same one: that is no failure', async () => {
    expect(json(await applyAfter('itself', '2.otaseal', [], async () => applyTo('itself', '2.otaseal')))).toMatchObject({ ok: true, wasInstalled: true })
  })

  it('is of another channel than the one that is asked for: it has a sequence of its own', async () => {
    const run = await applyAfter('channels', '2.otaseal', ['--channel', 'production'], async () => applyTo('channels', 'beta-4.otaseal'))
    expect(installedFiles(run)).toEqual({ 'a.txt': 'production 2' })
  })
})

describe('what is installed', () => {
  it('is compared with what comes, in its channel, or in all where none is asked for', async () => {
    expect((await applyTo('compared', '3.otaseal')).code).toBe(0)
    expect(codeOf(await applyTo('compared', 'beta-2.otaseal'))).toBe('rollback')
    expect(codeOf(await applyTo('compared', '2.otaseal', ['--channel', 'production']))).toBe('rollback')
    expect((await applyTo('compared', 'beta-2.otaseal', ['--channel', 'beta'])).code).toBe(0)
    expect(codeOf(await applyTo('compared', 'beta-1.otaseal', ['--channel', 'beta']))).toBe('rollback')
    expect((await applyTo('compared', 'beta-4.otaseal')).code).toBe(0)
  })

  it('is told to be the floor, unless nothing is compared', async () => {
    const notes = [await applyTo('notes', '2.otaseal'), await applyTo('notes', '3.otaseal'), await applyTo('notes', 'beta-1.otaseal', ['--channel', 'beta'])]
    expect(notes.map(({ stderr }) => stderr.includes('the sequence is not checked'))).toEqual([true, false, true])
  })
})

describe('--allow-rollback', () => {
  it('installs an older release, or another one of the same sequence, and tells that the sequence is not checked', async () => {
    await applyTo('back', '3.otaseal')
    const back = await applyTo('back', '2.otaseal', ['--allow-rollback'])
    expect(back.stderr).toContain('the sequence is not checked')
    expect(installedFiles(back)).toEqual({ 'a.txt': 'production 2' })
    expect(codeOf(await applyTo('back', 'beta-2.otaseal'))).toBe('rollback')
    expect(installedFiles(await applyTo('back', 'beta-2.otaseal', ['--allow-rollback']))).toEqual({ 'a.txt': 'beta 2' })
    expect(json(await applyTo('back', 'beta-2.otaseal', ['--allow-rollback']))).toMatchObject({ wasInstalled: true })
  })

  it('is not given together with a floor, and its help warns', async () => {
    expect(codeOf(await applyTo('never', '3.otaseal', ['--allow-rollback', '--last-sequence', '1']))).toBe('usage')
    const { stdout } = await otaseal(cwd, ['manifest', 'apply', '--help'])
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/--allow-rollback .*old releases.*only where you know why/)
  })

  it('does not let another app into the folder', async () => {
    await applyTo('foreign', '3.otaseal')
    await otaseal(cwd, ['manifest', 'create', 'dist', '--app', 'com.other', '--bundle-version', '1', '-o', 'foreign.otaseal'])
    const run = await otaseal(cwd, ['manifest', 'apply', 'foreign.otaseal', '--objects', 'objects', '-o', 'foreign', '--key', '.otaseal_key.pub', '--app', 'com.other', '--allow-rollback', '--json'])
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
  })
})
