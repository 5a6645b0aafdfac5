import { MANIFEST_TYPE } from '../../../src/format/manifest.js'
import { entryVectors, jsonVectors } from './manifest-form.js'
import { acceptedFolds, acceptedPaths, foldVectors, hiddenVectors, pathVectors } from './manifest-paths.js'
import { accept, acceptText, digest as listDigest, entry, good, listOf, refuse, refuseFiles, refusedManifest, sealed, text } from './manifests.js'
import { fromBase64url, base64url, flipped, withHeader } from './publisher.js'
import type { FileEntry } from '../../../src/format/manifest.js'
import type { ManifestVector } from './manifests.js'
import type { VectorFile } from '../vector.js'

const about = ['Envelopes of manifests, and what a device must make of each. README.md beside this file says what each member means.']

export async function makeFamily(): Promise<VectorFile> {
  const vectors: ManifestVector[] = []
  const parts = [acceptedVectors, acceptedPaths, acceptedFolds, envelopeVectors, listVectors, jsonVectors, entryVectors, contentVectors, pathVectors, hiddenVectors, foldVectors]
  for (const part of parts) vectors.push(...(await part()))
  return { about, vectors }
}

/** The most bytes that an object can hold, for each chunk size. */
const MOST = 2 ** 20 * 16_384 - 1
const MOST_LARGE = 2 ** 20 * 262_144 - 1

const packed = (path: string, size: number, object = 9): FileEntry => entry(path, { size }, { encoding: 'gzip', size: object })

/** The example of section 11.1 of the specification, and the list of its objects. */
const example =
  '{"files":[{"path":"index.html","size":15,"sha256":"MgokAE9kmpi2VTXnwGvY3zROEKPQBjFqxj27rLHbAgM","object":{"index":"MX2h9SAPVUEfKj-R6lBW7ifpuPbLOmS82zDkKrt1Nrg",' +
  '"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","chunk":16384}},' +
  '{"path":"en/index.html","size":15,"sha256":"MgokAE9kmpi2VTXnwGvY3zROEKPQBjFqxj27rLHbAgM","object":{"index":"MX2h9SAPVUEfKj-R6lBW7ifpuPbLOmS82zDkKrt1Nrg",' +
  '"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","chunk":16384}},' +
  '{"path":"assets/app.js","size":48211,"sha256":"c2XQKYYeMsUh-AibAKb7MtrwYVAltptZnRzlNQG4RcI","object":{"index":"E_KDluI273UqL455EcXsxnUOPJuWEUR1smDMc83QbTo",' +
  '"key":"j6Oqsvqpt54KA5jaW1q9B4AUJEKlvoC5pkYI1xjLH80","chunk":262144,"encoding":"br","size":11904}}]}'
const exampleList =
  '{"objects":["13f28396e236ef752a2f8e7911c5ecc6750e3c9b96114475b260cc73cdd06d3a","317da1f5200f55411f2a3f91ea5056ee27e9b8f6cb3a64bcdb30e42abb7536b8"]}'

