import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { zipSync } from 'fflate'
import { beforeEach, describe, expect, test } from 'vitest'
import { encryptForCapgo, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { ios } from '../capgo/endpoint-devices.js'
import { useWorld } from './page.js'
import { APP, ask } from './world.js'
import type { CapgoRelease } from '../../src/capgo.js'
import type { Reply } from './world.js'

const program = fileURLToPath(new URL('../../docs/examples/updater/capgo/run.js', import.meta.url))
const PLUGIN = '8.51.14'

interface Outcome {
  readonly answer?: Readonly<Record<string, string>>
  readonly failed?: string
  readonly current: string
}

describe('a deployed Capgo plugin, at the server of the updater example', () => {
  const { world } = useWorld()
  let folder = ''
  let channel = ''
  beforeEach(() => {
    folder = mkdtempSync(join(world().folder, 'capgo-'))
    channel = `channel-${randomUUID()}`
  })

  const keyOf = (name: string): string => readFileSync(join(world().folder, 'publisher', name), 'utf8')
  const zipOf = (text: string): Uint8Array => zipSync({ 'index.html': Buffer.from(text), 'assets/app.js': Buffer.from('console.log(1)') }, { mtime: new Date(2026, 0, 1) })
  const encrypted = async (text: string, pluginVersion = PLUGIN): Promise<CapgoRelease> =>
    encryptForCapgo(zipOf(text), { privateKey: keyOf('capgo.pem'), publicKey: keyOf('capgo.pub'), pluginVersion })

  async function publish(version: string, { payload, sessionKey, checksum, keyId }: CapgoRelease, more: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const query = new URLSearchParams({ version, channel, sessionKey, checksum, keyId, ...more })
    return ask(world(), `/v1/capgo/apps/${APP}/releases?${query.toString()}`, { token: world().token, body: payload })
  }

  test('of two uploads at once of one release takes one, whose payload stays', async () => {
    const release = await encrypted('at once')
    const both = await Promise.all([1, 2].map(async () => publish('1.0.0', release)))
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
    expect((await update()).current).toBe('1.0.0')
  })

  async function update(more: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const flags = { app: APP, key: join(world().folder, 'publisher/capgo.pub'), folder, server: world().front.url, channel, ...more }
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)])
    return JSON.parse(stdout) as Outcome
  }

  const installed = (version: string): string => readFileSync(join(folder, 'versions', version, 'index.html'), 'utf8')

  test('installs a release, then the next, and stays where there is nothing new', async () => {
    expect((await update()).answer).toMatchObject({ kind: 'up_to_date' })
    expect(await publish('1.0.0', await encrypted('one'))).toMatchObject({ status: 201, json: { version: '1.0.0', warnings: [] } })
    expect((await update()).current).toBe('1.0.0')
    expect(installed('1.0.0')).toBe('one')
    await publish('1.1.0', await encrypted('two'))
    const { answer, current } = await update()
    expect([current, installed('1.1.0')]).toEqual(['1.1.0', 'two'])
    expect(ios(answer)).toMatchObject({ does: 'download', version: '1.1.0' })
    expect((await update()).answer).toMatchObject({ kind: 'up_to_date' })
  })

  test('gets what the library opens too', async () => {
    await publish('1.0.0', await encrypted('one'))
    const { answer } = await update()
    const { pathname } = new URL(answer?.['url'] ?? '')
    const payload = new Uint8Array(await (await fetch(`${world().updates}${pathname}`)).arrayBuffer())
    const { bundle } = await verifyAndDecryptCapgo(payload, { publicKey: keyOf('capgo.pub'), sessionKey: answer?.['session_key'] ?? '', checksum: answer?.['checksum'] ?? '' })
    expect(Buffer.from(bundle).equals(zipOf('one'))).toBe(true)
  })

  test('refuses what was changed on its way, and keeps what it has', async () => {
    await publish('1.0.0', await encrypted('one'))
    await update()
    await publish('1.1.0', await encrypted('two'))
    world().front.attack = async ({ path, honest }) => {
      const answer = await honest()
      if (!path.startsWith('/v1/capgo/payloads/')) return answer
      const body = Buffer.from(answer.body)
      body[0] = (body[0] ?? 0) ^ 1
      return { ...answer, body }
    }
    const { failed, current } = await update()
    expect([failed, current, installed(current)]).toEqual(['checksum_fail', '1.0.0', 'one'])
  })

  test('is not offered what its plugin or its key can not read', async () => {
    await publish('1.0.0', await encrypted('one'))
    expect((await update({ 'plugin-version': '7.29.4' })).answer).toMatchObject({ kind: 'blocked', error: 'unsupported' })
  })

  test('takes part in rollouts, which can be paused', async () => {
    const { json: { releaseId } } = await publish('1.0.0', await encrypted('one'), { percent: '0' })
    const change = async (json: object): Promise<Reply> => ask(world(), `/v1/capgo/releases/${String(releaseId)}`, { method: 'PATCH', token: world().token, json })
    expect((await update()).current).toBe('builtin')
    expect(await change({ percent: 100, paused: true })).toEqual({ status: 200, json: { releaseId, percent: 100, paused: true } })
    expect((await update()).current).toBe('builtin')
    await change({ paused: false })
    expect((await update()).current).toBe('1.0.0')
  })

  test('server: refuses uploads that devices would refuse, that come again, and questions in another form', async () => {
    const release = await encrypted('at once')
    const spoilt = Uint8Array.from(release.payload)
    spoilt[20] = (spoilt[20] ?? 0) ^ 1
    expect(await publish('1.0.0', { ...release, payload: spoilt })).toMatchObject({ status: 422, json: { error: { code: 'bad-checksum' } } })
    expect(await publish('1.0.0', { ...release, sessionKey: '' })).toMatchObject({ status: 422, json: { error: { code: 'malformed-release' } } })
    expect((await publish('1.0.0', release)).status).toBe(201)
    expect(await publish('1.0.1', release)).toMatchObject({ status: 409, json: { error: { code: 'repeated-release' } } })
    expect(await ask(world(), '/v1/capgo/updates', { json: { app_id: APP } })).toMatchObject({ status: 400, json: { error: { code: 'malformed-release' } } })
  })
})
