import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { encryptBundle } from '../../src/build.js'
import { startFront } from './front.js'
import type { ChildProcess } from 'node:child_process'
import type { EncryptOptions, Envelope } from '../../src/build.js'
import type { TrustStore } from '../../src/device.js'
import type { Front } from './front.js'

const example = fileURLToPath(new URL('../../docs/examples/updater', import.meta.url))
export const APP = 'com.example.updater'
/** A small chunk, so that small bundles have several. */
export const CHUNK = 16_384

/** What the app of the example embeds. */
export interface AppConfig {
  readonly app: string
  readonly runtime: string
  readonly trust: TrustStore
  readonly reader: string
  readonly builtIn: { readonly sequence: number }
}

/** The example at work, its folder, and the publisher's keys. */
export interface World {
  readonly folder: string
  readonly front: Front
  /** The update server itself, without anyone between. */
  readonly updates: string
  /** The app's page. */
  readonly app: string
  readonly token: string
  readonly signer: string
  readonly reader: string
  readonly config: AppConfig
  /** A sequence above all before. */
  readonly next: () => number
  readonly close: () => Promise<void>
}

export async function startWorld(): Promise<World> {
  if (!existsSync(join(example, 'node_modules/fastify'))) throw new Error('the example is not installed: run `node tools/setup.mjs dist updater`')
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-updater-'))
  const front = await startFront()
  const child = spawn(process.execPath, [fileURLToPath(new URL('serve.mjs', import.meta.url)), folder, front.url], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { updates, app } = await firstLine(child)
  front.target = updates
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const config = JSON.parse(text('app-config.json')) as AppConfig
  let sequence = config.builtIn.sequence
  return {
    folder, front, updates, app, config,
    token: text('publisher/token'),
    signer: text('publisher/signing.pem'),
    reader: text('publisher/reader.pub'),
    next: () => ++sequence,
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await Promise.all([ended, front.close()])
      rmSync(folder, { recursive: true })
    },
  }
}

async function firstLine(child: ChildProcess): Promise<{ readonly updates: string; readonly app: string }> {
  if (child.stdout === null) throw new Error('the servers have no output')
  for await (const line of createInterface(child.stdout)) return JSON.parse(line) as { updates: string; app: string }
  throw new Error('the servers did not start')
}

/** A page that says its version, and is as large as asked for. */
export function bundleOf(version: string, size = 0): Uint8Array {
  const page = `<!doctype html><meta charset="utf-8"><title>${version}</title><style>body { margin: 0; height: 100vh; display: grid; place-content: center; font: 1rem system-ui; color: #fff; background: #0b5cad }</style><h1>release ${version}</h1>`
  return Buffer.from(page.padEnd(size, `<!-- ${'filler '.repeat(100)} -->`))
}

export async function sealed(world: World, version: string, more: Partial<EncryptOptions> & { readonly size?: number } = {}): Promise<Envelope> {
  const { size, ...options } = more
  return encryptBundle(bundleOf(version, size), {
    signer: world.signer, readers: [world.reader], app: APP, version, channel: 'production', runtime: world.config.runtime, type: 'text/html',
    sequence: options.sequence ?? world.next(), chunkSize: CHUNK, ...options,
  })
}

/** An answer of the server, as JSON. */
export interface Reply {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>> & { readonly error?: { readonly code: string; readonly message: string } }
}

export interface Ask {
  readonly method?: string
  readonly token?: string
  readonly json?: unknown
  readonly body?: Uint8Array<ArrayBuffer> | string
  readonly type?: string
}

export async function ask(world: World, path: string, { method, token, json, body, type }: Ask = {}): Promise<Reply> {
  const content = json === undefined ? body : JSON.stringify(json)
  const response = await fetch(`${world.updates}${path}`, {
    method: method ?? (content === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(content !== undefined && { 'content-type': type ?? (json === undefined ? 'application/octet-stream' : 'application/json') }),
    },
    ...(content !== undefined && { body: content }),
  })
  return { status: response.status, json: (await response.json()) as Reply['json'] }
}

/** Publishes as the publisher does. */
export async function publish(world: World, envelope: Envelope, percent = 100): Promise<Reply> {
  return ask(world, `/v1/apps/${APP}/releases?percent=${percent}`, { token: world.token, body: envelope.toBytes() })
}
