import { win32, posix } from 'node:path'
import { openManifest } from '../../../src/manifest.js'
import { manifestBytes, parseManifest } from '../../../src/format/manifest.js'
import { objectListText, parseObjectList } from '../../../src/format/object-list.js'
import { pathSet } from '../../../src/format/path.js'
import { httpFetcher } from '../../../src/manifest/http-fetcher.js'
import { attempt, bytesOf, codeOf, drain, edited, must, mustAgree, partsOf, streamOf, textOf } from '../oracle.js'
import { decoded, demands, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'
import type { FileEntry } from '../../../src/format/manifest.js'
import type { OpenedManifest } from '../../../src/manifest.js'

const json = (): Uint8Array => decoded(fixtures.manifest.json)
const entries = (): readonly FileEntry[] => parseManifest(json())

export const manifest: Target = {
  name: 'manifest',
  seeds: () => [json(), bytesOf('{"files":[]}'), bytesOf(JSON.stringify({ files: entries().slice(0, 1).map((file) => ({ ...file, object: { ...file.object, encoding: 'gzip', size: 9 } })) }))],
  run: async (input) => {
    const read = await attempt(() => parseManifest(input))
    if (read.code !== undefined) { must(read.code === 'bad-manifest' || read.code === 'unsupported' || read.code === 'limit-exceeded', 'a manifest is refused as one'); return; }
    mustAgree(manifestBytes(read.value), input, 'a manifest is written as it was read')
    checkPaths(read.value.map(({ path }) => path))
    must(read.value.every(({ size, object }) => Number.isSafeInteger(size) && (object.size ?? -1) < size), 'what is compressed is smaller')
    must(new Set(read.value.map(({ object }) => JSON.stringify(Object.entries(object).sort()))).size === new Set(read.value.map(({ object }) => object.index)).size, 'an object has one key')
  },
}

/** What paths must be that a device writes to, in other words than the code: those of node:path, on both kinds of system. */
function checkPaths(paths: readonly string[]): void {
  const [root, drive] = ['/root', 'C:\\root']
  for (const path of paths) {
    must(posix.join(root, path) === `${root}/${path}` && posix.resolve(root, path) === `${root}/${path}`, 'a path stays in its folder')
    must(win32.join(drive, path) === `${drive}\\${path.replaceAll('/', '\\')}` && win32.resolve(drive, path) === `${drive}\\${path.replaceAll('/', '\\')}`, 'it does on Windows')
    must(bytesOf(path).length <= 1024 && path.split('/').every((name) => name !== '' && bytesOf(name).length <= 255 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(name)), 'its parts have their bounds, and no characters that nobody sees')
    must(path.normalize('NFC') === path, 'it is in one form of Unicode')
  }
  const folded = paths.map((path) => path.toLowerCase().normalize('NFD'))
  must(new Set(folded).size === paths.length && new Set(paths.map((path) => path.toUpperCase().normalize('NFC'))).size === paths.length, 'no two differ in upper and lower case alone')
  const files = new Set(folded)
  must(folded.every((path) => path.split('/').every((_, i, names) => i === 0 || !files.has(names.slice(0, i).join('/')))), 'none is a file and a folder')
}

export const paths: Target = {
  name: 'paths',
  seeds: () => ['a\nb/c\nB/C', 'straße\nSTRASSE', 'ſ\nS\ns', 'con.txt\n../x\n/abs\na//b\nC:\\x\na.', '☃\ufe0f\n☃', 'e\u0301\né', 'ͅα\nια\u0345', 'a\na/b'].map(bytesOf),
  run: (input) => {
    const problemOf = pathSet()
    const taken = textOf(input).split('\n').filter((path) => problemOf(path) === undefined)
    checkPaths(taken)
    const again = pathSet()
    must(taken.reverse().every((path) => again(path) === undefined), 'the order makes no difference')
  },
}

export const objectList: Target = {
  name: 'object-list',
  seeds: () => [bytesOf(objectListText(['0'.repeat(64), 'f'.repeat(64), '7'.repeat(64)])), bytesOf('{"objects":[]}')],
  run: async (input) => {
    const read = await attempt(() => parseObjectList(input))
    const text = Buffer.from(input).toString('latin1')
    const names = [...text.matchAll(/[0-9a-f]{64}/g)].map(([name]) => name)
    const isRight = text === `{"objects":[${names.map((name) => `"${name}"`).join(',')}]}` && names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name)
    must((read.code === undefined) === isRight, 'just what is sorted and exact is taken')
    if (read.code === undefined) mustAgree(read.value, names, 'names are what stands there')
  },
}

