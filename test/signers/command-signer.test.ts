import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readSigner } from '../../src/build/signer.js'
import { commandSigner, nodeBackend } from '../../src/node.js'
import { ascii } from '../../src/text.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, refusal } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { hangCommand, hasOpenssl, isRunning, processSigner, signCommand, writePair } from './processes.js'
import type { CommandSignerOptions, Signer } from '../../src/node.js'
import type { AbortSignalLike } from '../../src/options.js'

const rsa = freshRsa(4096)
const ed25519 = freshEd25519()
const keys = [rsa, ed25519].map((key) => ({ alg: key.alg, key }))
const message = ascii('the bytes that a head is signed over')
let folder: string

const fileOf = (key: typeof rsa): string => join(folder, `${key.alg}.pem`)
const commandOf = async (key: typeof rsa, fault = 'none', more: Partial<CommandSignerOptions> = {}): Promise<Signer> =>
  commandSigner(`cd "${folder}" && ${signCommand(fileOf(key), fault)}`, { publicKey: key.publicKey, name: 'the agent', ...more })

async function signWith(signer: Signer, signal?: AbortSignalLike): Promise<boolean> {
  const { publicKey, sign } = await readSigner(signer, nodeBackend, signal)
  return nodeBackend.verify(publicKey, await sign(message), message)
}

beforeAll(() => {
  folder = temporaryFolder()
  for (const key of [rsa, ed25519]) writePair(folder, key.alg, key)
})

describe.each(keys)('A signer of $alg in a process of its own', ({ key }) => {
  test('signs', async () => {
    expect(await signWith(processSigner(key, fileOf(key)))).toBe(true)
  })

  test.each(['short', 'other-key', 'nothing', 'exit', 'kill', ...(key.alg === 'PS256' ? ['fixed-salt'] : [])])(
    'is refused for the fault %s',
    async (fault) => expectRefused(async () => signWith(processSigner(key, fileOf(key), fault, folder)), 'signer-failed'),
  )

  test('is ended where it hangs', async () => {
    const cwd = temporaryFolder()
    await expectRefused(async () => signWith({ ...processSigner(key, fileOf(key), 'hang', cwd), timeout: 1 }), 'signer-failed', /within 1 seconds/)
    const pid = Number(readFileSync(join(cwd, 'hanging'), 'utf8'))
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
  })
})

describe.each(keys)('A command of $alg', ({ key }) => {
  const length = key.alg === 'PS256' ? 512 : 64

  test.each(['none', 'base64', 'base64url', 'lines'])('may print its signature in the form %s', async (form) => {
    expect(await signWith(await commandOf(key, form))).toBe(true)
  })

  const faults: readonly (readonly [string, RegExp])[] = [
    ['exit', /^the command of the signer the agent failed with exit code 3: its own messages say why$/],
    ['kill', /^the command of the signer the agent (was ended by SIGKILL|failed with exit code 137)/],
    ['nothing', /printed nothing: it must print the signature/],
    ['much', /printed more than 16384 bytes/],
    ['hex', new RegExp(`printed base64 of ${(length * 2 * 3) / 4} bytes: it must print a signature of ${length} bytes`)],
    ['json', /printed \d+ bytes: it must print a signature/],
    ['short', new RegExp(`printed ${length - 1} bytes: it must print a signature of ${length} bytes`)],
    ['raw-and-newline', new RegExp(`printed ${length + 1} bytes`)],
    ['short-base64', new RegExp(`printed base64 of ${length - 3} bytes`)],
    ['other-key', /^the signer the agent gave a signature that its public key does not verify/],
    ['other-bytes', /does not verify/],
    ['digest', /does not verify/],
    ...(key.alg === 'PS256' ? ([['pkcs1', /does not verify/], ['salt-20', /does not verify/], ['fixed-salt', /same signature twice/]] as const) : []),
  ]

  test.each(faults)('is refused for the fault %s', async (fault, text) => {
    await expectRefused(async () => signWith(await commandOf(key, fault)), 'signer-failed', text)
  })
})