/** R71, R72, R76, R79: manifests of which nothing is wrong. */
async function acceptedVectors(): Promise<readonly ManifestVector[]> {
  const shared = entry('a')
  const reversed = (value: object): unknown => Object.fromEntries(Object.entries(value).reverse().map(([name, each]) => [name, name === 'object' ? reversed(each as object) : (each as unknown)]))
  return [
    await accept('no file', []),
    await accept('one file', good.files),
    await acceptText('the example of the specification', example, exampleList),
    await accept('two files of one object, which is listed once', [shared, { ...shared, path: 'b' }]),
    await accept('objects that are not in their order', ['a', 'b', 'c', 'd', 'e', 'f'].map((path) => entry(path))),
    await acceptText('members in another order', JSON.stringify({ files: [reversed(good.files[0])] }), listOf(good.files)),
    await accept('both chunk sizes and both encodings', [
      entry('a'), entry('b', {}, { chunk: 262_144 }), entry('c', {}, { encoding: 'gzip', size: 4 }), entry('d', {}, { chunk: 262_144, encoding: 'br', size: 4 }),
    ]),
    await accept('a file of no bytes', [entry('a', { size: 0 })]),
    await accept('a file that is compressed to no bytes', [entry('a', {}, { encoding: 'br', size: 0 })]),
    await accept('as many chunks of 16,384 bytes as there may be', [entry('a', { size: MOST })]),
    await accept('as many chunks of 262,144 bytes as there may be', [entry('a', { size: MOST_LARGE }, { chunk: 262_144 })]),
    await accept('a compressed file of 2^53 - 1 bytes', [packed('a', 2 ** 53 - 1, MOST)]),
    await accept('files of 2^53 - 1 bytes together', [packed('a', 2 ** 53 - 1 - 10), packed('b', 10)]),
    await accept('files of maxSize bytes together', [entry('a'), entry('b')], { maxSize: 10 }),
    await accept('two files of one content in two objects', [entry('a'), { ...entry('b'), sha256: entry('a').sha256 }]),
    await accept('two objects of one key', [entry('a'), entry('b', {}, { key: entry('a').object.key })]),
    await accept('no demand of a device', good.files, { app: null, channel: null, lastSequence: null }),
    await acceptText('no otaseal-objects', text, listOf(good.files), {}, { meta: { note: 'another tool' } }),
    await acceptText('other members of meta beside it, in the order of exact form, with all kinds of characters', text, listOf(good.files), {}, {
      meta: { 2: 'two', 10: 'ten', '__proto__x': '"\\/\b\f\n\r\t\u0001\u001f\u007f\u2028', 'otaseal-objects': listDigest(listOf(good.files)), 'é🚀': '\ufeff\u{10ffff}' },
    }),
    await acceptText('no meta', text, listOf(good.files), {}, { meta: undefined }),
    await accept('chunks of 262,144 bytes in the envelope', good.files, {}, { chunkSize: 262_144 }),
    await accept('more than one chunk of the list', Array.from({ length: 80 }, (_, i) => entry(`file${i}`))),
  ]
}

/** R49, R42, R46, R71: what of the envelope a manifest demands. */
async function envelopeVectors(): Promise<readonly ManifestVector[]> {
  const honest = await sealed(good, listOf(good.files))
  const typed = async (type: string): Promise<ManifestVector> => refusedManifest('wrong-type', `the type ${type}`, await sealed(good, listOf(good.files), { type }))
  const sized = await withHeader(honest, ({ bundle }) => (bundle.size = 67_108_865))
  const checksum = await withHeader(honest, ({ bundle }) => (bundle.checksum = base64url(flipped(fromBase64url(bundle.checksum), 0))))
  return [
    await typed('application/zip'),
    await typed('application/octet-stream'),
    await typed('application/json'),
    await typed('application/vnd.otaseal.trust+json'),
    await typed(`${MANIFEST_TYPE}2`),
    await typed(MANIFEST_TYPE.toUpperCase()),
    refusedManifest('too-large', 'a list that is to have 67,108,865 bytes, whatever comes of it', sized),
    { ...refusedManifest('bad-checksum', 'another checksum of the list signed', checksum), serverAccepts: true },
    refusedManifest('bad-chunk', 'a flipped bit in the list', { ...honest, payload: new Uint8Array(flipped(honest.payload, 100)) }),
    refusedManifest('rollback', 'the release that is installed', honest, { lastSequence: 1000 }),
  ]
}

