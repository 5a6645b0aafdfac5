/**
 * Random faults while a release replaces another, on a real folder and over real HTTP: what is installed is always the old
 * release or the new one, whole; the fault has a name; the next run ends with the new one.
 * More of them: `OTASEAL_FAULTS=300 npx vitest run test/manifest/faults.test.ts` (`OTASEAL_SEED` for others,
 * `OTASEAL_FAULT` for one kind).
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpFetcher, openManifest } from '../../src/manifest.js'
import { folderStorage } from '../../src/node.js'
import { ended, temporaryFolder } from '../cli/cli.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import { apply } from './applying.js'
import { faultyServer } from './faulty-server.js'
import { randomOf } from '../random.js'
import { objectsOf, opened, opening, publisher, release } from './helpers.js'
import type { Manifest } from '../../src/build.js'
import type { EnvelopeEvent } from '../../src/index.js'
import type { OpenedManifest, ReleaseStorage } from '../../src/manifest.js'
import type { Run } from '../cli/cli.js'
import type { FaultyServer, ServerFault } from './faulty-server.js'
import type { Files } from './helpers.js'

const FAULTS = Number(process.env['OTASEAL_FAULTS'] ?? 40)
const SEED = Number(process.env['OTASEAL_SEED'] ?? 1)

const old: Record<string, Uint8Array> = {}
const next: Record<string, Uint8Array> = {}
for (let i = 0; i < 16; i++) {
  old[`folder-${i % 3}/file-${i}`] = pattern(200 + 900 * i, i)
  // A third stays, a third is changed in the same size, a third moves or goes.
  next[i % 3 === 2 ? `moved/file-${i % 5}-${i}` : `folder-${i % 3}/file-${i}`] = pattern(200 + 900 * i, i % 3 === 1 || i > 13 ? 100 + i : i)
}
old['large.bin'] = pattern(9 * CHUNK + 5, 50)
next['large.bin'] = pattern(14 * CHUNK + 77, 51)
next['text.txt'] = Buffer.from('the same again and again, '.repeat(9000))
next['empty'] = new Uint8Array(0)

let one: Manifest
let two: Manifest
let server: FaultyServer
let base: string
let template: string
/** Milliseconds that a process works which nobody kills. */
let work: number | undefined

beforeAll(async () => {
  one = await release(old)
  two = await release(next, { sequence: 1001, compress: 'gzip', previous: { manifest: one, trust: publisher.publicKey } })
  const swapped = [...objectsOf(one).values()].at(-1) as Uint8Array
  server = await faultyServer(new Map([...objectsOf(one), ...objectsOf(two)]), swapped)
  base = temporaryFolder()
  template = join(base, 'template')
  await apply(await opened(one), folderStorage(template), { fetchObject: httpFetcher(server.url) })
  writeFileSync(join(base, 'manifest.otaseal'), two.toBytes())
  writeFileSync(join(base, 'apply.mjs'), program)
})
afterAll(() => server.close())

/** Applies the release in a process of its own, and prints what it comes to. */
const program = `
import { readFileSync } from 'node:fs'
import { applyManifest, httpFetcher, openManifest } from ${JSON.stringify(new URL('../../dist/manifest.js', import.meta.url).href)}
import { folderStorage } from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)}
const [folder, url, trust] = process.argv.slice(2)
const opening = { trust, app: 'com.example.app', channel: 'production', lastSequence: 999 }
const manifest = await openManifest(readFileSync('manifest.otaseal'), opening)
await applyManifest(manifest, { storage: folderStorage(folder), fetchObject: httpFetcher(url), parallel: 4 }).then(() => console.log('done'), ({ code }) => console.log(code))
`

/** What was found wrong: the code of the failure, and what events tell of. */
interface Findings {
  readonly result: string
  readonly named: readonly string[]
  /** Whether there was time for the fault. */
  readonly struck: boolean
}

/** Which release is installed, whole and with nothing else in its folder. */
async function installedIn(folder: string): Promise<'old' | 'new'> {
  const storage = folderStorage(folder)
  const installed = await storage.installed()
  const [name, files]: ['old' | 'new', Files] = installed?.sequence === 1000 ? ['old', old] : ['new', next]
  const place = storage.releasePath(installed?.releaseId ?? '')
  const there = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(place, path)).isFile())
  expect(there.map((path) => relative('.', path).split(sep).join('/')).sort()).toEqual(Object.keys(files).sort())
  for (const [path, content] of Object.entries(files)) {
    expect(readFileSync(join(place, path)).equals(content as Uint8Array), `${path} of the ${name} release`).toBe(true)
  }
  return name
}

async function applyTo(storage: ReleaseStorage, more: { readonly hasStruck: () => boolean }): Promise<Findings> {
  const events: EnvelopeEvent[] = []
  const manifest: OpenedManifest = await openManifest(two, opening({ onEvent: (event) => void events.push(event) }))
  const fetchObject = httpFetcher(server.url, { stallTimeout: 0.25 })
  const result = await apply(manifest, storage, { fetchObject }, { attempts: 3, retryDelay: 0.005, parallel: 4 }).then(() => 'done', codeIn)
  const told = events.flatMap((event) => (event.event === 'object-refused' ? [`object-refused ${event.code}`] : event.event === 'fetch-interrupted' ? [event.event] : []))
  return { result, named: [...new Set([...(result === 'done' ? [] : [result]), ...told])].sort(), struck: more.hasStruck() }
}