describe('A command', () => {
  test('that is not there, or can not be run, is told as the shell says it', async () => {
    const run = async (command: string): Promise<boolean> => signWith(await commandSigner(command, { publicKey: ed25519.publicKey }))
    const missing = await refusal(async () => run('otaseal-no-such-command 2>&1'))
    expect(missing).toMatchObject({ code: 'signer-failed', message: expect.stringMatching(`^the command of the signer ${ed25519.kid} was not found \\(exit code 127\\)`) as string })
    writeFileSync(join(folder, 'plain'), 'no program', { mode: 0o644 })
    await expectRefused(async () => run(`"${join(folder, 'plain')}" 2>/dev/null`), 'signer-failed', /could not be run \(exit code 126\)/)
  })

  test('that does not read its stdin signs all the same, and a pipe of commands signs', async () => {
    writeFileSync(join(folder, 'message'), message)
    const given = `${signCommand(fileOf(ed25519), 'base64')} < "${join(folder, 'message')}"`
    for (const command of [given, `${given} | cat`]) {
      expect(await signWith(await commandSigner(command, { publicKey: ed25519.publicKey }))).toBe(true)
    }
  })

  test('gets long messages whole', async () => {
    const long = new Uint8Array(1_000_000).fill(7)
    const { publicKey, sign } = await readSigner(await commandOf(ed25519), nodeBackend)
    expect(await nodeBackend.verify(publicKey, await sign(long), long)).toBe(true)
    await expectRefused(async () => (await readSigner(await commandOf(ed25519, 'exit'), nodeBackend)).sign(long), 'signer-failed', /exit code 3/)
    const deaf = await commandSigner('exit 4', { publicKey: ed25519.publicKey })
    await expectRefused(async () => (await readSigner(deaf, nodeBackend)).sign(long), 'signer-failed', /exit code 4/)
  })

  test('gets the environment without the secrets of otaseal', async () => {
    const secrets = ['OTASEAL_PRIVATE_KEY', 'OTASEAL_PASSPHRASE', 'OTASEAL_READER_SECRET']
    // Windows tells no such names apart.
    secrets.push('Otaseal_Passphrase')
    for (const name of [...secrets, 'OTHER']) vi.stubEnv(name, 'a value')
    expect(await signWith(await commandOf(ed25519, 'environment'))).toBe(true)
    vi.unstubAllEnvs()
    const seen = JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')) as Record<string, string>
    expect(seen['OTHER']).toBe('a value')
    expect(Object.keys(seen)).toContain('PATH')
    expect(Object.keys(seen).filter((name) => secrets.includes(name))).toEqual([])
  })

  test.runIf(process.platform !== 'win32')('that leaves a process which holds its stdout has signed all the same', async () => {
    const stays = 'sleep 30 & echo $! > "$0"; '
    for (const [form, outcome] of [['base64', true], ['nothing', /printed nothing/], ['exit', /exit code 3/]] as const) {
      const file = join(folder, `agent-${form}`)
      const command = `sh -c '${stays}' "${file}"; ${signCommand(fileOf(ed25519), form)}`
      const signing = async (): Promise<boolean> => signWith(await commandSigner(command, { publicKey: ed25519.publicKey, timeout: 15 }))
      const started = Date.now()
      if (outcome === true) expect(await signing()).toBe(true)
      else await expectRefused(signing, 'signer-failed', outcome)
      expect(Date.now() - started).toBeLessThan(10_000)
      const pid = Number(readFileSync(file, 'utf8'))
      expect(isRunning(pid)).toBe(true)
      process.kill(pid)
    }
  })

  test.runIf(process.platform !== 'win32')('that hangs is ended with all that it started, after its time limit and by a signal', async () => {
    for (const how of ['the limit', 'a signal']) {
      const cwd = temporaryFolder()
      const controller = new AbortController()
      const command = `cd "${cwd}"; ${hangCommand(fileOf(ed25519))}`
      const signing = signWith(await commandSigner(command, { publicKey: ed25519.publicKey, timeout: how === 'the limit' ? 1 : 100 }), controller.signal)
      const outcome = refusal(async () => signing)
      await vi.waitFor(() => expect(existsSync(join(cwd, 'hanging'))).toBe(true), { timeout: 10_000 })
      const pid = Number(readFileSync(join(cwd, 'hanging'), 'utf8'))
      if (how === 'a signal') controller.abort()
      expect((await outcome).code).toBe(how === 'a signal' ? 'aborted' : 'signer-failed')
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false))
    }
  })

  test('is text, and its key is a public one', async () => {
    const { publicKey } = ed25519
    await expect(commandSigner(5 as never, { publicKey })).rejects.toThrow(TypeError)
    for (const command of ['', '  ', 'a\0b']) await expect(commandSigner(command, { publicKey })).rejects.toThrow(/^command must be what the shell can run/)
    await expect(commandSigner('true', undefined as never)).rejects.toThrow(TypeError)
    await expectRefused(async () => commandSigner('true', { publicKey: ed25519.privateKey }), 'bad-key')
  })
})

test.skipIf(!hasOpenssl())('openssl signs (skipped: there is no openssl 3 here)', async () => {
  const pss = '-rawin -digest sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32'
  const command = `openssl pkeyutl -sign -inkey "${fileOf(rsa)}" ${pss}`
  expect(await signWith(await commandSigner(command, rsa))).toBe(true)
  expect(await signWith(await commandSigner(`${command} | openssl base64`, rsa))).toBe(true)
  const wrong = await commandSigner(command.replace('saltlen:32', 'saltlen:20'), rsa)
  await expectRefused(async () => signWith(wrong), 'signer-failed', /does not verify/)
})
