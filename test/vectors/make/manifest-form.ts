import { inTurn } from './in-turn.js'
import { entry, good, listOf, refuse, text } from './manifests.js'
import type { ManifestVector } from './manifests.js'
import type { ErrorCode } from '../../../src/errors.js'

/** R71: what is not the exact form of JSON, or no list of files. */
export async function jsonVectors(): Promise<readonly ManifestVector[]> {
  const bad = async (name: string, json: unknown): Promise<ManifestVector> => refuse('bad-manifest', name, json)
  const replaced = async (name: string, from: string, to: string): Promise<ManifestVector> => {
    if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`)
    return bad(name, text.replace(from, to))
  }
  const accented = { files: [entry('é')] }
  const escaped = async (name: string, to: string): Promise<ManifestVector> => refuse('bad-manifest', name, JSON.stringify(accented).replace('é', to), listOf(accented.files))
  return [
    await bad('no bytes', ''),
    await bad('no JSON', 'files'),
    await bad('white space before it', ` ${text}`),
    await bad('a line feed behind it', `${text}\n`),
    await bad('a byte order mark', `\ufeff${text}`),
    await bad('UTF-16', Buffer.from(text, 'utf16le')),
    await bad('two texts', text + text),
    await bad('a cut at the end', text.slice(0, -1)),
    await bad('a comment behind it', `${text}//`),
    await bad('a NUL behind it', `${text}\0`),
    await replaced('white space in it', ':', ': '),
    await replaced('a comma behind the last entry', ']', ',]'),
    await replaced('a member twice', '"size":5', '"size":4,"size":5'),
    await replaced('the list twice', '{"files":', '{"files":[],"files":'),
    await replaced('a member of the object twice', '"chunk":16384', '"chunk":262144,"chunk":16384'),
    await replaced('a number with a fraction of zero', '"size":5', '"size":5.0'),
    await replaced('a number with an exponent', '"size":5', '"size":5e0'),
    await replaced('a number with a plus', '"size":5', '"size":+5'),
    await replaced('a number with a leading zero', '"size":5', '"size":05'),
    await replaced('minus zero', '"size":5', '"size":-0'),
    await replaced('a number of more digits than it has', '"size":5', '"size":5.00000000000000001'),
    await replaced('an escape where none is needed', '"a"', '"\\u0061"'),
    await replaced('an escape in a name', '"path"', '"p\\u0061th"'),
    await replaced('an escaped slash', '"a"', '"a\\/b"'),
    await escaped('an escape of a letter with an accent', '\\u00e9'),
    await refuse('bad-manifest', 'an escaped surrogate pair', JSON.stringify({ files: [entry('🚀')] }).replace('🚀', '\\ud83d\\ude80'), listOf([entry('🚀')])),
    await replaced('NaN', '"size":5', '"size":NaN'),
    await bad('a byte that is no UTF-8', Buffer.from(text.replace('"a"', '"\u00ff"'), 'latin1')),
    await bad('a letter in more bytes of UTF-8 than it has', Buffer.from(text.replace('"a"', '"\u00c1\u00a1"'), 'latin1')),
    await bad('half of a surrogate pair in UTF-8', Buffer.from(text.replace('"a"', '"\u00ed\u00a0\u0080"'), 'latin1')),
    await bad('lists nested 10,000 times', '['.repeat(10_000) + ']'.repeat(10_000)),
    ...(await inTurn([null, 7, '"a"', true, [], {}, [good.files]], (json) => bad(`${typeof json === 'string' ? json : JSON.stringify(json).slice(0, 4)} in the place of an object`, json))),
    await bad('files that are null', { files: null }),
    await bad('files that are an object', { files: { 0: good.files[0] } }),
    await bad('a file that is null', { files: [null] }),
    await bad('a file that is text', { files: ['a'] }),
    await bad('a file that is a list', { files: [[good.files[0]]] }),
    await refuse('unsupported', 'an unknown member', { ...good, more: 1 }),
    await refuse('unsupported', 'a member __proto__', text.replace('{', '{"__proto__":1,')),
    await refuse('unsupported', 'a member constructor', { ...good, constructor: 1 }),
  ]
}

