import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog, verifyAuditLog } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { badLog, record, write } from './audit.js'
import type { EnvelopeEvent } from '../../src/node.js'

const folder = temporaryFolder()
let path: string
let made = 0

beforeEach(() => {
  path = join(folder, `audit-${made++}.jsonl`)
})

describe('a log', () => {
  it('cut off in the middle of its last line is refused, and works again once it is cut as the message says', async () => {
    await write(path, 2)
    const whole = readFileSync(path)
    const second = whole.indexOf('\n') + 1
    for (let length = 1; length < whole.length; length += 7) {
      if (length === second) continue
      writeFileSync(path, whole.subarray(0, length))
      const kept = length > second ? second : 0
      await expect(openAuditLog(path)).rejects.toMatchObject(badLog(new RegExp(`truncate -s ${kept}\\)`)))
      expect(readFileSync(path)).toHaveLength(length)
      truncateSync(path, kept)
      await write(path, 1)
      expect(await verifyAuditLog(path)).toMatchObject({ records: kept === 0 ? 1 : 2 })
    }
  })

  it('cut off in the middle of a line after the longest one is refused as such', async () => {
    const log = await openAuditLog(path)
    const length = JSON.stringify({ n: 1, previous: '0'.repeat(64), event: { ...record(1), version: '' } }).length
    log.onEvent({ ...record(1), version: 'v'.repeat(65_536 - length) } as EnvelopeEvent)
    await log.close()
    appendFileSync(path, `{"n":2${'x'.repeat(65_000)}`)
    await expect(openAuditLog(path)).rejects.toMatchObject(badLog(/truncate -s 65537\)/))
  })

  const noLogs: readonly (readonly [what: string, content: string])[] = [
    ['a note', 'buy milk'],
    ['notes', 'buy milk\nand bread'],
    ['JSON', '{"n":1}'],
    ['lines of another program', '{"level":"info"}\n{"level":"in'],
    ['zeros, as a loss of power leaves them', '\0'.repeat(500)],
    ['lines that are too long', `${'x'.repeat(200_000)}\nx`],
  ]

  it.each(noLogs)('that is none, and has no newline at its end, is nothing to cut: %s', async (_, content) => {
    writeFileSync(path, content)
    await expect(openAuditLog(path)).rejects.toMatchObject(badLog(/is no audit log: pass another FILE$/))
    expect(readFileSync(path, 'utf8')).toBe(content)
  })
})
