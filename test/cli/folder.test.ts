import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, codeOf, json, namesIn, otaseal, release, workFolder } from './cli.js'

const isPosix = process.platform !== 'win32'
const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => createHash('sha256').update(String(i)).digest()[0] ?? 0))
const app: Readonly<Record<string, string | Uint8Array>> = {
  'index.html': '<p>hello</p>'.repeat(1000),
  'empty.txt': '',
  'assets/10.js': 'ten',
  'assets/9.js': 'nine',
  'assets/deep/er/random.bin': random,
  'Zebra.txt': 'capitals first',
  'ümlaut 日本 😀.txt': 'names beyond ASCII',
  'cafe\u0301.txt': 'a name that is not in NFC',
  '10': 'a name like a number',
  '2': 'another',
  '.otaseal_key.pub': 'public keys are welcome',
}

let folder: string

beforeAll(async () => {
  folder = await workFolder()
})

function makeFolder(name: string, files: readonly (readonly [string, string | Uint8Array])[], age = 0): string {
  for (const [path, content] of files) {
    const file = join(folder, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    utimesSync(file, 1e9 + age, 1e9 + age)
  }
  return name
}

/** Encrypts a folder, decrypts it again, and returns the ZIP file. */
async function pack(name: string, env: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const sealed = await otaseal(folder, ['encrypt', name, ...release, '--force', '--json'], { env })
  expect(json(sealed)).toMatchObject({ ok: true, output: `${name}.otaseal`, type: 'application/zip' })
  const zip = await otaseal(folder, ['decrypt', `${name}.otaseal`, ...accept, '-o', '-'])
  expect(createHash('sha256').update(zip.bytes).digest('hex')).toBe(json(sealed)['checksum'])
  return zip.bytes
}

describe('a folder', () => {
  it('is packed with the names and contents that it has', async () => {
    const files = new Map(Object.entries(unzipSync(await pack(makeFolder('plain', Object.entries(app))))))
    expect([...files.keys()].sort()).toEqual(Object.keys(app).map((name) => name.normalize('NFC')).sort())
    for (const [name, content] of Object.entries(app)) {
      expect(Buffer.from(files.get(name.normalize('NFC')) ?? [])).toEqual(Buffer.from(content))
    }
  })

  it('gives the same bytes on every machine, whatever the order, the times and the time zone', async () => {
    makeFolder('first', Object.entries(app))
    makeFolder('second', Object.entries(app).reverse(), 12_345_678)
    const zips = await Promise.all([
      pack('first', { TZ: 'UTC', LANG: 'C' }),
      pack('second', { TZ: 'Pacific/Kiritimati', LANG: 'de_DE.UTF-8' }),
      pack(makeFolder('third', Object.entries(app), 1), { TZ: 'America/Los_Angeles' }),
    ])
    const sums = zips.map((zip) => createHash('sha256').update(zip).digest('hex'))
    expect(new Set(sums)).toEqual(new Set(['9bb3768b572f01f1d204406da43a37027d478f4b569e4dcd9ccb86329b85795e']))
  })

  it.runIf(works('unzip', '-v'))('unpacks with Info-ZIP', async () => {
    const zip = await pack(makeFolder('tools', Object.entries(app)))
    writeFileSync(join(folder, 'tools.zip'), zip)
    expect(works('unzip', '-tqq', join(folder, 'tools.zip'))).toBe(true)
  })

  it('is named with a slash or as the current folder, too', async () => {
    makeFolder('slash', [['a', 'a']])
    expect(json(await otaseal(folder, ['encrypt', 'slash/', ...release, '--json']))).toMatchObject({ output: 'slash.otaseal' })
    const key = join(folder, '.otaseal_key')
    const run = await otaseal(join(folder, 'slash'), ['encrypt', '.', ...release, '--key', key, '--force', '--json'])
    expect(json(run)['output']).toMatch(/slash\.otaseal$/)
    expect(namesIn(join(folder, 'slash'))).toEqual(['a'])
  })
})

describe('refused in a folder', () => {
  async function refusal(name: string, ...more: readonly string[]): Promise<readonly unknown[]> {
    const before = namesIn(folder)
    const run = await otaseal(folder, ['encrypt', name, ...release, ...more, '--json'])
    const { error } = json(run) as { readonly error: { readonly message: string } }
    expect(namesIn(folder)).toEqual(before)
    return [run.code, codeOf(run), error.message]
  }

  it('a name that would be lost', async () => {
    expect(await refusal(makeFolder('trap', [['a', 'a'], ['__proto__', 'x']]))).toEqual([1, 'io', expect.stringContaining('__proto__')])
  })

  it('no file at all', async () => {
    mkdirSync(join(folder, 'hollow/sub'), { recursive: true })
    expect(await refusal('hollow')).toEqual([1, 'io', expect.stringContaining('hollow')])
  })

  it.each(['.otaseal_key', 'sub/.otaseal_key', '.otaseal_key.old', '.otaseal_secret', '.otaseal_key.pub.bak'])('%s', async (path) => {
    const name = makeFolder(`with ${path.replaceAll('/', ' ')}`, [['a', 'a'], [path, 'secret']])
    expect(await refusal(name)).toEqual([1, 'io', expect.stringContaining(join(name, path))])
  })

  it('a private key that is found only when much was packed', async () => {
    const files = [['a', Buffer.concat(Array<Buffer>(40).fill(random))], ['b.txt', readFileSync(join(folder, '.otaseal_key'))]] as const
    expect(await refusal(makeFolder('late', files))).toEqual([1, 'io', expect.stringContaining('b.txt is a private key')])
  })

  it('a file that no ZIP file can hold', async () => {
    makeFolder('giant', [['a', 'a'], ['b', '']])
    truncateSync(join(folder, 'giant/b'), 2 ** 32 - 1)
    expect(await refusal('giant')).toEqual([1, 'io', expect.stringContaining('giant/b takes more than 4294967294 bytes')])
  })

  it('the key that signs, under any name', async () => {
    makeFolder('own', [['a', 'a'], ['release.pem', readFileSync(join(folder, '.otaseal_key'), 'utf8')]])
    expect(await refusal('own', '--key', 'own/release.pem')).toEqual([2, 'usage', expect.stringContaining('release.pem')])
  })

  it('a private key as the whole bundle', async () => {
    expect(await refusal('.otaseal_key')).toEqual([1, 'io', expect.stringContaining('private key')])
    writeFileSync(join(folder, 'release.pem'), readFileSync(join(folder, '.otaseal_key')), { mode: 0o600 })
    expect(await refusal('release.pem', '--key', './release.pem')).toEqual([2, 'usage', expect.stringContaining('private key')])
  })

  it('the envelope itself', async () => {
    makeFolder('outer', [['a', 'a'], ['sub/b', 'b']])
    for (const output of ['outer/x.otaseal', 'outer/sub/x.otaseal', 'outer/sub/../x']) {
      expect(await refusal('outer', '-o', output)).toEqual([2, 'usage', expect.stringContaining('inside')])
    }
    expect((await otaseal(folder, ['encrypt', 'outer', ...release, '-o', 'outer2.otaseal'])).code).toBe(0)
  })

  it.runIf(isPosix)('symbolic links, sockets, pipes and odd names', async () => {
    for (const name of ['link', 'linkdir', 'socket', 'pipe', 'back']) makeFolder(name, [['a', 'a']])
    symlinkSync('a', join(folder, 'link/to-a'))
    symlinkSync('..', join(folder, 'linkdir/up'))
    execFileSync('mkfifo', [join(folder, 'pipe/fifo')])
    writeFileSync(join(folder, 'back/sl\\ash'), '')
    const server = createServer().listen(join(folder, 'socket/sock'))
    const expected = [['link', 'link/to-a'], ['linkdir', 'linkdir/up'], ['socket', 'socket/sock'], ['pipe', 'pipe/fifo'], ['back', 'back/sl\\ash']] as const
    for (const [name, path] of expected) expect(await refusal(name)).toEqual([1, 'io', expect.stringContaining(path)])
    server.close()
  })

  // Only there can both names be in one folder, or a name be no Unicode text.
  it.runIf(process.platform === 'linux')('names that are equal in NFC, and names that are no text', async () => {
    makeFolder('twins', [['caf\u00e9', '1'], ['cafe\u0301', '2']])
    expect(await refusal('twins')).toEqual([1, 'io', expect.stringContaining('caf\u00e9')])
    makeFolder('bytes', [['a', 'a']])
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'bytes/')), Buffer.from([0xff])]), '')
    expect(await refusal('bytes')).toEqual([1, 'io', expect.any(String)])
  })
})

function works(tool: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(tool, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
