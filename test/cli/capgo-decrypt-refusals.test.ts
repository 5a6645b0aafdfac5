import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cliRelease } from '../capgo/helpers.js'
import { capgoFolder, digest, expectRefusal, otherPair, pair, zip } from './capgo.js'
import { otaseal } from './cli.js'
import type { Refusal } from './capgo.js'

const { payload, sessionKey, checksum } = cliRelease(zip, pair.privateKey, 'V3')
let folder: string

beforeAll(() => {
  folder = capgoFolder()
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(folder, name), bytes)
  put('payload', payload)
  put('damaged', payload.map((byte, i) => (i === 1000 ? byte ^ 1 : byte)))
  put('short', payload.subarray(0, -16))
  put('odd', payload.subarray(0, -1))
  put('empty', '')
  put('taken', 'precious')
  put('package.json', '{}')
})

async function refused(args: readonly string[], refusal: Refusal): Promise<void> {
  await expectRefusal(folder, ['decrypt', ...args], refusal)
  expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('precious')
}

describe('otaseal capgo decrypt refuses, and leaves no file', () => {
  const other = cliRelease(zip, otherPair.privateKey, 'V3')
  const foreign = cliRelease(Buffer.from('another bundle'), pair.privateKey, 'V3')
  const key = ['--key', '.capgo_key_v2.pub'] as const
  const cases: readonly (readonly [what: string, exit: 1 | 2, code: string, says: string, args: readonly string[]])[] = [
    ['a missing session key', 2, 'usage', 'ivsessionkey', ['payload', '--checksum', checksum, ...key]],
    ['an empty session key', 1, 'malformed-release', 'no session key', ['payload', '', '--checksum', checksum, ...key]],
    ['a damaged session key', 1, 'malformed-release', 'session key', ['payload', sessionKey.slice(1), '--checksum', checksum, ...key]],
    ['no checksum', 2, 'usage', '--checksum', ['payload', sessionKey, ...key]],
    ['an empty checksum', 1, 'malformed-release', 'no checksum', ['payload', sessionKey, '--checksum', '', ...key]],
    ['a checksum that nobody signed', 1, 'malformed-release', 'nobody signed', ['payload', sessionKey, '--checksum', digest, ...key]],
    ['the session key of another key pair', 1, 'bad-signature', 'session key', ['payload', other.sessionKey, '--checksum', checksum, ...key]],
    ['the checksum of another key pair', 1, 'bad-signature', 'checksum', ['payload', sessionKey, '--checksum', other.checksum, ...key]],
    ['the checksum of other content', 1, 'bad-checksum', 'another release', ['payload', sessionKey, '--checksum', foreign.checksum, ...key]],
    ['the session key of another release', 1, 'bad-checksum', 'another release', ['payload', foreign.sessionKey, '--checksum', checksum, ...key]],
    ['another public key', 1, 'bad-signature', 'key pair', ['payload', sessionKey, '--checksum', checksum, '--key', 'other.pub']],
    ['a private key for the public one', 1, 'bad-key', 'other', ['payload', sessionKey, '--checksum', checksum, '--key', 'other']],
    ['a damaged payload', 1, 'bad-checksum', 'damaged', ['damaged', sessionKey, '--checksum', checksum, ...key]],
    ['a payload without its end', 1, 'bad-checksum', 'damaged', ['short', sessionKey, '--checksum', checksum, ...key]],
    ['a payload with half a block', 1, 'truncated', 'multiple of 16', ['odd', sessionKey, '--checksum', checksum, ...key]],
    ['no payload', 1, 'truncated', 'empty', ['empty', sessionKey, '--checksum', checksum, ...key]],
    ['a plugin that reads the other form', 1, 'unsupported', 'V2', ['payload', sessionKey, '--checksum', checksum, ...key, '--plugin-version', '7.29.0']],
    ['a version and a place to find one', 2, 'usage', 'pass one of', ['payload', sessionKey, '--checksum', checksum, ...key, '--plugin-version', '8.0.0', '--package-json', 'x']],
    ['a place without the plugin', 2, 'usage', 'node_modules', ['payload', sessionKey, '--checksum', checksum, ...key, '--package-json', 'package.json']],
    ['a public key in --key-data', 2, 'usage', 'OTASEAL_CAPGO_PUBLIC_KEY', ['payload', sessionKey, '--checksum', checksum, '--key-data', pair.publicKey]],
    ['an existing output', 1, 'io', '--force', ['payload', sessionKey, '--checksum', checksum, ...key, '-o', 'taken']],
    ['an output that is the payload', 2, 'usage', 'is an input', ['payload', sessionKey, '--checksum', checksum, ...key, '-o', 'payload', '--force']],
    ['a missing file', 1, 'io', 'missing', ['missing', sessionKey, '--checksum', checksum, ...key]],
  ]
  it.each(cases)('%s', async (_, exit, code, says, args) => refused(args, { exit, code, says }))

  it('to stdout too: nothing of a refused bundle comes out', async () => {
    const run = await otaseal(folder, ['capgo', 'decrypt', 'damaged', sessionKey, '--checksum', checksum, ...key, '-o', '-'])
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toContain('refused (bad-checksum)')
  })

  it('--force does not replace a file by a refused bundle', async () => {
    await refused(['damaged', sessionKey, '--checksum', checksum, ...key, '-o', 'taken', '--force'], { exit: 1, code: 'bad-checksum', says: 'damaged' })
  })
})
