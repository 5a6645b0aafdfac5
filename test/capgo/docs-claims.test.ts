import { createDecipheriv } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  checksumFormOf, encryptForCapgo, encryptManifestForCapgo, readCapgoConfig, verifyAndDecryptCapgo, verifyAndDecryptCapgoManifest,
} from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'
import { blockOf, rawOpen } from './hostile.js'
import type { CapgoFile, CapgoManifestFile } from '../../src/capgo.js'

/* What docs/capgo.md says, held against the code. */

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const page = textOf('../../docs/capgo.md')
const { publicKey, privateKey } = cliKeyPair()

/** The rows of the first table below a heading, as cells. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const [, rest = ''] = page.split(`\n${heading}\n`)
  const [, table = ''] = /^(\|[^]*?)\n(?!\|)/m.exec(rest) ?? []
  return table.split('\n').slice(2).map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()))
}

/** The version just before the first of a minor or patch line. */
function before(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return patch > 0 ? `${major}.${minor}.${patch - 1}` : `${major}.${minor - 1}.99`
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

async function manifestOf(files: readonly CapgoFile[], pluginVersion = '8.51.14'): Promise<{ readonly sessionKey: string; readonly list: readonly CapgoManifestFile[] }> {
  const { sessionKey, files: made } = await encryptManifestForCapgo(files, { privateKey, pluginVersion })
  return { sessionKey, list: await listOf(made) }
}

describe('which plugin reads what', () => {
  const [v2 = [], v3 = []] = rowsBelow('### Which plugin reads what')

  test('V2 is read from and up to the versions that the table has, and nothing before', () => {
    const ranges = [...(v2[0] ?? '').matchAll(/(\d+\.\d+\.\d+) to (\d+\.\d+)/g)]
    expect(ranges).toHaveLength(3)
    for (const [, first = '', last = ''] of ranges) {
      expect([checksumFormOf(first), checksumFormOf(`${last}.99`), v2[1]]).toEqual(['V2', 'V2', '`V2`'])
      expect(() => checksumFormOf(before(first))).toThrow(/can't read this format/)
    }
  })

  test('V3 is read from the versions on that the table has', () => {
    const firsts = [...(v3[0] ?? '').matchAll(/(\d+\.\d+\.\d+) and later/g)].map(([, first = '']) => first)
    expect(firsts).toHaveLength(3)
    for (const first of firsts) expect([checksumFormOf(before(first)), checksumFormOf(first), v3[1]]).toEqual(['V2', 'V3', '`V3`'])
    expect(v3[0]).toContain('all 8.x')
    expect(checksumFormOf('8.0.0')).toBe('V3')
  })

  test('single files are read, and compressed ones kept, from the versions on that the table has', async () => {
    const file = [{ path: 'app.js', bytes: new Uint8Array(10_000) }]
    const rows = rowsBelow('## Delta updates')
    expect(rows).toHaveLength(4)
    for (const [, reads = '', keeps = ''] of rows) {
      const [firstRead = '', firstKept = ''] = [reads, keeps].map((cell) => cell.replace('from ', ''))
      expect((await manifestOf(file, firstRead)).list[0]?.file_name).toBe('app.js')
      expect((await manifestOf(file, before(firstKept))).list[0]?.file_name).toBe('app.js')
      expect((await manifestOf(file, firstKept)).list[0]?.file_name).toBe('app.js.br')
      if (!firstRead.endsWith('.0.0')) await expect(manifestOf(file, before(firstRead))).rejects.toMatchObject({ code: 'unsupported' })
    }
  })
})

test('the codes of notes are those of the checker', () => {
  const [, type = ''] = /type CapgoNoteCode =([^]*?)\n\n/.exec(textOf('../../src/capgo/check-release-notes.ts')) ?? []
  const codes = [...type.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(5)
  expect(rowsBelow('### On a server').map(([code]) => code?.replaceAll('`', '')).sort()).toEqual(codes.sort())
})

describe('the format', () => {
  test('an RSA block has as many bytes of each kind as the table says', async () => {
    const rows = rowsBelow('### The RSA block').map((row) => row.slice(1).map(Number))
    const [start, padding, separator, value, all] = rows
    const opened = async (form: 'V2' | 'V3'): Promise<readonly Buffer[]> => {
      const { sessionKey, checksum } = await encryptForCapgo(new Uint8Array(100), { privateKey, checksumForm: form })
      const signedKey = Buffer.from(sessionKey.split(':')[1] as string, 'base64')
      return [signedKey, Buffer.from(checksum, form === 'V3' ? 'hex' : 'base64')].map((signature) => rawOpen(signature, publicKey))
    }
    const [[session, v3], [, v2]] = [await opened('V3'), await opened('V2')]
    for (const [i, block] of [session, v3, v2].entries()) {
      const size = value?.[i] ?? 0
      expect(block?.equals(blockOf(block.subarray(-size)))).toBe(true)
      expect([start?.[i], padding?.[i], separator?.[i], all?.[i]]).toEqual([2, 253 - size, 1, block?.length])
    }
    expect(value).toEqual([16, 32, 48])
  })

  test('the other sizes are those of the table', async () => {
    const sizes = new Map(rowsBelow('## The format').map(([item = '', size = '']) => [item, Number.parseInt(size, 10)]))
    const release = await encryptForCapgo(new Uint8Array(160), { privateKey, checksumForm: 'V3' })
    const { checksum } = await encryptForCapgo(new Uint8Array(160), { privateKey, checksumForm: 'V2' })
    expect(release.payload).toHaveLength(176)
    expect(release.sessionKey).toHaveLength(sizes.get("`session_key` (the CLI's `ivSessionKey`)") as number)
    expect([release.checksum.length, checksum.length]).toEqual([sizes.get('checksum, form V3'), sizes.get('checksum, form V2')])
    expect([release.keyId.length, release.keyId.slice(0, 12)]).toEqual([sizes.get('key id'), 'MIIBCgKCAQEA'])
    const der = Buffer.from(publicKey.replace(/-----.*-----/g, ''), 'base64')
    expect([der.length, der.toString('base64').length]).toEqual([270, 360])
  })
})

describe('what the format does not protect', () => {
  const common = Buffer.alloc(1000, 'the same beginning')
  const [one, other] = [Buffer.concat([common, Buffer.from('one')]), Buffer.concat([common, Buffer.from('other')])]

  test('another IV changes the first 16 bytes of the content, bit for bit, and no other: the checksum finds it', async () => {
    const { payload, sessionKey, checksum } = await encryptForCapgo(one, { privateKey, checksumForm: 'V3' })
    const [iv = '', signedKey = ''] = sessionKey.split(':')
    const changed = Buffer.from(iv, 'base64').map((byte, i) => byte ^ i)
    const key = rawOpen(Buffer.from(signedKey, 'base64'), publicKey).subarray(-16)
    const decipher = createDecipheriv('aes-128-cbc', key, changed)
    const content = Buffer.concat([decipher.update(payload), decipher.final()])
    expect(content.equals(Buffer.from(one.map((byte, i) => (i < 16 ? byte ^ i : byte))))).toBe(true)
    const fields = { publicKey, sessionKey: `${Buffer.from(changed).toString('base64')}:${signedKey}`, checksum }
    await expect(verifyAndDecryptCapgo(payload, fields)).rejects.toMatchObject({ code: 'bad-checksum' })
  })

  test('two files of a release that begin alike have payloads that begin alike, in blocks of 16 bytes', async () => {
    const { list } = await manifestOf([{ path: 'one', bytes: one }, { path: 'other', bytes: other }, { path: 'again', bytes: one }])
    const [a, b, again] = list.map(({ payload }) => Buffer.from(payload))
    const blocks = Math.floor(common.length / 16)
    expect(a?.subarray(0, 16 * blocks).equals(b?.subarray(0, 16 * blocks) as Buffer)).toBe(true)
    expect(a?.subarray(16 * blocks).equals(b?.subarray(16 * blocks) as Buffer)).toBe(false)
    expect(a?.equals(again as Buffer)).toBe(true)
  })

  test('a file that does not change has the same hash in every release', async () => {
    const [first, second] = [await manifestOf([{ path: 'one', bytes: one }]), await manifestOf([{ path: 'one', bytes: one }])]
    expect(first.sessionKey).not.toBe(second.sessionKey)
    expect(first.list[0]?.file_hash).toBe(second.list[0]?.file_hash)
  })

  test('a file under the name of another one is read, and so is a release without one of its files', async () => {
    const { sessionKey, list } = await manifestOf([{ path: 'one', bytes: one }, { path: 'other', bytes: other }])
    const renamed = list.slice(0, 1).map((file) => ({ ...file, file_name: 'other' }))
    const read = await listOf(verifyAndDecryptCapgoManifest(renamed, { publicKey, sessionKey }))
    expect(read.map(({ path, bytes }) => [path, one.equals(bytes)])).toEqual([['other', true]])
  })
})

test('a bundle lies in memory that is as much longer as its padding, a payload in memory of its own', async () => {
  expect(page).toContain('`bundle` lies in memory that is 1 to 16 bytes longer')
  for (const size of [15, 16]) {
    const { payload, sessionKey, checksum } = await encryptForCapgo(new Uint8Array(size), { privateKey, checksumForm: 'V3' })
    const { bundle } = await verifyAndDecryptCapgo(payload, { publicKey, sessionKey, checksum })
    expect([payload.buffer.byteLength, bundle.buffer.byteLength]).toEqual([payload.length, payload.length])
    expect(bundle.buffer.byteLength - bundle.length).toBe(16 - (size % 16))
  }
})

test('a configuration may have as many characters as the page says, and no more', () => {
  const [, most = ''] = /A text of more than ([\d,]+) characters is `too-large`/.exec(page) ?? []
  for (const [file, start] of [['capacitor.config.json', '{}'], ['capacitor.config.ts', 'export default {}']] as const) {
    const characters = Number(most.replaceAll(',', ''))
    expect(readCapgoConfig(start.padEnd(characters), file)).toEqual({ hasPrivateKey: false })
    expect(() => readCapgoConfig(start.padEnd(characters + 1), file)).toThrow(expect.objectContaining({ code: 'too-large' }))
  }
})

test('paths that are refused when writing alone are those of the page', async () => {
  const [, most = ''] = /a part of more than (\d+) bytes/.exec(page) ?? []
  const longest = 'a'.repeat(Number(most))
  expect((await manifestOf([{ path: longest, bytes: new Uint8Array(1) }])).list[0]?.file_name).toBe(longest)
  const { sessionKey, list } = await manifestOf([{ path: 'a', bytes: new Uint8Array(1) }])
  for (const path of [`${longest}a`, 'a b', '~a', 'a%41', 'a\u0308']) {
    await expect(manifestOf([{ path, bytes: new Uint8Array(1) }])).rejects.toMatchObject({ code: 'malformed-release' })
    const renamed = list.map((file) => ({ ...file, file_name: path }))
    expect((await listOf(verifyAndDecryptCapgoManifest(renamed, { publicKey, sessionKey })))[0]?.path).toBe(path)
  }
})

test('each test that the table of weaknesses names is there', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const sources = readdirSync(folder).filter((name) => name.endsWith('.test.ts')).map((name) => textOf(name))
  const rows = rowsBelow('### What this library closes')
  const weaknesses = [...page.matchAll(/^### (W\d+): /gm)].map(([, number]) => number)
  expect(rows.map(([number]) => number)).toEqual(weaknesses)
  const named = rows.flatMap((cells) => (cells.at(-1) ?? '').split('; ')).filter((name) => name !== '')
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter((name) => !sources.some((source) => source.includes(`'${name.replaceAll("'", "\\'")}'`)))).toEqual([])
})