const [file] = good.files
/** What is not base64url of 32 bytes in the one writing that there is. */
const digests: readonly (readonly [string, unknown])[] = [
  ['is missing', undefined], ['is null', null], ['is a number', 7], ['is empty', ''], ['has 31 bytes', Buffer.alloc(31).toString('base64url')], ['has 33 bytes', Buffer.alloc(33).toString('base64url')],
  ['has padding', `${file.sha256}=`], ['is in hex', Buffer.from(file.sha256, 'base64url').toString('hex')], ['has bits that mean nothing', `${'A'.repeat(42)}B`], ['has characters of base64 alone', `+/${'A'.repeat(41)}`],
  ['has a space', `${'A'.repeat(42)} `],
]
const sizes: readonly (readonly [string, unknown])[] = [['is missing', undefined], ['is null', null], ['is text', '5'], ['is negative', -1], ['is no whole number', 0.5], ['is 2^53', 2 ** 53], ['is a list', [5]], ['is true', true]]

/** R72: entries that lack something, have something more, or have values that can't be. */
export async function entryVectors(): Promise<readonly ManifestVector[]> {
  const spoilt = async (code: ErrorCode, name: string, more: object, object: object = {}): Promise<ManifestVector> =>
    refuse(code, name, { files: [{ ...file, object: { ...file.object, ...object }, ...more }] })
  const inFile = async (member: string, values: readonly (readonly [string, unknown])[]): Promise<readonly ManifestVector[]> =>
    inTurn(values, async ([what, value]) => spoilt('bad-manifest', `a file whose ${member} ${what}`, { [member]: value }))
  const inObject = async (member: string, values: readonly (readonly [string, unknown])[]): Promise<readonly ManifestVector[]> =>
    inTurn(values, async ([what, value]) => spoilt('bad-manifest', `an object whose ${member} ${what}`, {}, { [member]: value }))
  const notTexts: readonly (readonly [string, unknown])[] = [['is missing', undefined], ['is null', null], ['is a number', 7], ['is a list', ['a']]]
  return [
    ...(await inFile('path', notTexts)),
    ...(await inFile('size', sizes)),
    ...(await inFile('sha256', digests)),
    ...(await inFile('object', [['is missing', undefined], ['is null', null], ['is text', file.object.index], ['is a list', [file.object]]])),
    ...(await inObject('index', digests.filter((_, i) => i % 2 === 0))),
    ...(await inObject('key', digests.filter((_, i) => i % 2 === 1))),
    ...(await inObject('chunk', [['is missing', undefined]])),
    await spoilt('bad-manifest', 'an encoding without a size', {}, { encoding: 'gzip' }),
    await spoilt('bad-manifest', 'a size of the object without an encoding', {}, { size: 4 }),
    ...(await inTurn(sizes.slice(1), async ([what, value]) => spoilt('bad-manifest', `an encoded object whose size ${what}`, {}, { encoding: 'gzip', size: value }))),
    await spoilt('unsupported', 'a file with an unknown member', { mode: 420 }),
    await refuse('unsupported', 'a file with a member __proto__', text.replace('"path"', '"__proto__":{},"path"')),
    await spoilt('unsupported', 'an object with an unknown member', {}, { salt: file.sha256 }),
    await refuse('unsupported', 'an object with a member toString', text.replace('"index"', '"toString":1,"index"')),
    ...(await inTurn([0, 1, 16_383, 65_536, 262_145], async (chunk) => spoilt('unsupported', `a chunk of ${chunk} bytes`, {}, { chunk }))),
    ...(await inTurn(['GZIP', 'zstd', 'deflate', 'identity', 'constructor'], async (encoding) => spoilt('unsupported', `the encoding ${encoding}`, {}, { encoding, size: 4 }))),
  ]
}
