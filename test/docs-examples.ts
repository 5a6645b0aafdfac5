import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { expect } from 'vitest'
import { serveWithCuts } from './resume/cutting-server.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

/** An example of a page. */
export interface Block {
  readonly line: number
  readonly language: string
  readonly needs: readonly string[]
  readonly cuts: boolean
  /** Its name, where the block is a file. */
  readonly file: string | undefined
  /** Its name in docs/adapters, where the block shows a file from there. */
  readonly adapter: string | undefined
  readonly code: string
}

const FENCE = /^(?:<!-- example: (?:needs (.+?)(; server cuts)?|file (\S+)|adapter (\S+)) -->\n)?```(\S*)\n([^]*?)^```$/gm

export function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [all, needs, cuts, file, adapter, language = '', code = ''] = match
    const line = text.slice(0, match.index + all.indexOf('```')).split('\n').length
    return { line, language, needs: needs?.split(', ') ?? [], cuts: cuts !== undefined, file, adapter, code }
  })
}

/** Tags of fences. */
export const RUN: readonly string[] = ['js', 'ts', 'sh']
export const SHOWN: readonly string[] = ['text', 'json', 'yaml']

const folder = mkdtempSync(join(tmpdir(), 'otaseal-docs-'))
const bin = join(folder, 'bin')
const updates = join(folder, 'updates.mjs')
const fixtures = join(folder, 'fixtures')

const UPDATES = `
import { readFile } from 'node:fs/promises'
import { Worker as Thread, isMainThread, parentPort } from 'node:worker_threads'
const { fetch } = globalThis
globalThis.fetch = async (url, options = {}) => {
  const { headers = {} } = options
  const { origin, hostname, pathname } = new URL(url)
  if (hostname === '127.0.0.1') return fetch(url, options)
  if (origin !== 'https://updates.example.com') throw new Error('examples fetch from https://updates.example.com only')
  if (process.env.UPDATES_SERVER) return fetch(process.env.UPDATES_SERVER + pathname.slice(1), options)
  const body = await readFile(pathname.slice(1))
  const [, first, last] = /^bytes=(\\d+)-(\\d+)$/.exec(headers.range ?? '') ?? []
  return first === undefined ? new Response(body) : new Response(body.subarray(Number(first), Number(last) + 1), { status: 206 })
}
const request = (result, isNew) => {
  const made = { result }
  queueMicrotask(() => {
    if (isNew) made.onupgradeneeded()
    made.onsuccess()
  })
  return made
}
const kept = new Map()
const objectStore = () => ({ get: (name) => request(kept.get(name)), put: (value, name) => request(kept.set(name, value)) })
let opened = 0
globalThis.indexedDB = { open: () => request({ createObjectStore: objectStore, transaction: () => ({ objectStore }) }, opened++ === 0) }
if (isMainThread) {
  globalThis.Worker = class {
    #thread
    constructor(url) {
      this.#thread = new Thread(url)
      this.#thread.on('message', (data) => this.onmessage({ data }))
      this.#thread.on('error', ({ message }) => this.onerror({ message }))
    }
    postMessage(message, transfer) {
      this.#thread.postMessage(message, transfer)
    }
    terminate() {
      void this.#thread.terminate()
    }
  }
} else {
  globalThis.self = globalThis
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer)
  Object.defineProperty(globalThis, 'onmessage', { set: (listener) => parentPort.on('message', (data) => listener({ data })) })
}
`

/** Made by the built package as well, so that sources which are newer than dist make no difference. */
const FIXTURES = `
import { mkdir, writeFile } from 'node:fs/promises'
import { encryptBundle, generateKeyPair } from 'otaseal'
const { publicKey, privateKey } = await generateKeyPair('Ed25519')
const secret = new Uint8Array(32).fill(7)
const bundle = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251)
const claims = { signer: privateKey, app: 'com.example.app', version: '1.4.0', channel: 'production', type: 'application/zip' }
const envelope = await encryptBundle(bundle, claims)
const forReaders = await encryptBundle(bundle, { ...claims, readers: [secret] })
await mkdir('www')
await writeFile('www/index.html', '<!doctype html><title>Example</title>')
await writeFile('bundle.zip', bundle)
await writeFile('public.pem', publicKey)
await writeFile('OTASEAL_PRIVATE_KEY', privateKey.replaceAll('\\n', ''))
await writeFile('reader.key', secret)
await writeFile('update.otaseal', envelope.toBytes())
await writeFile('head.json', envelope.head)
await writeFile('payload.bin', envelope.payload)
await writeFile('for-readers.otaseal', forReaders.toBytes())
`

export async function setUp(): Promise<void> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: npm run build')
  for (const name of [bin, fixtures, join(folder, 'node_modules')]) mkdirSync(name)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(root, join(folder, 'node_modules/otaseal'), 'junction')
  writeFileSync(join(bin, 'otaseal'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"\n`, { mode: 0o755 })
  writeFileSync(updates, UPDATES)
  writeFileSync(join(folder, 'fixtures.mjs'), FIXTURES)
  await run(process.execPath, ['../fixtures.mjs'], { cwd: fixtures })
}

export function tearDown(): void {
  rmSync(folder, { recursive: true, force: true })
}

/** Writes the files that a block needs; gives the environment variables. */
function prepare({ needs }: Block, cwd: string): Record<string, string> {
  mkdirSync(cwd, { recursive: true })
  const variables: Record<string, string> = {}
  for (const name of needs) {
    const fixture = join(fixtures, name)
    if (!existsSync(fixture)) throw new Error(`there is no fixture ${name}`)
    if (/^[A-Z_]+$/.test(name)) variables[name] = readFileSync(fixture, 'utf8')
    else cpSync(fixture, join(cwd, name))
  }
  return variables
}

/** Runs a block in the folder of its page, and gives what it prints. */
export async function runBlock(block: Block, page: string): Promise<string> {
  return (block.cuts ? runWithCuts : runProgram)(block, join(folder, page.replace(/\W/g, '-')))
}

/** Runs a block while there is a bad network. */
async function runWithCuts(block: Block, cwd: string): Promise<string> {
  const server = await serveWithCuts(cwd, 5, block.line)
  try {
    const printed = await runProgram(block, cwd, { UPDATES_SERVER: server.url })
    expect(server.cuts()).toBe(5)
    expect(readFileSync(join(cwd, 'bundle.zip')).equals(readFileSync(join(fixtures, 'bundle.zip')))).toBe(true)
    return printed
  } finally {
    await server.close()
  }
}

async function runProgram(block: Block, cwd: string, more: Record<string, string> = {}): Promise<string> {
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
  const env = { ...process.env, PATH: path, OTASEAL_PRIVATE_KEY: undefined, ...more, ...prepare(block, cwd) }
  if (block.file !== undefined) {
    writeFileSync(join(cwd, block.file), block.code)
    return ''
  }
  if (block.language === 'sh') return (await run('sh', ['-e', '-c', block.code], { cwd, env })).stdout
  const program = join(cwd, `line-${block.line}.mjs`)
  writeFileSync(program, block.language === 'ts' ? (await transform(block.code, { loader: 'ts' })).code : block.code)
  return (await run(process.execPath, ['--import', updates, program], { cwd, env })).stdout
}