function codeIn(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) throw new Error('a failure without a code', { cause: error })
  return String(error.code)
}

/** A storage on which there is no room left at its `n`-th write, of which some bytes are there. */
function full(storage: ReleaseStorage, n: number, part: number): { readonly storage: ReleaseStorage; readonly hasStruck: () => boolean } {
  let writes = 0
  const write: ReleaseStorage['write'] = async (id, path, bytes, position) => {
    const isFull = ++writes > n
    await storage.write(id, path, isFull ? bytes.subarray(0, part * bytes.length) : bytes, position)
    if (isFull) throw Object.assign(new Error('no space is left on the device'), { code: 'ENOSPC' })
  }
  return { storage: { ...storage, write }, hasStruck: () => writes > n }
}

type Random = () => number
type Fault = (folder: string, random: Random) => Promise<Findings>

function serverFault(kind: ServerFault['kind']): Fault {
  return async (folder, random) => {
    server.begin({ kind, request: Math.floor(random() * 8), at: random(), always: random() < 0.5 })
    return applyTo(folderStorage(folder), { hasStruck: () => server.counts().struck > 0 })
  }
}

/** A process that applies the release from a slow server; is killed so many milliseconds after its first request. */
async function child(folder: string, delay: number): Promise<Run & { readonly work: number }> {
  server.begin({ kind: 'drip', request: 0, at: 0, always: true })
  const asked = server.asked()
  const applying = spawn(process.execPath, ['apply.mjs', folder, server.url, publisher.publicKey], { cwd: base, stdio: 'pipe' })
  const end = ended(applying)
  await Promise.race([asked, end])
  const started = performance.now()
  await Promise.race([sleep(delay), end])
  applying.kill('SIGKILL')
  const run = await end
  return { ...run, work: performance.now() - started }
}

async function killed(folder: string, random: Random): Promise<Findings> {
  if (work === undefined) {
    const whole = join(base, 'whole')
    cpSync(template, whole, { recursive: true })
    work = (await child(whole, 60_000)).work
  }
  const { signal, stdout, stderr } = await child(folder, random() * work * 1.1)
  expect(stderr).toBe('')
  return { result: stdout.trim(), named: signal === null ? [] : [signal], struck: signal !== null }
}

/** The system itself refuses what grows beyond a limit. */
async function limited(folder: string, random: Random): Promise<Findings> {
  server.begin(undefined)
  const blocks = 16 + Math.floor(random() * 300)
  const limitedRun = spawn('sh', ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, 'apply.mjs', folder, server.url, publisher.publicKey], { cwd: base, stdio: 'pipe' })
  const { stdout } = await ended(limitedRun)
  const result = stdout.trim()
  return { result, named: result === 'done' ? [] : [result], struck: true }
}

const faults: Readonly<Record<string, Fault>> = {
  'killed': killed,
  'connection cut': serverFault('cut'),
  'disk full': async (folder, random) => {
    server.begin(undefined)
    const { storage, hasStruck } = full(folderStorage(folder), Math.floor(random() * 36), random())
    return applyTo(storage, { hasStruck })
  },
  ...(process.platform !== 'win32' && { 'file limit of the system': limited }),
  'corrupted object': serverFault('corrupted'),
  'object of another release': serverFault('swapped'),
  'slow server, drip': serverFault('drip'),
  'slow server, stall': serverFault('stall'),
  'server error 5xx': serverFault('status'),
  'missing object': serverFault('missing'),
}

test(`${FAULTS} random faults of seed ${SEED} leave the old release or the new one, and the next run ends with the new one`, { timeout: 30_000 + FAULTS * 3000 }, async () => {
  const random = randomOf(SEED)
  const only = process.env['OTASEAL_FAULT']
  const kinds = Object.entries(faults).filter(([name]) => only === undefined || name === only)
  const table = new Map<string, number>()
  let struck = 0
  for (let i = 0; i < FAULTS; i++) {
    const [name, fault] = kinds[i % kinds.length] as [string, Fault]
    const label = `fault ${i} of seed ${SEED}: ${name}`
    const folder = join(base, `run-${i}`)
    mkdirSync(folder)
    cpSync(template, folder, { recursive: true })

    const found = await fault(folder, random)
    const installed = await installedIn(folder)
    if (found.result === 'done') expect(installed, label).toBe('new')
    else if (name !== 'killed') expect(installed, label).toBe('old')
    if (found.struck && name !== 'slow server, drip') expect(found.named, label).not.toEqual([])
    if (found.struck) struck++

    server.begin(undefined)
    const again = await applyTo(folderStorage(folder), { hasStruck: () => false })
    expect([again.result, again.named.filter((code) => code !== 'object-refused bad-checksum')], label).toEqual(['done', []])
    expect(await installedIn(folder), label).toBe('new')
    const row = `${name} | ${found.struck ? found.named.join(', ') || 'nothing to name' : 'came too late'} | ${installed}`
    table.set(row, (table.get(row) ?? 0) + 1)
    rmSync(folder, { recursive: true })
  }
  if (process.env['OTASEAL_FAULTS'] !== undefined) console.log([...table].sort().map(([row, count]) => `${row} | ${count}`).join('\n'))
  expect(struck, 'faults that struck').toBeGreaterThan(FAULTS / 2)
})
