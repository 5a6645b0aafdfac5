import { createReadStream, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { json, otaseal, temporaryFolder } from './cli.js'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Run } from './cli.js'

/** Paths and contents of files. */
export type Files = Readonly<Record<string, string>>

export const app = ['--app', 'com.example.app'] as const
export const trust = ['--key', '.otaseal_key.pub', ...app] as const

/** Makes a folder hold just these files. */
export function fill(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** All files of a folder. */
export function filesOf(folder: string): Files {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile())
  return Object.fromEntries(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(folder, path), 'utf8')] as const))
}

/** Text that no encoding makes much smaller. */
export function dense(seed: number, length: number): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return String.fromCharCode(33 + ((state >>> 16) % 90))
  }).join('')
}

/** A folder with an Ed25519 key pair. */
export async function keyFolder(): Promise<string> {
  const folder = temporaryFolder()
  const { code, stderr } = await otaseal(folder, ['keygen', '--type', 'Ed25519'])
  if (code !== 0) throw new Error(stderr)
  return folder
}

/** Publishes the files as `dist` with a version and a sequence of its own. */
export async function publish(cwd: string, files: Files, sequence: number, args: readonly string[] = []): Promise<Run> {
  fill(join(cwd, 'dist'), files)
  return otaseal(cwd, ['manifest', 'create', 'dist', ...app, '--bundle-version', `1.${sequence}`, '--sequence', String(sequence), ...args])
}

export async function apply(cwd: string, manifest: string, args: readonly string[] = []): Promise<Run> {
  const objects = args.includes('--objects') ? [] : ['--objects', 'objects']
  return otaseal(cwd, ['manifest', 'apply', manifest, ...objects, '-o', 'app', ...trust, ...args])
}

/** The files of the release that a run has installed. */
export function installedFiles(run: Run): Files {
  return filesOf(String(json(run)['path']))
}

/** A server of static files, with Range. */
export interface StaticServer {
  readonly url: string
  /** Paths that were asked for. */
  readonly requests: string[]
}

const closers: (() => void)[] = []

afterAll(() => closers.forEach((close) => close()))

export async function serve(folder: string): Promise<StaticServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    answer(folder, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function answer(folder: string, { url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const path = join(folder, new URL(url, 'http://localhost').pathname)
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) {
    response.writeHead(404).end('nothing')
    return
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  if (first === undefined || last === undefined) {
    response.writeHead(200, { 'content-length': size })
    createReadStream(path).pipe(response)
    return
  }
  response.writeHead(206, { 'content-length': Number(last) - Number(first) + 1, 'content-range': `bytes ${first}-${last}/${size}` })
  createReadStream(path, { start: Number(first), end: Number(last) }).pipe(response)
}
