import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog, verifyAuditLog } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { badLog, digest, linesOf, record, write } from './audit.js'
import type { AuditLogOptions, EnvelopeEvent } from '../../src/node.js'

const folder = temporaryFolder()
let path: string
let made = 0

beforeEach(() => {
  path = join(folder, `audit-${made++}.jsonl`)
})

describe('the format', () => {
  it('is JSON lines, each with its number and the SHA-256 of the one before', async () => {
    await write(path, 3)
    const lines = linesOf(path)
    const zeros = '0'.repeat(64)
    const expected = lines.map((_, i) => JSON.stringify({ n: i + 1, previous: i === 0 ? zeros : digest(lines[i - 1] as string), event: record(i) }))
    expect(lines).toEqual(expected)
    expect(lines).toHaveLength(3)
  })

  it('has one line for a record, whatever is in it', async () => {
    const odd = { ...record(1), version: 'a\nb\r\u2028\u2029\u0000"\\\ud800\u{1f600}' }
    const log = await openAuditLog(path)
    log.onEvent(odd)
    log.onEvent(record(2))
    await log.close()
    expect(linesOf(path)).toHaveLength(2)
    expect(JSON.parse(linesOf(path)[0] as string)).toMatchObject({ event: odd })
    expect(await verifyAuditLog(path)).toMatchObject({ records: 2 })
  })

  it.runIf(process.platform !== 'win32')('is readable by the owner alone; a mode that is there is kept', async () => {
    await write(path, 1)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    writeFileSync(`${path}.old`, '', { mode: 0o644 })
    await write(`${path}.old`, 1)
    expect(statSync(`${path}.old`).mode & 0o777).toBe(0o644)
  })

  it('is in the file when onEvent returns, and its state can be noted', async () => {
    const log = await openAuditLog(pathToFileURL(path), { durable: true })
    expect(log.state()).toEqual({ records: 0, last: '0'.repeat(64) })
    for (let i = 0; i < 3; i++) {
      log.onEvent(record(i))
      expect(linesOf(path)).toHaveLength(i + 1)
      expect(log.state()).toEqual({ records: i + 1, last: digest(linesOf(path)[i] as string) })
    }
    await log.close()
  })
})

describe('an existing log', () => {
  it('is gone on with', async () => {
    for (let i = 0; i < 5; i++) await write(path, 2, 2 * i)
    expect(await verifyAuditLog(path)).toMatchObject({ records: 10, firstTime: record(0).time, lastTime: record(9).time })
  })

  it('may be larger than what is read of it, and have the longest line at its end', async () => {
    await write(path, 500)
    const log = await openAuditLog(path)
    const length = JSON.stringify({ n: 501, previous: '0'.repeat(64), event: { ...record(1), version: '' } }).length
    log.onEvent({ ...record(1), version: 'v'.repeat(65_536 - length) } as EnvelopeEvent)
    await log.close()
    expect(linesOf(path)[500]).toHaveLength(65_536)
    await write(path, 1)
    expect(await verifyAuditLog(path)).toMatchObject({ records: 502 })
  })

  const foreign: readonly (readonly [what: string, content: string])[] = [
    ['text', 'hello\n'],
    ['an empty line', '\n'],
    ['lines of another program', '{"n":1}\n'],
    ['a number that is none', `{"n":0,"previous":"${'0'.repeat(64)}","event":{"event":"x","time":1}}\n`],
    ['white space', `{"n":1, "previous":"${'0'.repeat(64)}","event":{"event":"x","time":1}}\n`],
    ['another order', `{"previous":"${'0'.repeat(64)}","n":1,"event":{"event":"x","time":1}}\n`],
    ['a record without a time', `{"n":1,"previous":"${'0'.repeat(64)}","event":{"event":"x"}}\n`],
    ['a line that is too long', `${'x'.repeat(200_000)}\n`],
    ['much without any line', 'x'.repeat(200_000)],
    ['deep nesting', `${'['.repeat(65_000)}\n`],
    ['zeros, as a loss of power leaves them', `${'\0'.repeat(500)}\n`],
  ]

  it.each(foreign)('that ends in %s is refused, and left as it is', async (_, content) => {
    writeFileSync(path, content)
    await expect(openAuditLog(path)).rejects.toMatchObject(badLog(/the last line of .* is none of an audit log/))
    expect(readFileSync(path, 'utf8')).toBe(content)
    if (content.endsWith('\n')) await expect(verifyAuditLog(path)).rejects.toMatchObject(badLog(/^line 1 is (malformed|longer)/))
  })
})