/** R79: the object list that is signed beside the manifest. */
async function listVectors(): Promise<readonly ManifestVector[]> {
  const files = ['a', 'b', 'c'].map((path) => entry(path))
  const list = listOf(files)
  const { objects } = JSON.parse(list) as { objects: string[] }
  const of = async (name: string, other: string): Promise<ManifestVector> => refuse('bad-manifest', name, { files }, other)
  const member = async (name: string, change: (digest: string) => string): Promise<ManifestVector> => {
    const envelope = await withHeader(await sealed({ files }, list), (header) => {
      const { meta } = header as unknown as { meta: Record<string, string> }
      meta['otaseal-objects'] = change(meta['otaseal-objects'] as string)
    })
    return { ...refusedManifest('bad-manifest', name, envelope), serverAccepts: true }
  }
  return [
    await of('an object list with an object more', listOf([...files, entry('d')])),
    await of('an object list with an object less', listOf(files.slice(1))),
    await of('the object list of no file', listOf([])),
    await of('an object list that is descending', JSON.stringify({ objects: [...objects].reverse() })),
    await of('an object list with a name twice', JSON.stringify({ objects: [...objects, objects.at(-1)] })),
    await of('an object list in capitals', list.replace(/[a-f]/g, (letter) => letter.toUpperCase()).replace('{"oBjECts"', '{"objects"')),
    await of('an object list in base64url', JSON.stringify({ objects: files.map(({ object }) => object.index).sort() })),
    await of('an object list with a line feed behind it', `${list}\n`),
    await of('an object list with white space', list.replaceAll(',', ', ')),
    await of('an object list of another member', list.replace('objects', 'names')),
    await of('the names alone, without their member', JSON.stringify(objects)),
    await member('a flipped bit in otaseal-objects', (digest) => base64url(flipped(fromBase64url(digest), 31))),
    await member('otaseal-objects with padding', (digest) => `${digest}=`),
    await member('otaseal-objects in hex', (digest) => Buffer.from(digest, 'base64url').toString('hex')),
    await member('an empty otaseal-objects', () => ''),
    await member('the beginning of otaseal-objects', (digest) => base64url(fromBase64url(digest).subarray(0, 16))),
    await member('otaseal-objects with bits that mean nothing', withLooseBits),
  ]
}

/** Another text of the same bytes for decoders that look at no unused bits: 32 bytes leave two of them. */
function withLooseBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) + 1] as string)
}

/** R4, R5, R72, R76: entries that are each in the right form, and not together. */
async function contentVectors(): Promise<readonly ManifestVector[]> {
  const shared = entry('a', {}, { encoding: 'gzip', size: 4 })
  const differing = async (name: string, more: Partial<FileEntry>, object: Partial<FileEntry['object']> = {}): Promise<ManifestVector> =>
    refuseFiles(`two entries of one object with ${name}`, [shared, { ...shared, path: 'b', ...more, object: { ...shared.object, ...object } }])
  const bare = entry('a').object
  const small = await sealed({ files: [entry('a'), entry('b')] }, listOf([entry('a'), entry('b')]))
  return [
    await differing('different sizes', { size: 6 }),
    await differing('different digests of the file', { sha256: entry('b').sha256 }),
    await differing('different keys', {}, { key: entry('b').object.key }),
    await differing('different chunk sizes', {}, { chunk: 262_144 }),
    await differing('different encodings', {}, { encoding: 'br' }),
    await differing('different sizes of the object', {}, { size: 3 }),
    await refuseFiles('two entries of one object, of which one has an encoding', [shared, { ...shared, path: 'b', object: bare }]),
    await refuseFiles('two entries of one object that differ, others between', [shared, entry('c'), { ...shared, path: 'b', size: 6 }]),
    await refuseFiles('the same entry twice', [entry('a'), entry('a')]),
    await refuseFiles('files of 2^53 bytes together', [packed('a', 2 ** 53 - 1), entry('b', { size: 1 })]),
    await refuseFiles('files of far more than 2^53 bytes together', Array.from({ length: 9 }, (_, i) => packed(String(i), 2 ** 53 - 1))),
    await refuseFiles('a chunk of 16,384 bytes more than there may be', [entry('a', { size: MOST + 1 })]),
    await refuseFiles('a chunk of 262,144 bytes more than there may be', [entry('a', { size: MOST_LARGE + 1 }, { chunk: 262_144 })]),
    await refuseFiles('a chunk more than there may be, of a compressed file', [packed('a', 2 ** 53 - 1, MOST + 1)]),
    await refuseFiles('a compressed file as large as the file', [packed('a', 5, 5)]),
    await refuseFiles('a compressed file that is larger than the file', [packed('a', 5, 6)]),
    await refuseFiles('a file of no bytes with an encoding', [packed('a', 0, 0)]),
    refusedManifest('too-large', 'files of a byte more than maxSize together', small, { maxSize: 9 }),
  ]
}
