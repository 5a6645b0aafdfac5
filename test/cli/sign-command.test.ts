import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { hangCommand, hasOpenssl, isRunning, signCommand, writePair } from '../signers/processes.js'
import { codeOf, content, ended, hasScript, json, namesIn, otaseal, program, release, start, temporaryFolder } from './cli.js'
import type { Run } from './cli.js'

const keys = { rsa: freshRsa(4096), ed25519: freshEd25519() }
let folder: string

beforeEach(() => {
  folder = temporaryFolder()
  writePair(folder, 'rsa', keys.rsa)
  writePair(folder, 'ed25519', keys.ed25519)
  writeFileSync(join(folder, 'app.bin'), content)
})

const flagsOf = (name: string, fault?: string): readonly string[] => ['--sign-command', signCommand(`${name}.pem`, fault), '--sign-key', `${name}.pub`]
const encrypt = async (...more: readonly string[]): Promise<Run> => otaseal(folder, ['encrypt', 'app.bin', ...release, ...more])
const signersOf = async (...trusted: readonly string[]): Promise<unknown> => {
  const flags = trusted.flatMap((name) => ['--key', `${name}.pub`])
  return json(await otaseal(folder, ['verify', 'app.bin.otaseal', '--app', 'com.example.app', ...flags, '--json']))['signers']
}

describe('encrypt --sign-command', () => {
  it.each(['rsa', 'ed25519'] as const)('signs with %s, whatever other keys are about', async (name) => {
    // Neither the default file nor the environment is looked at.
    writeFileSync(join(folder, '.otaseal_key'), 'no key')
    const args = ['encrypt', 'app.bin', ...release, ...flagsOf(name, 'base64')]
    expect(await otaseal(folder, args, { env: { OTASEAL_PRIVATE_KEY: 'no key', OTASEAL_PASSPHRASE: 'none' } })).toMatchObject({ code: 0 })
    expect(await signersOf(name)).toEqual([keys[name].kid])
    const decrypted = await otaseal(folder, ['decrypt', 'app.bin.otaseal', '--app', 'com.example.app', '--key', `${name}.pub`, '-o', '-'])
    expect(decrypted.bytes.equals(content)).toBe(true)
  })

  it('signs along with --key, and with further commands, each with its own key', async () => {
    await otaseal(folder, ['keygen', '--type', 'Ed25519', '-o', 'local'])
    const run = await encrypt('--key', 'local', ...flagsOf('rsa'), ...flagsOf('ed25519'), '--json')
    const { signatures } = json(run) as { readonly signatures: readonly { readonly alg: string }[] }
    expect(signatures.map(({ alg }) => alg)).toEqual(['Ed25519', 'PS256', 'Ed25519'])
    expect(await signersOf('rsa', 'ed25519')).toEqual(expect.arrayContaining([keys.rsa.kid, keys.ed25519.kid]))
  })

  it('asks an RSA key twice, and Ed25519 once', async () => {
    await encrypt(...flagsOf('rsa', 'count'), ...flagsOf('ed25519', 'count'))
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('xxx')
  })

  it('keeps the secrets of otaseal from the command', async () => {
    const env = { OTASEAL_PRIVATE_KEY: 'a', OTASEAL_PASSPHRASE: 'b', OTASEAL_READER_SECRET: Buffer.alloc(32, 7).toString('base64url'), OTHER: 'seen' }
    expect(await otaseal(folder, ['encrypt', 'app.bin', ...release, ...flagsOf('ed25519', 'environment')], { env })).toMatchObject({ code: 0 })
    const seen = Object.keys(JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')) as object)
    expect(seen.filter((name) => name.startsWith('OT'))).toEqual(['OTHER'])
  })

  it.skipIf(!hasOpenssl())('takes the openssl of docs/signers.md (skipped: there is no openssl 3 here)', async () => {
    const shown = readFileSync(new URL('../../docs/signers.md', import.meta.url), 'utf8')
    const [command = ''] = /^openssl pkeyutl .*$/m.exec(shown) ?? []
    expect(await encrypt('--sign-command', command.replace('KEY.pem', 'rsa.pem'), '--sign-key', 'rsa.pub')).toMatchObject({ code: 0 })
    expect(await signersOf('rsa')).toEqual([keys.rsa.kid])
  })
})

describe('what a command does wrong', () => {
  it.each([
    ['exit', 'the command of the signer rsa.pub failed with exit code 3'],
    ['kill', 'SIGKILL|exit code 137'],
    ['nothing', 'printed nothing'],
    ['much', 'printed more than 16384 bytes'],
    ['json', 'it must print a signature of 512 bytes, raw or as base64 text'],
    ['short', 'printed 511 bytes'],
    ['other-key', 'the signer rsa.pub gave a signature that its public key does not verify'],
    ['digest', 'does not verify'],
    ['pkcs1', 'does not verify'],
    ['salt-20', 'does not verify'],
    ['fixed-salt', 'the same signature twice'],
  ])('%s is refused as signer-failed, and leaves no envelope', async (fault, text) => {
    const run = await encrypt(...flagsOf('rsa', fault), '--json')
    expect([run.code, codeOf(run)]).toEqual([1, 'signer-failed'])
    expect((json(run)['error'] as { readonly message: string }).message).toMatch(new RegExp(text))
    expect(namesIn(folder).filter((name) => name.includes('otaseal'))).toEqual([])
    if (fault === 'exit') expect(run.stderr).toContain('the token said no')
  })

  it('a command that is not there is told', async () => {
    const run = await encrypt('--sign-command', 'otaseal-no-such-command', '--sign-key', 'rsa.pub')
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/refused \(signer-failed\): the command of the signer rsa.pub was not found \(exit code 127\)/)
  })

  it('an empty one is told in words', async () => {
    for (const command of ['', ' ']) {
      const run = await encrypt('--sign-command', command, '--sign-key', 'rsa.pub', '--json')
      expect([run.code, codeOf(run)]).toEqual([2, 'usage'])
      expect(run.stdout).toMatch(/--sign-command must be .*empty/)
      expect(run.stdout).not.toContain('(?=')
    }
  })

  it('its words are not repeated, for they may hold a PIN', async () => {
    const run = await encrypt('--sign-command', 'exit 5 # pin-1234', '--sign-key', 'rsa.pub', '--json')
    expect([run.code, codeOf(run)]).toEqual([1, 'signer-failed'])
    expect(run.stdout + run.stderr).not.toContain('1234')
  })
})