describe('what is no plain file', () => {
  it('a folder', async () => {
    mkdirSync(path)
    await expect(openAuditLog(path)).rejects.toMatchObject(badLog(/is no plain file/))
  })

  it.runIf(process.platform !== 'win32')('a symbolic link, also one that leads nowhere; a pipe; a device', async () => {
    await write(`${path}.target`, 1)
    const before = readFileSync(`${path}.target`)
    symlinkSync(`${path}.target`, path)
    symlinkSync(`${path}.missing`, `${path}.dangling`)
    spawnSync('mkfifo', [`${path}.pipe`])
    for (const name of [path, `${path}.dangling`, `${path}.pipe`, '/dev/null']) {
      await expect(openAuditLog(name), name).rejects.toMatchObject(badLog(/is no plain file/))
    }
    expect(readFileSync(`${path}.target`).equals(before)).toBe(true)
    expect(await verifyAuditLog(path), 'reading through a link does no harm').toMatchObject({ records: 1 })
  })

  it('a file of a folder that is not there', async () => {
    const missing = join(path, 'audit.jsonl')
    await expect(openAuditLog(missing)).rejects.toMatchObject({ code: 'ENOENT', path: missing })
    await expect(verifyAuditLog(missing)).rejects.toMatchObject({ code: 'ENOENT', path: missing })
    await expect(verifyAuditLog(folder)).rejects.toMatchObject({ code: 'EISDIR', path: folder })
  })
})

describe('a log that others touch', () => {
  it('is refused by the one of two writers that comes second, who writes nothing', async () => {
    const [one, two] = [await openAuditLog(path), await openAuditLog(path)]
    one.onEvent(record(1))
    const before = readFileSync(path)
    for (let i = 0; i < 2; i++) expect(() => two.onEvent(record(2))).toThrow(expect.objectContaining(badLog(/changed by another program/)))
    expect(readFileSync(path).equals(before)).toBe(true)
    one.onEvent(record(3))
    expect(await verifyAuditLog(path)).toMatchObject({ records: 2 })
    await Promise.all([one.close(), two.close()])
  })

  it('is refused where it was cut or written to', async () => {
    await write(path, 3)
    for (const touch of [() => truncateSync(path, 10), () => appendFileSync(path, '{}\n'), () => writeFileSync(path, '')]) {
      const log = await openAuditLog(`${path}.copy`).then(async (fresh) => {
        fresh.onEvent(record(0))
        await fresh.close()
        rmSync(path, { force: true })
        renameSync(`${path}.copy`, path)
        return openAuditLog(path)
      })
      touch()
      const before = readFileSync(path)
      expect(() => log.onEvent(record(9))).toThrow(expect.objectContaining(badLog(/changed by another program/)))
      expect(readFileSync(path).equals(before)).toBe(true)
      await log.close()
    }
  })

  it('is refused where it was removed or replaced; under another name it goes on', async () => {
    const log = await openAuditLog(path)
    log.onEvent(record(0))
    renameSync(path, `${path}.1`)
    log.onEvent(record(1))
    expect(await verifyAuditLog(`${path}.1`)).toMatchObject({ records: 2 })
    rmSync(`${path}.1`)
    expect(() => log.onEvent(record(2))).toThrow(expect.objectContaining(badLog(/was removed or replaced/)))
    await log.close()
  })
})

describe('misuse', () => {
  it.each([undefined, null, 7, 'head-signed', [], {}, { event: 'x' }, { time: 1 }, { event: 'x', time: -1 }, () => undefined])('record %o', async (event) => {
    const log = await openAuditLog(path)
    expect(() => log.onEvent(event as unknown as EnvelopeEvent)).toThrow(TypeError)
    expect(readFileSync(path)).toHaveLength(0)
    await log.close()
  })

  it('a record that is too long, a closed log, wrong options', async () => {
    const log = await openAuditLog(path)
    expect(() => log.onEvent({ ...record(1), version: 'v'.repeat(70_000) } as EnvelopeEvent)).toThrow(RangeError)
    log.onEvent(record(1))
    await log.close()
    await log.close()
    expect(() => log.onEvent(record(2))).toThrow(TypeError)
    await expect(openAuditLog(path, { durable: 'yes' } as unknown as AuditLogOptions)).rejects.toThrow(TypeError)
    expect(await verifyAuditLog(path)).toMatchObject({ records: 1 })
  })
})
