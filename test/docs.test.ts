/*
 * The documentation, held against the built package: every example runs.
 *
 * - Fences tagged js, ts and sh are run; text and json are not. No other tag is allowed.
 * - The blocks of a page run in its order, in one folder. There `otaseal` is the built package, and a command.
 * - `<!-- example: needs NAME, NAME -->` on the line above a fence makes these fixtures first: files, or
 *   environment variables (in capitals).
 * - `<!-- example: file NAME -->` there makes the fence a file of the folder, for the blocks after it, instead of running it.
 * - `https://updates.example.com/NAME` is the file NAME of the folder, byte ranges included.
 * - `Worker` is that of browsers, as far as an example needs it: `onmessage`, `onerror`, `postMessage`, `terminate`.
 * - `// prints TEXT`, in sh `# prints TEXT`: TEXT is a line of what the block prints.
 */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCodes } from '../src/index.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

interface Block {
  readonly line: number
  readonly language: string
  readonly needs: readonly string[]
  /** Its name, where the block is a file. */
  readonly file: string | undefined
  readonly code: string
}

const FENCE = /^(?:<!-- example: (?:needs (.+)|file (\S+)) -->\n)?```(\S*)\n([^]*?)^```$/gm

function blocksOf(page: string): readonly Block[] {
  const text = textOf(page)
  return [...text.matchAll(FENCE)].map((match) => {
    const [all, needs, file, language = '', code = ''] = match
    const line = text.slice(0, match.index + all.indexOf('```')).split('\n').length
    return { line, language, needs: needs?.split(', ') ?? [], file, code }
  })
}

const RUN = ['js', 'ts', 'sh']
const SHOWN = ['text', 'json']

const folder = mkdtempSync(join(tmpdir(), 'otaseal-docs-'))
const bin = join(folder, 'bin')
const updates = join(folder, 'updates.mjs')
const fixtures = join(folder, 'fixtures')

const UPDATES = `
import { readFile } from 'node:fs/promises'
import { Worker as Thread, isMainThread, parentPort } from 'node:worker_threads'
globalThis.fetch = async (url, { headers = {} } = {}) => {
  const { origin, pathname } = new URL(url)
  if (origin !== 'https://updates.example.com') throw new Error('examples fetch from https://updates.example.com only')
  const body = await readFile(pathname.slice(1))
  const [, first, last] = /^bytes=(\\d+)-(\\d+)$/.exec(headers.range ?? '') ?? []
  return first === undefined ? new Response(body) : new Response(body.subarray(Number(first), Number(last) + 1), { status: 206 })
}
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

async function setUp(): Promise<void> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: npm run build')
  for (const name of [bin, fixtures, join(folder, 'node_modules')]) mkdirSync(name)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(root, join(folder, 'node_modules/otaseal'), 'junction')
  writeFileSync(join(bin, 'otaseal'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"\n`, { mode: 0o755 })
  writeFileSync(updates, UPDATES)
  writeFileSync(join(folder, 'fixtures.mjs'), FIXTURES)
  await run(process.execPath, ['../fixtures.mjs'], { cwd: fixtures })
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

async function runBlock(block: Block, cwd: string): Promise<string> {
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
  const env = { ...process.env, PATH: path, OTASEAL_PRIVATE_KEY: undefined, ...prepare(block, cwd) }
  if (block.file !== undefined) {
    writeFileSync(join(cwd, block.file), block.code)
    return ''
  }
  if (block.language === 'sh') return (await run('sh', ['-e', '-c', block.code], { cwd, env })).stdout
  const program = join(cwd, `line-${block.line}.mjs`)
  writeFileSync(program, block.language === 'ts' ? (await transform(block.code, { loader: 'ts' })).code : block.code)
  return (await run(process.execPath, ['--import', updates, program], { cwd, env })).stdout
}

describe('examples', () => {
  beforeAll(setUp)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.each(pages)('of %s', (page) => {
    const blocks = blocksOf(page)

    test('are all found, and tagged as what is run or as what is only shown', () => {
      expect(textOf(page).match(/^\s*(```|~~~)/gm) ?? []).toHaveLength(2 * blocks.length)
      expect(blocks.filter(({ language }) => ![...RUN, ...SHOWN].includes(language))).toEqual([])
    })

    test('that are files are used by a later one', () => {
      const unused = blocks.filter(({ file }, i) => file !== undefined && !blocks.slice(i + 1).some(({ code }) => code.includes(file)))
      expect(unused).toEqual([])
    })

    for (const block of blocks.filter(({ language }) => RUN.includes(language))) {
      test(`line ${block.line} (${block.language}) runs`, async () => {
        const printed = await runBlock(block, join(folder, page.replace(/\W/g, '-')))
        const promised = [...block.code.matchAll(/(?:\/\/|#) prints (.+)$/gm)].map(([, text]) => text)
        expect(printed.split('\n')).toEqual(expect.arrayContaining(promised))
      })
    }
  })
})

describe('docs/errors.md', () => {
  const rows = [...textOf('docs/errors.md').matchAll(/^\| `([^`]+)` \|(.*)$/gm)].map(([, code = '', row = '']) => ({ code, row }))

  test('has one row for each code', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual([...errorCodes].sort())
  })

  test('says which codes this version never raises', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== 'errors.ts' && !path.startsWith('cli'))
      .map((path) => textOf(join('src', path)))
    const silent = errorCodes.filter((code) => !sources.some((source) => source.includes(`'${code}'`)))
    expect(rows.filter(({ row }) => row.includes('Not raised by this version')).map(({ code }) => code)).toEqual(silent)
  })
})

test('docs/security.md names a code of the library in each row of its attacks', () => {
  const table = textOf('docs/security.md').split('\n## What is refused\n')[1]?.split('\n## ')[0] ?? ''
  const cells = [...table.matchAll(/^\|.*\| (`.*`) \|$/gm)].map(([, cell = '']) => cell)
  const codes = cells.flatMap((cell) => cell.replaceAll('`', '').split(', '))
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code) => !errorCodes.some((known) => known === code))).toEqual([])
})

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
}

test.each([...pages, 'CHANGELOG.md'])('every link within the repository in %s leads somewhere', (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  const broken = links.filter((target) => !/^https?:/.test(target)).filter((target) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, file))) return true
    const anchors = [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
    return anchor !== undefined && !anchors.includes(anchor)
  })
  expect(broken).toEqual([])
})

test('the change log begins with the version of the package', () => {
  const { version } = JSON.parse(textOf('package.json')) as { readonly version: string }
  expect(/^## \[([^\]]+)\] - \d{4}-\d\d-\d\d$/m.exec(textOf('CHANGELOG.md'))?.[1]).toBe(version)
})