describe.runIf(process.platform !== 'win32')('a command that hangs', () => {
  const flags = (): readonly string[] => ['--sign-command', hangCommand('rsa.pem'), '--sign-key', 'rsa.pub']
  const pidOf = async (): Promise<number> => {
    await vi.waitFor(() => expect(existsSync(join(folder, 'hanging'))).toBe(true), { timeout: 20_000 })
    return Number(readFileSync(join(folder, 'hanging'), 'utf8'))
  }

  it('is ended after --sign-timeout', async () => {
    const run = await encrypt(...flags(), '--sign-timeout', '1', '--json')
    expect([run.code, codeOf(run)]).toEqual([1, 'signer-failed'])
    expect(run.stdout).toMatch(/within 1 seconds: .*--sign-timeout/)
    const pid = await pidOf()
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
    expect(namesIn(folder).filter((name) => name.includes('otaseal'))).toEqual([])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s to otaseal, which leaves no file', async (signal) => {
    const child = start(folder, ['encrypt', 'app.bin', ...release, ...flags()])
    const end = ended(child)
    const pid = await pidOf()
    child.kill(signal)
    expect((await end).signal).toBe(signal)
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
    expect(namesIn(folder).filter((name) => name.includes('otaseal'))).toEqual([])
  })
})

describe.skipIf(!hasScript())('on a terminal (skipped: there is no util-linux script here) a command', () => {
  const onTerminal = async (command: string, ...more: readonly string[]): Promise<Run> => {
    const args = ['encrypt', 'app.bin', ...release, '--sign-command', command, '--sign-key', 'ed25519.pub', ...more]
    const quoted = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
    const child = spawn('script', ['-qec', quoted, '/dev/null'], { cwd: folder, stdio: 'pipe' })
    child.stdin.write('1234\n')
    return ended(child).finally(() => child.stdin.destroy())
  }

  it('can ask for a PIN', async () => {
    const run = await onTerminal(`read pin < /dev/tty && test "$pin" = 1234 && ${signCommand('ed25519.pem')}`)
    expect(run.stdout).toContain('signed and encrypted')
    expect(run.code).toBe(0)
  })

  it('that hangs is ended too', async () => {
    const run = await onTerminal(`exec ${signCommand('ed25519.pem', 'hang')}`, '--sign-timeout', '1')
    expect(run.stdout).toContain('within 1 seconds')
    expect(run.code).toBe(1)
    const pid = Number(readFileSync(join(folder, 'hanging'), 'utf8'))
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
  })
})

describe('its flags', () => {
  const command = ['--sign-command', 'true'] as const

  it.each([
    ['no key', [...command], 'each --sign-command needs its --sign-key'],
    ['a key alone', ['--sign-key', 'rsa.pub'], '0 commands and 1 keys'],
    ['more commands than keys', [...command, ...command, '--sign-key', 'rsa.pub'], '2 commands and 1 keys'],
    ['a time limit alone', ['--sign-timeout', '5'], '--sign-timeout is for --sign-command'],
    ['a time limit of 0', [...command, '--sign-key', 'rsa.pub', '--sign-timeout', '0'], 'above 0 and at most 86400 seconds'],
    ['a passphrase for nothing', [...command, '--sign-key', 'rsa.pub', '--passphrase-file', 'x'], '--passphrase-file is for private keys'],
    ['an empty command', ['--sign-command', ' ', '--sign-key', 'rsa.pub'], 'command must'],
  ])('%s is wrong usage', async (_, flags, text) => {
    const run = await encrypt(...flags)
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(text)
  })

  it('a private key as --sign-key is refused, and a missing file told', async () => {
    const run = await encrypt(...command, '--sign-key', 'rsa.pem', '--json')
    expect([run.code, codeOf(run)]).toEqual([1, 'bad-key'])
    expect((await encrypt(...command, '--sign-key', 'none.pub')).stderr).toMatch(/cannot read none.pub: .*pass the public key of --sign-command/)
  })

  it('the public key is never replaced', async () => {
    const run = await encrypt(...flagsOf('rsa'), '-o', 'rsa.pub', '--force')
    expect(run.code).toBe(2)
    expect(readFileSync(join(folder, 'rsa.pub'), 'utf8')).toBe(keys.rsa.publicKey)
  })
})