let opening: Promise<OpenedManifest> | undefined

export const object: Target = {
  name: 'object',
  maxSize: 64,
  seeds: () => [[0], [1], [2], [2, 1, 0, 0, 5, 1], [2, 5, 0, 0, 152, 1], [1, 2, 0, 0, 100, 0]].map((bytes) => Uint8Array.from(bytes)),
  run: async (script) => {
    opening ??= openManifest(decoded(fixtures.manifest.bytes), { trust: fixtures.keys.a.publicKey, ...demands })
    const opened = await opening
    const { objects } = fixtures.manifest
    const [wanted, given] = [objects[(script[0] ?? 0) % 3], objects[((script[0] ?? 0) >> 2) % 3]]
    const bytes = edited(decoded((((script[0] ?? 0) & 128) === 0 ? wanted : given)?.object ?? ''), script.subarray(1))
    const read = await attempt(() => opened.decryptObject(wanted?.path ?? '', bytes))
    if (read.code === undefined) mustAgree(read.value, decoded(wanted?.file ?? ''), 'a file is what the publisher sealed')
  },
}

/** Requests: two numbers. */
const rangeOf = (text: string): { readonly start: number; readonly end: number } => {
  const [start = 0, length = 1] = text.split(' ').map((number) => Math.abs(Number.parseInt(number, 10)) % 1000 || 0)
  return { start, end: start + Math.max(1, length) }
}

export const httpAnswer: Target = {
  name: 'http-answer',
  seeds: () => ['206\ncontent-range:bytes 10-29/100\n10 20\n01234567890123456789', '200\n\n10 20\n0123456789012345678901234567890123456789', '503\nretry-after:9\n0 1\n', '404\n\n0 1\n', '206\ncontent-encoding:gzip\n0 5\nabcde', '429\nretry-after:Wed, 21 Oct 2099 07:28:00 GMT\n0 5\n'].map(bytesOf),
  run: async (input) => {
    const [status = '', fields = '', range = ''] = partsOf(input, 4).map(textOf)
    const body = partsOf(input, 4)[3] ?? new Uint8Array(0)
    const { start, end } = rangeOf(range)
    const headers = new Map(fields.split('|').map((field) => [field.split(':')[0] ?? '', field.split(':').slice(1).join(':')]))
    const answer = { status: Number(status), headers: { get: (name: string) => headers.get(name) ?? null }, body: streamOf(body, [3, 50]) }
    const fetch = httpFetcher('https://example.com/objects', { fetch: async () => answer })
    const result = await fetch({ name: 'f'.repeat(64), size: end + 5, range: { start, end } }).then((stream) => ({ stream }), (error: unknown) => ({ error }))
    if ('error' in result) { checkRefusal(result.error, answer.status); return; }
    must(answer.status === 200 || answer.status === 206, 'only bytes are taken for bytes')
    const { given, error } = await drain(result.stream)
    const part = Buffer.from(body).subarray(answer.status === 200 ? start : 0).subarray(0, end - start)
    must(part.subarray(0, given.length).equals(given), 'the bytes are those that were asked for')
    must((given.length === end - start) === (error === undefined), 'all of them come, or an error')
  },
}

function checkRefusal(error: unknown, status: number): void {
  must(error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError), 'an answer is refused with an error of its own')
  const { retryAfter, code } = error as { readonly retryAfter?: unknown; readonly code?: unknown }
  if (code !== undefined) must(codeOf(error) === 'fetch-failed' && status >= 400 && status < 500 && ![408, 425, 429].includes(status), 'only what is final is final')
  must(retryAfter === undefined || (typeof retryAfter === 'number' && retryAfter >= 0), 'a pause is a number')
}
