import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createManifest } from '../../src/build.js'
import { codeOf, json, namesIn, otaseal } from './cli.js'
import { dense, keyFolder, publish } from './manifest.js'

/** Named as objects, and none. */
const foreign = ['a', 'b', 'c'].map((digit) => digit.repeat(64))

let cwd: string
let objects: string
/** Objects that only the first release uses. */
let unused: readonly string[]

beforeAll(async () => {
  cwd = await keyFolder()
  objects = join(cwd, 'objects')
  const files = { 'small.txt': 'one', 'empty.txt': '', 'chunks.bin': dense(1, 600_000) }
  for (const [sequence, content] of [[1, files], [2, { 'a.txt': 'two' }]] as const) await publish(cwd, content, sequence, ['-o', `${sequence}.otaseal`])
  unused = (JSON.parse(readFileSync(join(cwd, '1.otaseal.objects.json'), 'utf8')) as { readonly objects: readonly string[] }).objects
  const texts = ['no object', readFileSync(join(objects, unused[0] as string)), Buffer.alloc(300_000)]
  foreign.forEach((name, i) => writeFileSync(join(objects, name), texts[i] as string | Buffer))
  const signer = { signer: readFileSync(join(cwd, '.otaseal_key'), 'utf8') }
  const { toBytes, objectList } = await createManifest([], { ...signer, app: 'com.example.app', version: '3', sequence: 3 })
  writeFileSync(join(cwd, 'none.otaseal'), toBytes())
  writeFileSync(join(cwd, 'none.otaseal.objects.json'), objectList)
})

const gc = async (manifest: string, ...args: readonly string[]) => otaseal(cwd, ['manifest', 'gc', manifest, '--objects', 'objects', '--key', '.otaseal_key.pub', '--min-age', '0', ...args])

describe('manifest gc', () => {
  it('refuses to delete where the manifests list no object at all, since all would go', async () => {
    const before = namesIn(objects)
    const run = await gc('none.otaseal', '--delete', '--json')
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect(run.stdout).toContain('no object at all')
    expect(namesIn(objects)).toEqual(before)
    expect(json(await gc('none.otaseal', '--json'))).toMatchObject({ ok: true, deleted: false })
  })

  it('lists what has only the name of an object apart, and warns', async () => {
    const run = await gc('2.otaseal', '--json')
    const { unused: listed, foreign: apart } = json(run)
    expect((listed as readonly { readonly name: string }[]).map(({ name }) => name).sort()).toEqual(unused)
    expect([...(apart as readonly string[])].sort()).toEqual(foreign)
    const shown = await gc('2.otaseal')
    expect(shown.stderr).toContain('3 files in objects are named as objects and are none')
    for (const name of foreign) expect(shown.stdout).toMatch(new RegExp(`no object +${name}`))
  })

  it('deletes objects, of any number of chunks, and leaves there what is none', async () => {
    const before = namesIn(objects)
    expect(json(await gc('2.otaseal', '--delete', '--json'))).toMatchObject({ ok: true, deleted: true })
    expect(namesIn(objects)).toEqual(before.filter((name) => !unused.includes(name)))
    expect(namesIn(objects)).toEqual(expect.arrayContaining(foreign))
  })
})
