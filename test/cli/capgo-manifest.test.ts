import { brotliDecompressSync } from 'node:zlib'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyAndDecryptCapgoManifest } from '../../src/capgo.js'
import { capgoFolder, cliChecksum, cliDecrypt, expectRefusal, pair, sha256 } from './capgo.js'
import { json, namesIn, otaseal } from './cli.js'

interface Entry {
  readonly file_name: string
  readonly file_hash: string
  readonly file: string
}

const V3 = ['--plugin-version', '8.51.14', '--public-key', '.capgo_key_v2.pub'] as const
const text = Buffer.from('<html>an app</html>'.repeat(1000))
let folder: string

beforeAll(() => {
  folder = capgoFolder()
  for (const name of ['dist/js', 'space', 'nothing', 'taken']) mkdirSync(join(folder, name), { recursive: true })
  const put = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(folder, name), bytes)
  put('dist/index.html', text)
  put('dist/js/app.js', 'run()')
  put('dist/empty.txt', '')
  put('dist/old.js.br', 'compressed')
  put('space/a b.html', 'hello')
  put('nothing/empty.txt', '')
  put('file', 'no folder')
})

describe('otaseal capgo encrypt --manifest', () => {
  it('makes the ZIP and the files of one release, which the Capgo CLI and this library read', async () => {
    const run = await otaseal(folder, ['capgo', 'encrypt', 'dist', ...V3, '--manifest', 'delta', '--json'])
    expect(run.code).toBe(0)
    const { ivSessionKey, filename, manifestFolder, manifestFiles } = json(run)
    expect({ filename, manifestFolder, manifestFiles }).toEqual({ filename: 'dist_encrypted.zip', manifestFolder: 'delta', manifestFiles: 2 })
    expect(run.stderr.match(/warning: dist.(empty\.txt|old\.js\.br) /g)).toHaveLength(2)
    const list = JSON.parse(readFileSync(join(folder, 'delta', 'manifest.json'), 'utf8')) as readonly Entry[]
    expect(list.map(({ file_name }) => file_name)).toEqual(['index.html.br', 'js/app.js'])
    expect(namesIn(join(folder, 'delta'))).toEqual([...list.map(({ file }) => file), 'manifest.json'].sort())
    const payloads = list.map(({ file }) => readFileSync(join(folder, 'delta', file)))
    const [page, script] = payloads.map((payload) => cliDecrypt(payload, ivSessionKey as string, pair.publicKey)) as [Buffer, Buffer]
    expect(brotliDecompressSync(page).equals(text)).toBe(true)
    expect(script.toString()).toBe('run()')
    expect(list.map(({ file_hash }) => cliChecksum(file_hash, 'V3', pair.publicKey))).toEqual([sha256(text), sha256(Buffer.from('run()'))])
    expect(cliDecrypt(readFileSync(join(folder, 'dist_encrypted.zip')), ivSessionKey as string, pair.publicKey).subarray(0, 2).toString()).toBe('PK')
    const files = list.map((entry, i) => ({ ...entry, payload: payloads[i] as Buffer }))
    const read: string[] = []
    for await (const { path } of verifyAndDecryptCapgoManifest(files, { publicKey: pair.publicKey, sessionKey: ivSessionKey as string })) read.push(path)
    expect(read).toEqual(['index.html', 'js/app.js'])
  })

  const cases: readonly (readonly [what: string, exit: 1 | 2, code: string, says: string, args: readonly string[]])[] = [
    ['a file in place of a folder', 2, 'usage', '--manifest is for a folder', ['file', ...V3, '--manifest', 'new', '-o', 'out']],
    ['a folder that exists', 1, 'io', 'taken exists already', ['dist', ...V3, '--manifest', 'taken', '-o', 'out']],
    ['a folder in the one that is packed', 2, 'usage', 'lies inside', ['dist', ...V3, '--manifest', 'dist/new', '-o', 'out']],
    ['a folder in none', 1, 'io', 'cannot write no/new', ['dist', ...V3, '--manifest', 'no/new', '-o', 'out']],
    ['one name for both', 2, 'usage', 'two names', ['dist', ...V3, '--manifest', 'out', '-o', './out']],
    ['a name that devices can not keep', 1, 'malformed-release', 'space', ['space', ...V3, '--manifest', 'new', '-o', 'out']],
    ['a folder of empty files', 1, 'io', 'leave --manifest out', ['nothing', ...V3, '--manifest', 'new', '-o', 'out']],
    ['a plugin that can not load files one by one', 1, 'unsupported', '`otaseal capgo encrypt`', ['dist', '--plugin-version', '7.0.20', '--manifest', 'new', '-o', 'out']],
  ]
  it.each(cases)('refuses %s, and writes neither ZIP nor folder', async (_, exit, code, says, args) => expectRefusal(folder, ['encrypt', ...args], { exit, code, says }))
})
