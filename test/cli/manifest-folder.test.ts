import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { codeOf, json, otaseal } from './cli.js'
import { apply, keyFolder, publish, trust } from './manifest.js'

let cwd: string

const looks = [['plan', '--have'], ['verify', '--folder']] as const
const run = async ([command, flag]: readonly [command: string, flag: string], folder: string) => otaseal(cwd, ['manifest', command, 'm.otaseal', flag, folder, ...trust, '--json'])

beforeAll(async () => {
  cwd = await keyFolder()
  await publish(cwd, { 'a.txt': 'a', 'current.json': '{"mode":"dark"}' }, 1, ['-o', 'm.otaseal'])
  await apply(cwd, 'm.otaseal')
})

it.each(looks)('%s %s says that the record of the installed release is broken', async (...look) => {
  expect((await run(look, 'app')).code).toBe(0)
  await otaseal(cwd, ['manifest', 'apply', 'm.otaseal', '--objects', 'objects', '-o', 'broken', ...trust])
  writeFileSync(join(cwd, 'broken/current.json'), '{}')
  const refused = await run(look, 'broken')
  expect([refused.code, codeOf(refused)]).toEqual([1, 'bad-storage'])
})

it.each(looks)('%s %s takes the files of a release, of which one is named as such a record', async (...look) => {
  const found = await run(look, 'dist')
  expect(found.code, found.stderr).toBe(0)
  expect(json(found)).toMatchObject(look[0] === 'plan' ? { fetch: [] } : { folder: { missing: [], damaged: [], extra: [] } })
})
