import { appendFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { folderFiles } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, pattern } from '../envelope/helpers.js'
import type { ByteStreamLike } from '../../src/node.js'

describe('a file that changes while it is read', () => {
  it.each([
    ['grows', (path: string): void => appendFileSync(path, 'x')],
    ['shrinks', (path: string): void => truncateSync(path, 300_000)],
    ['is written over with as many bytes', (path: string): void => writeFileSync(path, Buffer.alloc(600_000), { flag: 'r+' })],
    ['is written over, and given its old time', (path: string): void => {
      writeFileSync(path, Buffer.alloc(600_000), { flag: 'r+' })
      utimesSync(path, 1000, 1000)
    }],
  ])('is refused where it %s', async (_, change) => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    writeFileSync(path, pattern(600_000))
    utimesSync(path, 1000, 1000)
    const [file] = await folderFiles(folder)
    const reader = (file?.stream as () => ByteStreamLike)().getReader()
    await reader.read()
    change(path)
    await expectRefused(async () => { for (;;) if ((await reader.read()).done) return }, 'input-changed', /a was changed while it was read: publish again/)
  })
})
