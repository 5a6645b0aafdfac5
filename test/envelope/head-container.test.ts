import { describe, expect, test } from 'vitest'
import { decodeHead, joinEnvelope, openEnvelope, splitEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { rawHead } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { ErrorCode } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const sealed = await seal(signer, bundle)
const file = Buffer.from(sealed.toBytes())
const device = accepting(signer)

function withByte(at: number, value: number): Buffer {
  const changed = Buffer.from(file)
  changed[at] = value
  return changed
}

function withHeadSize(size: number): Buffer {
  const changed = Buffer.from(file)
  changed.writeUInt32BE(size, 8)
  return changed
}

function withHeadBytes(head: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(head.length)
  return Buffer.concat([file.subarray(0, 8), size, head, sealed.payload])
}

/** R1, R2, R3: what a file can be instead of an envelope, and what a person is told to do about it. */
const files: readonly (readonly [string, Uint8Array, ErrorCode, RegExp])[] = [
  ['other bytes', pattern(2000), 'not-an-envelope', /right file/],
  ['text', Buffer.from('<html>404 Not Found</html>'), 'not-an-envelope', /right file/],
  ['its base64 text', Buffer.from(file.toString('base64')), 'not-an-envelope', /base64.*decode it first/],
  ['a plain ZIP file', Buffer.from('PK\u0003\u0004 and more'), 'not-an-envelope', /ZIP.*encrypt it first/],
  ['a head alone', Buffer.from(sealed.head), 'not-an-envelope', /JSON.*\{ head, payload \}/],
  ['a file whose LF became CRLF', crlf(file), 'not-an-envelope', /line ends.*as binary/],
  [
    'a file that was read as Latin-1 text and stored as UTF-8',
    Buffer.from(file.toString('latin1'), 'utf8'),
    'not-an-envelope',
    /as text.*as binary/,
  ],
  ['a file of the next version', withByte(5, 0x33), 'unsupported', /later version: update/],
  ['a file of version 9', withByte(5, 0x39), 'unsupported', /later version: update/],
  ['a byte above the digits in the place of the version', withByte(5, 0x3a), 'not-an-envelope', /right file/],
  ['text with a digit in the place of the version', Buffer.from('line 3 of a log'), 'not-an-envelope', /right file/],
  ['other bytes, fewer than the magic has', Buffer.from('OTA'), 'not-an-envelope', /right file/],
  ['a file of version 1', withByte(5, 0x31), 'not-an-envelope', /right file/],
  ['a magic that is changed after the version', withByte(7, 0x1b), 'not-an-envelope', /right file/],
  ['no bytes at all', new Uint8Array(0), 'truncated', /download it again/],
  ['half of the magic', file.subarray(0, 4), 'truncated', /download it again/],
  ['the magic alone', file.subarray(0, 8), 'truncated', /size of the head/],
  ['a head that is cut off', file.subarray(0, 100), 'truncated', /the head takes/],
  ['a head that claims all there is and a byte more', withHeadSize(file.length - 11), 'truncated', /the head takes/],
  ['a head that claims 4 GiB', withHeadSize(0xffff_ffff), 'limit-exceeded', /at most 262144/],
  ['a head that claims 262,145 bytes', withHeadSize(262_145), 'limit-exceeded', /at most 262144/],
  ['a head of 300 KB, and there', withHeadBytes(Buffer.alloc(300_000, 0x20)), 'limit-exceeded', /at most 262144/],
  ['a head of no bytes', withHeadBytes(Buffer.alloc(0)), 'malformed-head', /not JSON/],
  [
    'a head that is not UTF-8',
    withHeadBytes(Buffer.concat([Buffer.from(sealed.head), Buffer.of(0xff)])),
    'malformed-head',
    /UTF-8/,
  ],
  [
    'a head with an overlong space',
    withHeadBytes(Buffer.concat([Buffer.from(sealed.head), Buffer.of(0xc0, 0xa0)])),
    'malformed-head',
    /UTF-8/,
  ],
  ['a head with a BOM', withHeadBytes(Buffer.from(`\ufeff${sealed.head}`)), 'malformed-head', /not JSON/],
]

function crlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}

