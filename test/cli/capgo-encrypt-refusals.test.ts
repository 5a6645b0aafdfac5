import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { capgoFolder, config, digest, expectRefusal, otherPair, pair } from './capgo.js'
import type { Refusal } from './capgo.js'

const V3 = ['--plugin-version', '8.51.14'] as const
const secret = pair.privateKey.replace(/\n/g, '')
const out = ['-o', 'out.zip'] as const
let folder: string

beforeAll(() => {
  folder = capgoFolder()
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  put('empty', '')
  put('taken', 'precious')
  put('other.json', config(otherPair.publicKey))
  put('none.json', config(undefined))
  put('own.json', config(pair.publicKey))
  put('runs.ts', 'export default { plugins: { CapacitorUpdater: { publicKey: process.env.KEY } } }')
  mkdirSync(join(folder, 'dist'))
  mkdirSync(join(folder, 'with-key'))
  put('dist/index.html', 'hello')
  put('with-key/.capgo_key_v2', pair.privateKey)
})

async function refused(args: readonly string[], refusal: Refusal): Promise<void> {
  await expectRefusal(folder, ['encrypt', ...args], refusal)
  expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('precious')
}

describe('otaseal capgo encrypt refuses, and writes nothing', () => {
  const cases: readonly (readonly [what: string, exit: 1 | 2, code: string, says: string, args: readonly string[]])[] = [
    ['a key pair that is not the app\'s', 1, 'bad-key', 'other.pub', ['app.zip', ...V3, '--public-key', 'other.pub', ...out]],
    ['the same of a configuration', 1, 'bad-key', 'other.json', ['app.zip', ...V3, '--config', 'other.json', ...out]],
    ['a configuration without a key', 1, 'bad-key', 'plugins.CapacitorUpdater.publicKey', ['app.zip', ...V3, '--config', 'none.json', ...out]],
    ['a configuration that only its run would tell', 1, 'bad-key', 'runs.ts', ['app.zip', ...V3, '--config', 'runs.ts', ...out]],
    ['a configuration of another kind', 2, 'usage', '--config must end in', ['app.zip', ...V3, '--config', 'taken', ...out]],
    ['two places of the app\'s key', 2, 'usage', 'one of --public-key and --config', ['app.zip', ...V3, '--config', 'own.json', '--public-key', 'other.pub', ...out]],
    ['no version at all', 2, 'usage', '--checksum-form V2 before', ['app.zip', ...out]],
    ['a range', 1, 'unsupported', '--plugin-version', ['app.zip', '--plugin-version', '^8.0.0', ...out]],
    ['a word for a version', 1, 'unsupported', '--plugin-version', ['app.zip', '--plugin-version', 'latest', ...out]],
    ['a version of which nothing is known', 1, 'unsupported', '--checksum-form V3', ['app.zip', '--plugin-version', '9.0.0', ...out]],
    ['a version that reads no encrypted release', 1, 'unsupported', '5.10.0', ['app.zip', '--plugin-version', '5.9.0', ...out]],
    ['a version and a form', 2, 'usage', 'pass one of', ['app.zip', ...V3, '--checksum-form', 'V3', ...out]],
    ['a form that does not exist', 2, 'usage', 'V2 or V3', ['app.zip', '--checksum-form', 'V4', ...out]],
    ['another CHECKSUM', 1, 'bad-checksum', digest, ['app.zip', digest.replace(/^./, (c) => (c === '0' ? '1' : '0')), ...V3, ...out]],
    ['a CHECKSUM that is none', 2, 'usage', '64 hex digits', ['app.zip', 'cafe1234', ...V3, ...out]],
    ['an existing output', 1, 'io', '--force', ['app.zip', ...V3, '-o', 'taken']],
    ['an output that is the input', 2, 'usage', 'is an input', ['app.zip', ...V3, '-o', 'app.zip', '--force']],
    ['an output that is the key', 2, 'usage', 'is an input', ['app.zip', ...V3, '--key', 'other', '-o', 'other', '--force']],
    ['an output named as a private key', 1, 'io', 'private key', ['app.zip', ...V3, '--key', 'other', '-o', '.capgo_key_v2', '--force']],
    ['an output in the folder that is packed', 2, 'usage', 'lies inside', ['dist', ...V3, '-o', 'dist/out.zip']],
    ['a private key in the folder', 1, 'io', 'private key', ['with-key', ...V3, ...out]],
    ['a private key as the file', 1, 'io', 'private key', ['other', ...V3, ...out]],
    ['an empty file', 1, 'malformed-release', 'empty', ['empty', ...V3, ...out]],
    ['a missing file', 1, 'io', 'missing.zip', ['missing.zip', ...V3, ...out]],
    ['a missing key', 1, 'io', 'OTASEAL_CAPGO_PRIVATE_KEY', ['app.zip', ...V3, '--key', 'missing', ...out]],
    ['a public key for the private one', 1, 'bad-key', '.capgo_key_v2.pub', ['app.zip', ...V3, '--key', '.capgo_key_v2.pub', ...out]],
    ['a key as the name of its file', 2, 'usage', 'an argument is a key', ['app.zip', ...V3, '--key', pair.privateKey, ...out]],
    ['a key in --key-data', 2, 'usage', 'OTASEAL_CAPGO_PRIVATE_KEY', ['app.zip', ...V3, '--key-data', pair.privateKey, ...out]],
    ['a key without newlines in --key-data', 2, 'usage', 'OTASEAL_CAPGO_PRIVATE_KEY', ['app.zip', ...V3, '--key-data', secret, ...out]],
    ['a key as CHECKSUM', 2, 'usage', 'an argument is a key', ['app.zip', pair.privateKey, ...V3, ...out]],
    ['JSON and the payload both to stdout', 2, 'usage', 'stdout', ['app.zip', ...V3, '-o', '-']],
  ]
  it.each(cases)('%s', async (_, exit, code, says, args) => refused(args, { exit, code, says }))

  it('a key in the environment that is none, by the name of the variable', async () => {
    const env = { OTASEAL_CAPGO_PRIVATE_KEY: 'abc' }
    await refused(['app.zip', ...V3, ...out], { exit: 1, code: 'bad-key', says: 'OTASEAL_CAPGO_PRIVATE_KEY', env })
  })

  it('a file that has another CHECKSUM in place of an old one, which stays', async () => {
    await refused(['app.zip', '0'.repeat(64), ...V3, '-o', 'taken', '--force'], { exit: 1, code: 'bad-checksum', says: digest })
  })
})
