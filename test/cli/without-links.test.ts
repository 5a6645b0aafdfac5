import type * as promises from 'node:fs/promises'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { writeWhole } from '../../src/node/temporary-file.js'
import { namesIn, temporaryFolder } from './cli.js'

/** What happens just before a link would be made. */
let before: (target: string) => void = () => undefined

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof promises>()),
  link: async (_: string, target: string) => {
    before(target)
    throw Object.assign(new Error('no links here'), { code: 'EPERM', syscall: 'link' })
  },
}))

it('writes and still replaces nothing where the file system has no hard links', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'out')
  const write = async (text: string, overwrite: boolean): Promise<void> =>
    writeWhole(path, { overwrite }, async (file) => file.write(Buffer.from(text)))
  await write('new', false)
  expect(readFileSync(path, 'utf8')).toBe('new')
  await write('newer', true)
  expect(readFileSync(path, 'utf8')).toBe('newer')
  expect(namesIn(folder)).toEqual(['out'])

  const other = join(folder, 'other')
  before = (target) => writeFileSync(target, 'precious')
  const late = writeWhole(other, {}, async (file) => file.write(Buffer.from('late')))
  await expect(late).rejects.toMatchObject({ code: 'EEXIST', path: other })
  expect(readFileSync(other, 'utf8')).toBe('precious')
  expect(namesIn(folder)).toEqual(['other', 'out'])
})