describe('a file', () => {
  test('that is an envelope is accepted: the control of what follows', async () => {
    await expectAccepted(file, device, bundle)
    await expectAccepted(withHeadBytes(Buffer.from(sealed.head)), device, bundle)
    await expectAccepted(withHeadSize(rawHeadSize()), device, bundle)
  })

  test.each(files)('that is %s is refused', async (_, bytes, code, message) => {
    await expectRefused(() => verifyAndDecrypt(bytes, device), code, message)
    await expectRefused(() => splitEnvelopeAndDecode(bytes), code, message)
  })
})

function rawHeadSize(): number {
  return Buffer.byteLength(sealed.head)
}

function splitEnvelopeAndDecode(bytes: Uint8Array): unknown {
  return decodeHead(splitEnvelope(bytes).head)
}

/** A head's own text, where it is at fault as a whole. */
const heads: readonly (readonly [string, string | Uint8Array | object, ErrorCode, RegExp])[] = [
  ['no text', '', 'malformed-head', /not JSON/],
  ['text that is not JSON', 'not json', 'malformed-head', /not JSON/],
  ['a JSON null', 'null', 'malformed-head', /not an object/],
  ['a JSON array', '[]', 'malformed-head', /not an object/],
  ['a JSON string', '"head"', 'malformed-head', /not an object/],
  ['an empty object', '{}', 'malformed-head', /lacks the member/],
  ['an array', [], 'malformed-head', /not an object/],
  ['an object that is no head', { ok: true }, 'unsupported', /does not know/],
  ['text of 300 KB', sealed.head.padEnd(300_000), 'limit-exceeded', /262144/],
  ['bytes of 300 KB', Buffer.from(sealed.head.padEnd(300_000)), 'limit-exceeded', /262144/],
  ['an object of 300 KB', { ...rawHead(sealed.head), keys: ['a'.repeat(300_000)] }, 'limit-exceeded', /262144/],
  [
    'text with few characters but 300 KB of UTF-8',
    `${sealed.head.slice(0, -1)},"${'é'.repeat(150_000)}":1}`,
    'limit-exceeded',
    /262144/,
  ],
  ['text with a lone surrogate', `${sealed.head}\ud800`, 'malformed-head', /lone surrogate/],
  ['text with a BOM', `\ufeff${sealed.head}`, 'malformed-head', /not JSON/],
  ['text with a no-break space, which is no JSON white space', `\u00a0${sealed.head}`, 'malformed-head', /not JSON/],
  ['two heads', sealed.head + sealed.head, 'malformed-head', /not JSON/],
  ['100,000 open brackets', '['.repeat(100_000), 'malformed-head', /not JSON/],
  ['100,000 nested arrays', '['.repeat(100_000) + ']'.repeat(100_000), 'malformed-head', /./],
  ['20,000 nested objects', '{"payload":'.repeat(20_000) + '1' + '}'.repeat(20_000), 'malformed-head', /./],
  [
    'a member nested 100,000 deep',
    sealed.head.replace('"keys":', `"keys":${'['.repeat(100_000)}${']'.repeat(100_000)},"k":`),
    'malformed-head',
    /./,
  ],
  [
    'a parsed object nested 100,000 deep',
    { payload: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown },
    'malformed-head',
    /./,
  ],
]

describe('a head', () => {
  test('that is one is accepted, alone and with white space up to its limit: the control of what follows', async () => {
    await expectAccepted({ head: sealed.head.padEnd(262_144), payload: sealed.payload }, device, bundle)
    expect(decodeHead(sealed.head).signatures).toEqual([{ alg: 'Ed25519', kid: signer.kid }])
  })

  test.each(heads)('that is %s is refused', async (_, head, code, message) => {
    await expectRefused(() => verifyAndDecrypt({ head, payload: sealed.payload }, device), code, message)
    await expectRefused(() => openEnvelope(head, device), code, message)
    await expectRefused(() => decodeHead(head), code, message)
    if (typeof head === 'string' && code !== 'limit-exceeded' && !head.includes('\ud800')) {
      await expectRefused(() => verifyAndDecrypt(joinEnvelope(head, sealed.payload), device), code, message)
    }
  })
})
