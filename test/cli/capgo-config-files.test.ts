import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCapgoConfig } from '../../src/capgo.js'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, config, expectRefusal, pair, zip } from './capgo.js'
import { json, otaseal, temporaryFolder } from './cli.js'

const { payload, sessionKey, checksum } = cliRelease(zip, pair.privateKey, 'V3')
const computed = 'export default { plugins: { CapacitorUpdater: { publicKey: process.env.KEY } } }'
const encrypt = ['encrypt', 'app.zip', '--plugin-version', '8.51.14', '-o', 'out.zip'] as const
const decrypt = ['decrypt', 'payload', sessionKey, '--checksum', checksum, '-o', 'out.zip'] as const
const check = ['check', 'payload', sessionKey, '--checksum', checksum] as const
let folder: string

/** A configuration of this length with the key. */
function padded(length: number): string {
  const text = config(pair.publicKey)
  return text + ' '.repeat(length - text.length)
}

beforeAll(() => {
  folder = capgoFolder()
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(folder, name), bytes)
  put('payload', payload)
  put('latin.json', Buffer.from('{ "appName": "caf\xe9" }', 'latin1'))
  put('latin.ts', Buffer.from('export default { appName: "caf\xe9" }', 'latin1'))
  put('large.json', padded(2 ** 18))
  put('long.json', padded(2 ** 18 + 1))
  put('larger.json', padded(2 ** 20 + 1))
  put('computed.ts', computed)
  put('broken.json', '{')
})

describe('a configuration that is not UTF-8', () => {
  it.each(['latin.json', 'latin.ts'])('is refused, and stays as it is: %s', async (name) => {
    const before = readFileSync(join(folder, name))
    for (const args of [['keygen', '-o', 'k'], encrypt, decrypt, check]) {
      await expectRefusal(folder, [...args, '--config', name], { exit: 1, code: 'io', says: `${name} is not UTF-8: save it as UTF-8` })
    }
    expect(readFileSync(join(folder, name)).equals(before)).toBe(true)
  })

  it('is no matter of other characters or of a byte order mark, which stay', async () => {
    const place = temporaryFolder()
    const before = '\ufeff{ "appName": "café 🚀 \ufffd" }'
    writeFileSync(join(place, 'c.json'), before)
    const run = await otaseal(place, ['capgo', 'keygen', '--config', 'c.json', '--json'])
    expect(json(run)).toMatchObject({ ok: true, configWritten: true })
    const after = readFileSync(join(place, 'c.json'), 'utf8')
    expect(after.startsWith(before.slice(0, -2))).toBe(true)
    expect(readCapgoConfig(after, 'c.json').publicKey).toBe(readFileSync(join(place, '.capgo_key_v2.pub'), 'utf8'))
  })
})

describe('a configuration', () => {
  it('may have 262,144 characters, and no more; of 1 MiB no more is read', async () => {
    expect(json(await otaseal(folder, ['capgo', ...decrypt, '--config', 'large.json', '--force', '--json']))).toMatchObject({ ok: true })
    await expectRefusal(folder, [...decrypt, '--config', 'long.json', '--force'], { exit: 1, code: 'too-large', says: 'long.json: the configuration is longer' })
    for (const args of [['keygen', '-o', 'k'], encrypt, check]) {
      await expectRefusal(folder, [...args, '--config', 'larger.json'], { exit: 1, code: 'io', says: 'larger.json is larger than 1048576 bytes' })
    }
  })

  it.runIf(process.platform !== 'win32')('is a file: nobody waits for a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.json')])
    for (const args of [['keygen', '-o', 'k'], encrypt, check, ['identify', 'payload']]) {
      await expectRefusal(folder, [...args, '--config', 'pipe.json'], { exit: 1, code: 'io', says: 'pipe.json: it is neither a file nor a link to one' })
    }
  })
})

describe('the advice for a configuration that only its run would tell', () => {
  const messageOf = async (args: readonly string[], name: string): Promise<string> => {
    const run = await otaseal(folder, ['capgo', ...args, '--config', name, '--json'])
    const { error } = json(run) as { readonly error?: { readonly message: string } }
    return error?.message ?? run.stderr
  }

  it('names the flag of the public key that the command has', async () => {
    for (const name of ['computed.ts', 'broken.json']) {
      expect(await messageOf(encrypt, name)).toMatch(/pass the public key itself as --public-key FILE$/)
      for (const args of [decrypt, check, ['identify', 'payload']]) expect(await messageOf(args, name)).toMatch(/pass the public key itself as --key FILE$/)
    }
  })

  it('names none for keygen, which takes no public key', async () => {
    expect(await messageOf(['keygen', '-o', 'k'], 'broken.json')).toMatch(/mend capacitor\.config\.json$/)
    const warning = await messageOf(['keygen', '-o', 'k'], 'computed.ts')
    expect(warning).toContain('without running it; if it has a public key')
  })

  it('is no flag at all in the library', () => {
    expect(() => readCapgoConfig(computed, 'c.ts')).toThrow(/pass the public key itself, for example the text of \.capgo_key_v2\.pub$/)
  })
})
