import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { decryptPrivateKey, encryptPrivateKey } from '../../src/index.js'
import { accept, hasScript, json, otaseal, release, temporaryFolder, workFolder } from './cli.js'
import { typed } from './typed.js'

const word = 'hidden wörds 🔑'
const first = 'Passphrase for the private key:'
const again = 'The same passphrase again:'
const once = 'Passphrase of the private key:'
const sealing = `otaseal encrypt app.bin --key locked ${release.join(' ')} --force`
let folder: string

beforeAll(async () => {
  folder = await workFolder()
  const key = readFileSync(join(folder, '.otaseal_key'), 'utf8')
  writeFileSync(join(folder, 'locked'), await encryptPrivateKey(key, word, { iterations: 100_000 }), { mode: 0o600 })
})

describe.skipIf(!hasScript())('the prompt for a passphrase (skipped without script of util-linux)', () => {
  it('asks keygen twice, and shows nothing of what is typed', async () => {
    const empty = temporaryFolder()
    const run = await typed(empty, 'otaseal keygen --type Ed25519 --passphrase -o k', [[first, `${word}\r`], [again, `${word}\r`]])
    expect(run).toMatchObject({ code: 0, isRestored: true })
    expect(run.shown).not.toMatch(/hidden|wörds|🔑/)
    expect(await decryptPrivateKey(readFileSync(join(empty, 'k'), 'utf8'), word)).toContain('-----BEGIN PRIVATE KEY-----')
  })

  it('leaves stdout to the result', async () => {
    const empty = temporaryFolder()
    await typed(empty, 'otaseal keygen --type Ed25519 --passphrase -o k --json > out', [[first, 'a\r'], [again, 'a\r']])
    const stdout = readFileSync(join(empty, 'out'), 'utf8')
    expect(json({ stdout } as Parameters<typeof json>[0])).toMatchObject({ ok: true, encrypted: true, privateKeyFile: 'k' })
  })

  it('takes corrections, as terminals do', async () => {
    const run = await typed(folder, sealing, [[once, `x\x7f${word}y\x7f\r`]])
    expect(run).toMatchObject({ code: 0, isRestored: true, shown: expect.stringContaining('signed') as string })
  })

  it('asks encrypt once, and not at all where the passphrase is in the environment', async () => {
    const run = await typed(folder, sealing, [[once, `${word}\r`]])
    expect(run).toMatchObject({ code: 0, isRestored: true })
    expect(run.shown).not.toMatch(/hidden|wörds|🔑/)
    expect((await otaseal(folder, ['verify', 'app.bin.otaseal', ...accept])).code).toBe(0)
    const silent = await typed(folder, sealing, [], { OTASEAL_PASSPHRASE: word })
    expect(silent).toMatchObject({ code: 0 })
    expect(silent.shown).not.toContain(once)
  })

  it('refuses a wrong one, without repeating it', async () => {
    const run = await typed(folder, sealing, [[once, 'wrong words\r']])
    expect(run).toMatchObject({ code: 1, isRestored: true })
    expect(run.shown).toContain('refused (bad-key)')
    expect(run.shown).not.toContain('wrong words')
  })

  const refusals: readonly (readonly [string, readonly (readonly [string, string])[], number, string])[] = [
    ['two that differ', [[first, 'one word\r'], [again, 'another\r']], 2, 'differ'],
    ['an empty one', [[first, '\r'], [again, '\r']], 2, 'is empty'],
    ['the end of input', [[first, '\x04']], 2, 'no passphrase was typed'],
    ['the end of input at the second question', [[first, 'one word\r'], [again, '\x04']], 2, 'no passphrase was typed'],
    ['Ctrl-C', [[first, 'half of\x03']], 130, ''],
    ['Ctrl-C at the second question', [[first, 'one word\r'], [again, '\x03']], 130, ''],
  ]

  it.each(refusals)('ends at %s with nothing written and the terminal as it was', async (_, answers, code, said) => {
    const empty = temporaryFolder()
    const run = await typed(empty, 'otaseal keygen --type Ed25519 --passphrase -o k', answers)
    expect(run).toMatchObject({ code, isRestored: true })
    expect(run.shown).toContain(said)
    expect(run.shown).not.toMatch(/one word|another|half of|at Object|node:internal/)
    expect(existsSync(join(empty, 'k'))).toBe(false)
  })
})
