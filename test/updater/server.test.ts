import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { get, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { signTrustUpdate } from '../../src/build.js'
import { freshEd25519 } from '../envelope/signers.js'
import { withPayload } from '../envelope/hostile.js'
import { useWorld } from './page.js'
import { APP, ask, bundleOf, publish, sealed } from './world.js'
import { encryptBundle, joinEnvelope } from '../../src/build.js'
import type { Envelope, EnvelopeParts } from '../../src/build.js'
import type { Ask, Reply } from './world.js'

const stranger = freshEd25519()
const DEVICE = '00000000-0000-4000-8000-000000000000'

/** By node:http: fetch adds `cache-control` of its own to such a question. */
async function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => get(url, { headers }, (response) => resolve(response.resume().statusCode)).on('error', reject))
}

/** Begins an upload and goes away. */
async function cutOff(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', 'content-length': 1_000_000 }
  await new Promise<void>((resolve) => {
    const upload = request(url, { method: 'POST', headers })
    upload.on('error', () => resolve())
    upload.write(Buffer.alloc(100_000), () => setTimeout(() => upload.destroy(new Error('gone')), 200))
  })
}

describe('the server of the updater example', () => {
  const { world } = useWorld()
  const folderOf = (name: string): readonly string[] => readdirSync(join(world().folder, 'server', name))
  const codeOf = ({ status, json }: Reply): string => `${status} ${json.error?.code ?? ''}`
  const upload = async (body: Uint8Array<ArrayBuffer>, more: Ask = {}): Promise<Reply> =>
    ask(world(), `/v1/apps/${APP}/releases`, { token: world().token, body, ...more })
  const partsOf = ({ head, payload }: EnvelopeParts): Uint8Array<ArrayBuffer> => joinEnvelope(head, payload)
  const question = (more: object = {}): object => ({ app: APP, channel: 'production', runtime: world().config.runtime, deviceId: DEVICE, lastSequence: 0, ...more })
  const offered = async (more: object = {}): Promise<string | undefined> => {
    const { json } = await ask(world(), '/v1/update', { json: question(more) })
    return (json['release'] as { payload: string } | null)?.payload.split('/').at(-1)
  }
  const change = async (releaseId: unknown, json: object): Promise<Reply> => ask(world(), `/v1/releases/${String(releaseId)}`, { method: 'PATCH', token: world().token, json })

  test('publishes for who has the token alone', async () => {
    const { json } = await publish(world(), await sealed(world(), '1.0.0'))
    const bytes = (await sealed(world(), '1.0.1')).toBytes()
    for (const token of ['', 'x', `${world().token}x`, world().token.toUpperCase()]) expect(codeOf(await upload(bytes, { token })), token).toBe('401 unauthorized')
    expect(codeOf(await ask(world(), `/v1/apps/${APP}/releases`))).toBe('401 unauthorized')
    expect(codeOf(await ask(world(), `/v1/releases/${String(json['releaseId'])}`, { method: 'PATCH', json: { paused: true } }))).toBe('401 unauthorized')
    expect(codeOf(await ask(world(), `/v1/apps/${APP}/trust`, { json: {} }))).toBe('401 unauthorized')
    expect(codeOf(await ask(world(), `/v1/capgo/apps/${APP}/releases`, { body: bytes }))).toBe('401 unauthorized')
    expect(await offered()).toBe(json['releaseId'])
  })

  test('refuses uploads that devices would refuse, with the code, and keeps nothing of them', async () => {
    await publish(world(), await sealed(world(), '1.0.2'))
    const good: Envelope = await sealed(world(), '1.1.0')
    const before = folderOf('payloads')
    const { signer, reader, config: { runtime } } = world()
    const nowhere = { signer, readers: [reader], app: APP, version: '1.1.0', sequence: world().next() }
    const refused: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
      ['422 untrusted-key', (await sealed(world(), '1.1.0', { signer: stranger.privateKey })).toBytes()],
      ['422 wrong-app', (await sealed(world(), '1.1.0', { app: 'com.example.other' })).toBytes()],
      ['422 wrong-channel', (await encryptBundle(bundleOf('x'), { ...nowhere, runtime })).toBytes()],
      ['422 wrong-runtime', (await encryptBundle(bundleOf('x'), { ...nowhere, channel: 'production' })).toBytes()],
      ['422 bad-chunk', partsOf(withPayload(good, (bytes) => void (bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1)))],
      ['422 bad-index', partsOf(withPayload(good, (bytes) => void (bytes[0] = (bytes[0] ?? 0) ^ 1)))],
      ['422 truncated', good.toBytes().slice(0, -1)],
      ['422 trailing-data', partsOf({ head: good.head, payload: new Uint8Array([...good.payload, 0]) })],
      ['422 not-an-envelope', new Uint8Array(100)],
      ['409 rollback', (await sealed(world(), '1.1.0', { sequence: world().config.builtIn.sequence + 1 })).toBytes()],
      ['413 too-large', new Uint8Array(9 * 2 ** 20)],
    ]
    for (const [code, bytes] of refused) expect(codeOf(await upload(bytes)), code).toBe(code)
    expect(codeOf(await ask(world(), '/v1/apps/com.example.none/releases', { token: world().token, body: good.toBytes() }))).toBe('404 unknown-app')
    expect(codeOf(await upload(good.toBytes(), { type: 'text/plain' }))).toBe('415 bad-request')
    expect(codeOf(await ask(world(), `/v1/apps/${APP}/releases`, { token: world().token, method: 'POST' }))).toBe('400 bad-request')
    expect(codeOf(await ask(world(), `/v1/apps/${APP}/releases`, { token: world().token, json: {} }))).toBe('400 bad-request')
    expect(codeOf(await ask(world(), `/v1/apps/${APP}/trust`, { token: world().token, body: good.toBytes() }))).toBe('400 bad-request')
    expect(codeOf(await ask(world(), '/v1/update', { body: good.toBytes() }))).toBe('400 bad-request')
    await cutOff(`${world().updates}/v1/apps/${APP}/releases`, world().token)
    await expect.poll(() => [folderOf('payloads'), folderOf('uploads')]).toEqual([before, []])
    expect((await upload(good.toBytes())).status).toBe(201)
  })

  test('of two uploads of one release at once takes one, and its payload stays', async () => {
    const { payload, ...envelope } = await sealed(world(), '1.2.0')
    const both = await Promise.all([1, 2].map(async () => upload(joinEnvelope(envelope.head, payload))))
    expect(both.map(codeOf).sort()).toEqual(['201 ', '409 rollback'])
    const got = await fetch(`${world().updates}/v1/payloads/${await offered() ?? ''}`)
    expect(Buffer.from(await got.arrayBuffer()).equals(payload)).toBe(true)
  })

  test('holds no key that signs, and none that reads', () => {
    const names = readdirSync(join(world().folder, 'server'), { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile())
    expect(names.length).toBeGreaterThan(3)
    const secrets = [world().signer, world().config.reader].flatMap((pem) => pem.split('\n').slice(1, -2))
    const all = names.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join()
    expect(secrets.filter((line) => all.includes(line))).toEqual([])
    expect(all).not.toContain('PRIVATE KEY')
  })

  test.each([
    ['nothing', {}], ['a member too many', { more: 1 }], ['no name of an app', { app: '../etc' }], ['a long name', { channel: 'x'.repeat(129) }],
    ['no device id', { deviceId: 'me' }], ['a sequence as text', { lastSequence: '5' }], ['a negative sequence', { lastSequence: -1 }], ['a broken number', { lastSequence: 0.5 }],
  ])('refuses a question with %s', async (what, more) => {
    const { status, json } = await ask(world(), '/v1/update', { json: what === 'nothing' ? {} : question(more) })
    expect([status, json.error?.code]).toEqual([400, 'bad-request'])
    expect(JSON.stringify(json)).not.toMatch(/node_modules|\.js|\n +at /)
  })

  test('refuses JSON that is none, too long, or that reaches for prototypes', async () => {
    const post = async (body: string): Promise<string> => codeOf(await ask(world(), '/v1/update', { body, type: 'application/json' }))
    expect(await post('{')).toBe('400 bad-request')
    expect(await post(`{"__proto__":{"x":1},${JSON.stringify(question()).slice(1)}`)).toBe('400 bad-request')
    expect(await post(JSON.stringify(question({ more: 'x'.repeat(600_000) })))).toBe('413 bad-request')
    expect(codeOf(await ask(world(), '/nowhere'))).toBe('404 not-found')
    // A payload that is not there yet must not be missing in a cache for ever.
    expect((await fetch(`${world().updates}/v1/payloads/${'f'.repeat(64)}`)).headers.get('cache-control')).toBe('no-store')
  })

  test('spreads a release over devices by their share, keeps who was in, and gives the others the one before', async () => {
    const { json: { releaseId: before } } = await publish(world(), await sealed(world(), '2.0.0'))
    const { json: { releaseId } } = await publish(world(), await sealed(world(), '2.1.0'), 30)
    const devices = Array.from({ length: 200 }, () => randomUUID())
    const lucky = async (): Promise<Set<string>> => {
      const got = await Promise.all(devices.map(async (deviceId) => [deviceId, await offered({ deviceId })] as const))
      expect(new Set(got.map(([, id]) => id))).toEqual(new Set([before, releaseId]))
      return new Set(got.filter(([, id]) => id === releaseId).map(([deviceId]) => deviceId))
    }
    const first = await lucky()
    // Six standard deviations of a fair share.
    expect(Math.abs(first.size - 60)).toBeLessThan(39)
    expect(await lucky()).toEqual(first)
    await change(releaseId, { percent: 60 })
    const second = await lucky()
    expect([...first].filter((deviceId) => !second.has(deviceId))).toEqual([])
    expect(second.size).toBeGreaterThan(first.size)
    await change(releaseId, { percent: 100 })
    expect(await offered()).toBe(releaseId)
  })

  test('knows apps by names of up to 128 characters', async () => {
    const name = 'a'.repeat(128)
    expect(await ask(world(), `/v1/apps/${name}/channels`)).toEqual({ status: 200, json: { channels: [] } })
    expect(codeOf(await ask(world(), `/v1/apps/${name}a/channels`))).toMatch(/^4/)
  })

  test('stops offering a release that is paused, or whose time is over', async () => {
    const { json: { releaseId: before } } = await publish(world(), await sealed(world(), '3.0.0'))
    const { json: { releaseId } } = await publish(world(), await sealed(world(), '3.1.0'))
    expect(await change(releaseId, { paused: true })).toEqual({ status: 200, json: { releaseId, percent: 100, paused: true } })
    expect(await offered()).toBe(before)
    await change(releaseId, { paused: false })
    expect(await offered()).toBe(releaseId)
    const { json: { releaseId: brief } } = await publish(world(), await sealed(world(), '3.2.0', { expires: Math.floor(Date.now() / 1000) + 3 }))
    expect(await offered()).toBe(brief)
    await expect.poll(offered, { timeout: 10_000 }).toBe(releaseId)
    expect(codeOf(await change('f'.repeat(64), { paused: true }))).toBe('404 unknown-release')
    expect(codeOf(await change(releaseId, { percent: 101 }))).toBe('400 bad-request')
    expect(codeOf(await change(releaseId, {}))).toBe('400 bad-request')
  })

  test('offers nothing that is not newer, or for another runtime, channel or app', async () => {
    const { json } = await publish(world(), await sealed(world(), '4.0.0'))
    expect(await offered({ lastSequence: json['sequence'] })).toBeUndefined()
    for (const more of [{ runtime: 'web-2' }, { channel: 'beta' }, { app: 'com.example.other' }]) expect(await offered(more)).toBeUndefined()
    expect(await offered()).toBe(json['releaseId'])
    const { json: { channels } } = await ask(world(), `/v1/apps/${APP}/channels`)
    expect(channels).toEqual(['production'])
  })

  test('answers requests for parts of a payload', async () => {
    const { payload, toBytes } = await sealed(world(), '5.0.0', { size: 50_000 })
    const { json: { releaseId } } = await upload(toBytes())
    const fetchPart = async (headers: Readonly<Record<string, string>> = {}, id = String(releaseId), method = 'GET'): Promise<Response> =>
      fetch(`${world().updates}/v1/payloads/${id}`, { method, headers })
    const whole = await fetchPart()
    const etag = whole.headers.get('etag') ?? ''
    expect(Buffer.from(await whole.arrayBuffer()).equals(payload)).toBe(true)
    const part = await fetchPart({ range: 'bytes=100-199' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${payload.length}`])
    expect(Buffer.from(await part.arrayBuffer()).equals(payload.subarray(100, 200))).toBe(true)
    expect((await fetchPart({ range: 'bytes=100-', 'if-range': etag })).status).toBe(206)
    expect((await fetchPart({ range: 'bytes=100-', 'if-range': '"other"' })).status).toBe(200)
    expect((await fetchPart({ range: `bytes=${payload.length}-` })).status).toBe(416)
    expect(await statusOf(`${world().updates}/v1/payloads/${String(releaseId)}`, { 'if-none-match': etag })).toBe(304)
    expect((await fetchPart({}, undefined, 'HEAD')).headers.get('content-length')).toBe(String(payload.length))
    for (const id of ['f'.repeat(64), 'F'.repeat(64), '..%2fupdates.sqlite', '%00']) {
      const missing = await fetchPart({}, id)
      expect([400, 404], id).toContain(missing.status)
      expect((await missing.json() as { error: unknown }).error).toBeDefined()
    }
  })

  test('takes a trust update that a device would take, and judges uploads by it', async () => {
    const second = freshEd25519()
    const { jwk } = { jwk: second.keyObject.export({ format: 'jwk' }) }
    const { trust } = world().config
    const next = { ...trust, epoch: 2, keys: [...trust.keys, { key: { kty: 'OKP', crv: 'Ed25519', x: jwk.x ?? '' }, status: 'active' }] } as typeof trust
    const post = async (update: string): Promise<Reply> => ask(world(), `/v1/apps/${APP}/trust`, { token: world().token, body: update, type: 'application/json' })
    expect(codeOf(await post(await signTrustUpdate(next, { signer: second.privateKey })))).toBe('422 untrusted-key')
    const update = await signTrustUpdate(next, { signer: world().signer })
    expect(await post(update)).toEqual({ status: 201, json: { epoch: 2, changed: true } })
    expect(await post(update)).toEqual({ status: 201, json: { epoch: 2, changed: false } })
    expect(codeOf(await post(await signTrustUpdate({ ...next, epoch: 1 }, { signer: world().signer })))).toBe('422 rollback')
    expect((await ask(world(), `/v1/apps/${APP}/trust/1`)).json).toEqual({ update: JSON.parse(update) as unknown })
    expect((await ask(world(), `/v1/apps/${APP}/trust/2`)).json).toEqual({ update: null })
    expect((await publish(world(), await sealed(world(), '6.0.0', { signer: second.privateKey }))).status).toBe(201)
  })
})
