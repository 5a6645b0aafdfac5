import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { capgoFolder, config, installPlugin, otherPair, pair } from './capgo.js'
import { codeOf, namesIn, otaseal, temporaryFolder } from './cli.js'

const V3 = ['--plugin-version', '8.51.14'] as const

describe('otaseal capgo encrypt asks by itself', () => {
  it('refuses the key of the configuration in this folder, and warns of one that it can not read', async () => {
    const project = capgoFolder()
    const run = async (): Promise<string> => {
      const { code, stderr, stdout } = await otaseal(project, ['capgo', 'encrypt', 'app.zip', ...V3, '--json', '--force'])
      return `${code ?? ''} ${stderr} ${stdout}`
    }
    expect(await run()).toMatch(/^0 .*no capacitor\.config.*--public-key/)
    writeFileSync(join(project, 'capacitor.config.json'), config(pair.publicKey))
    expect(await run()).toMatch(/^0 {2}\{"ok":true/)
    writeFileSync(join(project, 'capacitor.config.json'), config(undefined))
    expect(await run()).toMatch(/^0 .*warning.*no public key/)
    writeFileSync(join(project, 'capacitor.config.json'), config(otherPair.publicKey))
    expect(await run()).toMatch(/^1 .*capacitor\.config\.json: the private key belongs to another/)
    writeFileSync(join(project, 'capacitor.config.json'), config('no key'))
    expect(await run()).toMatch(/^1 .*capacitor\.config\.json: the text is no key/)
    const spki = createPublicKey(pair.publicKey).export({ type: 'spki', format: 'pem' }) as string
    writeFileSync(join(project, 'capacitor.config.json'), config(spki))
    expect(await run()).toMatch(/^0 .*warning.*Android apps crash/)
    writeFileSync(join(project, 'capacitor.config.ts'), 'export default make(process.env.KEY)')
    expect(await run()).toMatch(/^0 .*warning.*capacitor\.config\.ts.*--public-key/)
  })

  it('refuses an installed plugin whose version says nothing', async () => {
    const project = capgoFolder()
    installPlugin(project, 'workspace:*')
    const odd = await otaseal(project, ['capgo', 'encrypt', 'app.zip', '--json'])
    expect([odd.code, codeOf(odd)]).toEqual([1, 'unsupported'])
    expect(odd.stdout).toContain('capacitor-updater')
    installPlugin(project, undefined)
    expect(codeOf(await otaseal(project, ['capgo', 'encrypt', 'app.zip', '--json']))).toBe('io')
    expect(namesIn(project)).not.toContain('app.zip_encrypted.zip')
  })

  it('does not take a version range in package.json for a version', async () => {
    const project = capgoFolder()
    writeFileSync(join(project, 'package.json'), JSON.stringify({ dependencies: { '@capgo/capacitor-updater': '8.51.14' } }))
    expect(codeOf(await otaseal(project, ['capgo', 'encrypt', 'app.zip', '--json']))).toBe('usage')
  })
})

describe('help', () => {
  it.each(['keygen', 'encrypt', 'decrypt', 'check', 'identify'])('otaseal capgo %s --help has examples, and nothing of --key-data', async (command) => {
    const { code, stdout, stderr } = await otaseal(temporaryFolder(), ['capgo', command, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`$ otaseal capgo ${command}`)
    expect(stdout).not.toContain('--key-data')
  })

  it('otaseal capgo names all of them', async () => {
    const { code, stdout } = await otaseal(temporaryFolder(), ['capgo', '--help'])
    expect(code).toBe(0)
    for (const command of ['keygen', 'encrypt', 'decrypt', 'check', 'identify']) expect(stdout).toContain(`  ${command} [options]`)
  })
})
