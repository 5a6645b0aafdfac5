import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeOf, content, json, otaseal, release, temporaryFolder } from './cli.js'
import { inDays } from './trust-files.js'
import type { Run } from './cli.js'

let folder: string
const run = async (...args: readonly string[]): Promise<Run> => otaseal(folder, args)
const app = ['--app', 'com.example.app'] as const

beforeAll(async () => {
  folder = temporaryFolder()
  writeFileSync(join(folder, 'app.bin'), content)
  writeFileSync(join(folder, 'pass'), 'correct horse', { mode: 0o600 })
})

describe('a release key is delegated to, stolen and revoked', () => {
  it('from the first key to the last refusal', async () => {
    const done = async (...args: readonly string[]): Promise<Run> => {
      const { code, stderr, ...more } = await run(...args)
      if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
      return { code, stderr, ...more }
    }
    await done('keygen', '--type', 'Ed25519', '-o', 'root', '--passphrase-file', 'pass')
    await done('keygen', '--type', 'Ed25519', '-o', 'ci')
    await done('trust', 'create', '--key', 'root.pub', '--min-sequence', '1000', '-o', 'embedded.json')
    const link = await done('delegate', 'ci.pub', '--key', 'root', '--passphrase-file', 'pass', '--not-after', inDays(90), ...app, '--json')
    const { root, delegate } = json(link) as { readonly root: string; readonly delegate: string }
    await done('encrypt', 'app.bin', ...release, '--sequence', '2000', '--key', 'ci', '--chain', 'ci.link', '--root', 'root.pub')

    const opened = await done('decrypt', 'app.bin.otaseal', '--key', 'embedded.json', ...app, '-o', 'opened.bin', '--json')
    expect(json(opened)).toMatchObject({ sequence: 2000, signers: [root] })
    expect(readFileSync(join(folder, 'opened.bin')).equals(content)).toBe(true)
    expect(opened.stderr).toMatch(/minSequence alone, 1000.*--last-sequence/)

    const shown = json(await done('inspect', 'app.bin.otaseal'))
    expect(shown['links']).toMatchObject([{ alg: 'Ed25519', signer: root, delegate, apps: ['com.example.app'] }])
    expect(shown).toMatchObject({ signatures: [{ kid: delegate }], slots: [root], slotAlgorithms: ['A256KW'] })

    const proven = json(await done('inspect', 'app.bin.otaseal', '--key', 'embedded.json', ...app))
    expect(proven).toMatchObject({ verified: true, signers: [root], links: [{ signer: root, delegate }] })

    writeFileSync(join(folder, 'next.json'), readFileSync(join(folder, 'embedded.json')))
    await done('trust', 'revoke', 'next.json', 'ci.pub', '--min-sequence', '2000')
    const signed = await done('trust', 'sign', 'next.json', '--key', 'root', '--passphrase-file', 'pass', '--old', 'embedded.json', '--json')
    expect(json(signed)).not.toHaveProperty('refusal')
    await done('trust', 'apply', 'next.update.json', '--trust', 'embedded.json', '-o', 'device.json')

    await done('encrypt', 'app.bin', ...release, '--sequence', '3000', '--key', 'ci', '--chain', 'ci.link', '--root', 'root.pub', '-o', 'thief.otaseal')
    for (const name of ['app.bin.otaseal', 'thief.otaseal']) {
      const refused = await run('decrypt', name, '--key', 'device.json', ...app, '-o', 'refused.bin', '--json')
      expect([refused.code, codeOf(refused)]).toEqual([1, 'revoked-key'])
    }
    await done('encrypt', 'app.bin', ...release, '--sequence', '3001', '--key', 'root', '--passphrase-file', 'pass', '-o', 'root.otaseal')
    await done('verify', 'root.otaseal', '--key', 'device.json', ...app)
  })
})

describe('--key takes a trust store', () => {
  it('whose minSequence is a floor, also without --last-sequence', async () => {
    await run('trust', 'set', 'device.json', '--min-sequence', '3001')
    const refused = await run('verify', 'root.otaseal', '--key', 'device.json', ...app, '--json')
    expect(codeOf(refused)).toBe('rollback')
    const both = await run('verify', 'root.otaseal', '--key', 'embedded.json', ...app, '--last-sequence', '3001', '--json')
    expect(codeOf(both)).toBe('rollback')
    expect(both.stderr).not.toContain('minSequence')
  })

  it('from the environment', async () => {
    const env = { OTASEAL_PUBLIC_KEY: readFileSync(join(folder, 'embedded.json'), 'utf8') }
    expect(await otaseal(folder, ['verify', 'root.otaseal', ...app], { env })).toMatchObject({ code: 0 })
  })

  it.each([
    ['usage', ['--key', 'embedded.json', '--key', 'root.pub']],
    ['usage', ['--key', 'root.pub', '--key', 'embedded.json']],
    ['bad-trust-store', ['--key', 'jwks.json']],
    ['bad-trust-store', ['--key', 'broken.json']],
    ['bad-trust-store', ['--key', 'next.update.json']],
  ])('%s: %j', async (code, flags) => {
    writeFileSync(join(folder, 'jwks.json'), '{"keys":[{"kty":"OKP","crv":"Ed25519","x":""}]}')
    writeFileSync(join(folder, 'broken.json'), readFileSync(join(folder, 'embedded.json'), 'utf8').replace('"epoch": 1', '"epoch": 0'))
    for (const command of ['verify', 'decrypt', 'inspect']) {
      const refused = await run(command, 'root.otaseal', ...flags, ...app, '--json', ...(command === 'decrypt' ? ['-o', 'never.bin'] : []))
      expect([command, codeOf(refused)]).toEqual([command, code])
    }
  })

  it('and a tolerance for the clock', async () => {
    await run('encrypt', 'app.bin', ...release, '--key', 'root', '--passphrase-file', 'pass', '--expires', new Date(Date.now() - 60_000).toISOString(), '-o', 'late.otaseal')
    const args = ['verify', 'late.otaseal', '--key', 'embedded.json', ...app]
    expect(codeOf(await run(...args, '--json'))).toBe('expired')
    expect((await run(...args, '--clock-tolerance', '3600')).code).toBe(0)
    const wrong = await run(...args, '--clock-tolerance', '604801')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--clock-tolerance')])
  })
})
