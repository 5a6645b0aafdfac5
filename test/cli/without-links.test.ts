import type * as fs from 'node:fs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { FileError } from '../../src/cli/errors.js'
import { writeOutput } from '../../src/cli/output.js'
import { namesIn, temporaryFolder } from './cli.js'

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof fs>()),
  linkSync: () => {
    throw Object.assign(new Error('no links here'), { code: 'EPERM', syscall: 'link' })
  },
}))

it('writes and still replaces nothing where the file system has no hard links', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'out')
  await writeOutput({ path, force: false }, Buffer.from('new'))
  expect(readFileSync(path, 'utf8')).toBe('new')
  writeFileSync(path, 'precious')
  await expect(writeOutput({ path, force: false }, Buffer.from('newer'))).rejects.toThrow(FileError)
  expect(readFileSync(path, 'utf8')).toBe('precious')
  await writeOutput({ path, force: true }, Buffer.from('newest'))
  expect(readFileSync(path, 'utf8')).toBe('newest')
  expect(namesIn(folder)).toEqual(['out'])
})
