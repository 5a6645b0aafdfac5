import { beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from './cli.js'
import { keyFolder } from './trust-files.js'
import type { KeyFolder } from './trust-files.js'

let f: KeyFolder<'a' | 'b'>

beforeEach(() => {
  f = keyFolder('a', 'b')
})

describe('what is no trust store is told by what it is', () => {
  const others: readonly (readonly [what: string, text: (f: KeyFolder<'a' | 'b'>) => string, code: string, told: RegExp])[] = [
    ['a public key', ({ keys }) => keys.a.publicKey, 'bad-trust-store', /is a public key.*trust create/],
    ['a private key', ({ keys }) => keys.a.privateKey, 'bad-trust-store', /is a private key.*trust create/],
    ['an encrypted private key', () => '-----BEGIN ENCRYPTED PRIVATE KEY-----', 'bad-trust-store', /is a private key/],
    ['a public JWK', () => '{"kty":"OKP","crv":"Ed25519","x":""}', 'bad-trust-store', /is a public key \(JWK\)/],
    ['a private JWK', () => '{"kty":"OKP","crv":"Ed25519","x":"","d":""}', 'bad-trust-store', /is a private key \(JWK\)/],
    ['a JWKS', () => '{"keys":[{"kty":"OKP","crv":"Ed25519","x":""}]}', 'bad-trust-store', /is a key set \(JWKS\)/],
    ['a trust update', () => '{"payload":"","signatures":[]}', 'bad-trust-store', /trust update.*trust apply/],
    ['no JSON', () => 'epoch: 1', 'bad-trust-store', /not a JSON object/],
    ['a list', () => '[]', 'bad-trust-store', /not a JSON object/],
    ['an empty file', () => '', 'bad-trust-store', /not a JSON object/],
    ['a store with a member of later versions', (g) => JSON.stringify({ ...g.store(), more: 1 }), 'unsupported', /update it/],
    ['a store without a member', (g) => JSON.stringify({ ...g.store(), threshold: undefined }), 'bad-trust-store', /threshold/],
    ['a store with a private key', (g) => JSON.stringify({ ...g.store(), keys: [{ key: { ...g.store().keys[0]?.key, d: 'AA' }, status: 'active' }] }), 'bad-key', /private key/],
    ['what is too large', () => '{'.repeat(262_145), 'io', /larger than 262144 bytes/],
  ]

  it.each(others)('%s', async (_, text, code, told) => {
    f.make('trust.json', ['b'])
    f.write('other.json', text(f))
    const before = f.read('other.json')
    const run = await f.run('trust', 'set', 'other.json', '--min-sequence', '9', '--json')
    expect([run.code, codeOf(run)]).toEqual([1, code])
    expect(run.stdout).toMatch(told)
    expect(run.stdout).toContain('other.json')
    expect(f.read('other.json')).toBe(before)
    for (const line of f.keys.a.privateKey.split('\n').slice(1, 2)) expect(run.stdout + run.stderr).not.toContain(line)
  })

  it('a file that is missing, and a key in place of a file', async () => {
    const missing = await f.run('trust', 'list', 'none.json', '--json')
    expect([missing.code, codeOf(missing)]).toEqual([1, 'io'])
    const key = await f.run('trust', 'list', f.keys.a.privateKey, '--json')
    expect([key.code, codeOf(key)]).toEqual([2, 'usage'])
    expect(key.stdout + key.stderr).not.toContain(f.keys.a.privateKey.split('\n')[1])
  })
})
