import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeOf, json, namesIn, otaseal } from './cli.js'
import { apply, dense, installedFiles, keyFolder, publish, serve, trust } from './manifest.js'
import type { Files, StaticServer } from './manifest.js'

const large = dense(7, 700_000)
const one: Files = { 'index.html': '<html>1', 'assets/app.js': 'app '.repeat(2000), 'assets/large.bin': large, 'empty.txt': '' }
const two: Files = { ...one, 'index.html': '<html>2', 'assets/copy.bin': large, 'new/file.js': 'new' }
const three: Files = { 'index.html': '<html>3', 'moved/app.js': 'app '.repeat(2000), 'assets/large.bin': large, 'new/file.js': 'new' }
const releases = [one, two, three]

/** New objects of each release, objects that a device fetches. */
const news = [4, 2, 1]

let cwd: string
let server: StaticServer

beforeAll(async () => {
  cwd = await keyFolder()
  server = await serve(cwd)
})

describe('three releases', () => {
  it.each([1, 2, 3])('release %i is made of the one before, and only what is new becomes an object', async (sequence) => {
    const before = sequence === 1 ? [] : readdirSync(join(cwd, 'objects'))
    const previous = sequence === 1 ? [] : ['--previous', `${sequence - 1}.otaseal`]
    const run = await publish(cwd, releases[sequence - 1] as Files, sequence, ['--compress', 'br,gzip', '-o', `${sequence}.otaseal`, ...previous, '--json'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { newObjects, ...told } = json(run) as { readonly newObjects: readonly { readonly name: string; readonly size: number }[] }
    const objects = readdirSync(join(cwd, 'objects'))
    expect(newObjects.map(({ name }) => name).sort()).toEqual(objects.filter((name) => !before.includes(name)).sort())
    expect(newObjects).toHaveLength(news[sequence - 1] as number)
    for (const { name, size } of newObjects) expect(readFileSync(join(cwd, 'objects', name))).toHaveLength(size)
    expect(told).toMatchObject({ ok: true, output: `${sequence}.otaseal`, objectList: `${sequence}.otaseal.objects.json`, objectsFolder: 'objects' })
    expect(told).toMatchObject({ files: Object.keys(releases[sequence - 1] as Files).length, version: `1.${sequence}`, sequence })
    const list = JSON.parse(readFileSync(join(cwd, `${sequence}.otaseal.objects.json`), 'utf8')) as { readonly objects: readonly string[] }
    expect(list.objects.every((name) => objects.includes(name))).toBe(true)
    expect(list.objects).toHaveLength((told as unknown as Record<string, number>)['objects'] as number)
  })

  it('are planned as they are applied, from a folder to a device', async () => {
    for (const [i, files] of releases.entries()) {
      const have = i === 0 ? [] : ['--have', 'app']
      const plan = json(await otaseal(cwd, ['manifest', 'plan', `${i + 1}.otaseal`, ...trust, ...have, '--json'])) as Record<string, readonly unknown[]>
      const other = json(await otaseal(cwd, ['manifest', 'plan', `${i + 1}.otaseal`, ...trust, ...(i === 0 ? [] : ['--have-manifest', `${i}.otaseal`]), '--json']))
      expect(other).toEqual(plan)
      const run = await apply(cwd, `${i + 1}.otaseal`, ['--json'])
      expect(run.code, run.stderr).toBe(0)
      expect(json(run)).toMatchObject({ ok: true, wasInstalled: false, fetchedObjects: plan['fetch']?.length, fetchedBytes: plan['bytes'], sequence: i + 1 })
      expect(installedFiles(run)).toEqual(files)
    }
    const last = json(await otaseal(cwd, ['manifest', 'plan', '3.otaseal', ...trust, '--have-manifest', '2.otaseal', '--json']))
    expect(last).toMatchObject({ delete: ['assets/app.js', 'assets/copy.bin', 'empty.txt'], copy: [{ from: 'assets/app.js', to: 'moved/app.js' }] })
    expect(last['keep']).toEqual(['assets/large.bin', 'new/file.js'])
  })

  it('are fetched over HTTP, what is new and nothing else', async () => {
    for (const [i, files] of releases.entries()) {
      server.requests.length = 0
      const run = await otaseal(cwd, ['manifest', 'apply', `${server.url}/${i + 1}.otaseal`, '--objects', `${server.url}/objects/`, '-o', 'http', ...trust, '--json'])
      expect(run.code, run.stderr).toBe(0)
      expect(json(run)).toMatchObject({ fetchedObjects: news[i] })
      expect(installedFiles(run)).toEqual(files)
      const objects = server.requests.filter((path) => path.startsWith('/objects/'))
      expect(new Set(objects).size).toBe(news[i])
      expect(server.requests[0]).toBe(`/${i + 1}.otaseal`)
    }
  })

  it('the installed release again is no failure and no work; another one of its sequence, or below, is one', async () => {
    for (const floor of [[], ['--last-sequence', '3'], ['--last-sequence', '1']]) {
      const again = await apply(cwd, '3.otaseal', [...floor, '--json'])
      expect(json(again)).toMatchObject({ ok: true, wasInstalled: true, fetchedObjects: 0, fetchedBytes: 0 })
      expect(again.stderr).not.toContain('the sequence is not checked')
    }
    expect((await apply(cwd, '3.otaseal')).stdout).toMatch(/^already installed: /)
    await publish(cwd, { 'index.html': 'another third one' }, 3, ['-o', 'other.otaseal'])
    for (const refused of [['2.otaseal'], ['2.otaseal', '--last-sequence', '1'], ['other.otaseal'], ['3.otaseal', '--last-sequence', '4']] as const) {
      const [manifest, ...floor] = refused
      expect(codeOf(await apply(cwd, manifest, [...floor, '--json'])), refused.join(' ')).toBe('rollback')
    }
    expect(installedFiles(await apply(cwd, '3.otaseal', ['--json']))).toEqual(three)
  })

  it('are whole by all that verify can check', async () => {
    const places = ['--objects', 'objects']
    for (const args of [places, ['--folder', 'app', ...places], ['--folder', 'dist'], ['--objects', `${server.url}/objects`], [...places, '--object-list', '3.otaseal.objects.json']]) {
      if (args[1] === 'dist') await publish(cwd, three, 3, ['-o', '3b.otaseal', '--previous', '3.otaseal'])
      const run = await otaseal(cwd, ['manifest', 'verify', '3.otaseal', ...trust, ...args, '--json'])
      expect([run.code, json(run)['ok']], args.join(' ')).toEqual([0, true])
    }
    const whole = await otaseal(cwd, ['manifest', 'verify', '3.otaseal', ...trust, ...places, '--folder', 'dist', '--json'])
    expect(json(whole)).toMatchObject({ objects: { missing: [], damaged: [] }, folder: { missing: [], damaged: [], extra: [] }, files: 4 })
  })

  it('gc deletes what only older releases used, and nothing else', async () => {
    const objects = join(cwd, 'objects')
    for (const name of ['README.md', 'A'.repeat(64), 'a'.repeat(63), '.otaseal-0.tmp']) writeFileSync(join(objects, name), name)
    const used = new Set(['2', '3'].flatMap((name) => (JSON.parse(readFileSync(join(cwd, `${name}.otaseal.objects.json`), 'utf8')) as { objects: string[] }).objects))
    const gc = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
      json(await otaseal(cwd, ['manifest', 'gc', '2.otaseal', '3.otaseal.objects.json', '--objects', 'objects', '--key', '.otaseal_key.pub', '--json', ...args]))
    const before = namesIn(objects)
    const listed = await gc('--min-age', '0')
    const unused = before.filter((name) => /^[0-9a-f]{64}$/.test(name) && !used.has(name))
    expect(listed).toMatchObject({ ok: true, deleted: false, manifests: 2, young: 0, missing: [] })
    expect((listed['unused'] as readonly { readonly name: string }[]).map(({ name }) => name).sort()).toEqual(unused)
    expect(unused.length).toBeGreaterThan(0)
    expect(await gc('--delete')).toMatchObject({ unused: [], young: unused.length })
    expect(namesIn(objects)).toEqual(before)
    expect(await gc('--delete', '--min-age', '0')).toMatchObject({ deleted: true, unused: listed['unused'] })
    expect(namesIn(objects)).toEqual(before.filter((name) => !unused.includes(name)))
    expect(json(await otaseal(cwd, ['manifest', 'verify', '2.otaseal', ...trust, '--objects', 'objects', '--json']))).toMatchObject({ ok: true })
  })
})
