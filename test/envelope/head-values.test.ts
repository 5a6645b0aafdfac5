import { describe, expect, test } from 'vitest'
import { decodeHead, verifyAndDecrypt } from '../../src/index.js'
import { bundle, device, expectHeaderRefused, sealed, signer } from './edited-header.js'
import { expectAccepted, expectRefused } from './helpers.js'
import { withSigned, withSignedText } from './hostile.js'
import type { ErrorCode } from '../../src/index.js'
import type { Replacement } from './edited-header.js'
import type { RawHeader } from './hostile.js'

const size = /"size":3\b/
const sequence = /"sequence":1000\b/
const created = /"created":\d+/
const expires = /"expires":4000000000\b/

/** R7: one number has one writing. */
const inexactNumbers: readonly Replacement[] = [
  ['42.0', size, '"size":3.0'],
  ['an exponent', sequence, '"sequence":1e3'],
  ['an exponent and a fraction', sequence, '"sequence":0.1E4'],
  ['-0', size, '"size":-0'],
  ['above 2^53, which a parser would round', sequence, '"sequence":9007199254740993'],
  ['many digits', sequence, '"sequence":1000.00000000000000000000000001'],
  ['infinite', sequence, '"sequence":1e999'],
]
describe('a number written as', () => {
  test.each(inexactNumbers)(
    '%s is refused',
    async (...row) => expectHeaderRefused(row, 'malformed-head', /exact compact form/),
  )
  test('that JSON does not know is refused', async () => {
    for (const text of ['03', '+3', '.3', '3.', '0x3', 'NaN', '3_0']) {
      await expectHeaderRefused([text, size, `"size":${text}`], 'malformed-head', /not JSON/)
    }
  })
})

/** R14: values of the wrong kind or range, in exact form. */
const wrongNumbers: readonly Replacement[] = [
  ['a sequence of 2^53', sequence, '"sequence":9007199254740992'],
  ['a sequence of 1e+21', sequence, '"sequence":1e+21'],
  ['a negative sequence', sequence, '"sequence":-1'],
  ['a fraction', sequence, '"sequence":1000.5'],
  ['a tiny number', sequence, '"sequence":1e-7'],
  ['a sequence in a string', sequence, '"sequence":"1000"'],
  ['a sequence of null', sequence, '"sequence":null'],
  ['a sequence of true', sequence, '"sequence":true'],
  ['a sequence in a list', sequence, '"sequence":[1000]'],
  ['a size in a string', size, '"size":"3"'],
  ['a size of 2^53', size, '"size":9007199254740992'],
  ['a time of creation after the year 9999', created, '"created":253402300800'],
  ['a time of creation in milliseconds', created, '"created":1763769600000'],
  ['a time of expiry after the year 9999', expires, '"expires":253402300800'],
  ['a time of expiry in a string', expires, '"expires":"4000000000"'],
  ['a time of expiry of null', expires, '"expires":null'],
]
test.each(wrongNumbers)(
  '%s is refused',
  async (...row) => expectHeaderRefused(row, 'malformed-head', /not a whole number from 0 to/),
)

/** R13, R15: names and media types. */
const name128 = 'a'.repeat(128)
const names = ['app', 'version', 'channel', 'runtime']
const badNames = ['', `${name128}a`, 'two words', 'ünïcode', 'a/b', 'a\\nb', 'name\\n', '\\u0000', 'a:b', '*', 'а']
describe.each(names)('R13: as %s,', (member) => {
  const from = new RegExp(`"${member}":"[^"]*"`)

  test.each(badNames.map((value) => [value.slice(0, 20), value]))('"%s" is refused', async (_, value) => {
    await expectHeaderRefused(
      ['', from, `"${member}":"${value}"`],
      'malformed-head',
      new RegExp(`${member} does not match`),
    )
  })

  test('what is no string is refused', async () => {
    for (const value of ['5', 'null', 'true', '["a"]', '{}']) {
      await expectHeaderRefused(
        ['', from, `"${member}":${value}`],
        'malformed-head',
        new RegExp(`${member} is not a string`),
      )
    }
  })

  test('128 characters and every allowed sign are accepted', async () => {
    for (const value of [name128, 'AZaz09._+-', '-', '..']) {
      const good = withSignedText(sealed, signer, (text) => text.replace(from, `"${member}":"${value}"`))
      const options = {
        ...device,
        ...(member === 'app' && { app: value }),
        ...(member === 'channel' && { channel: value }),
      }
      await expectAccepted(good, options, bundle)
    }
  })
})

const types = [
  '',
  'text',
  'text/',
  '/plain',
  'text/plain; charset=utf-8',
  'text/plain\\n',
  'a/b/c',
  `a/${name128}`,
  '-a/b',
  'text/pläin',
]
test.each(types)('R15: the media type "%s" is refused', async (type) => {
  await expectHeaderRefused(
    ['', '"type":"application/octet-stream"', `"type":"${type}"`],
    'malformed-head',
    /type does not match/,
  )
})

/** R16: what the body may say of itself. */
const bodies: readonly (readonly [string, (header: RawHeader) => unknown, ErrorCode, RegExp])[] = [
  ['a chunk size of 65536', (header) => (header.body.chunk = 65_536), 'unsupported', /chunk is not one of/],
  ['a chunk size of 0', (header) => (header.body.chunk = 0), 'unsupported', /chunk is not one of/],
  ['a chunk size of 16385', (header) => (header.body.chunk = 16_385), 'unsupported', /chunk is not one of/],
  [
    'a chunk size in a string',
    (header) => Object.assign(header.body, { chunk: '16384' }),
    'unsupported',
    /chunk is not one of/,
  ],
  ['AES-128-GCM', (header) => (header.body.alg = 'AES-128-GCM'), 'unsupported', /alg is not AES-256-GCM/],
  ['another writing of its algorithm', (header) => (header.body.alg = 'aes-256-gcm'), 'unsupported', /alg is not/],
  ['no algorithm', (header) => (header.body.alg = 'none'), 'unsupported', /alg is not/],
  [
    'an algorithm that is no string',
    (header) => Object.assign(header.body, { alg: 1 }),
    'malformed-head',
    /not a string/,
  ],
  ['a body that is a list', (header) => Object.assign(header, { body: [] }), 'malformed-head', /body is not an object/],
  ['a body of null', (header) => Object.assign(header, { body: null }), 'malformed-head', /body is not an object/],
  [
    'a bundle that is a string',
    (header) => Object.assign(header, { bundle: 'x' }),
    'malformed-head',
    /bundle is not an object/,
  ],
]
test.each(bodies)('%s is refused', async (_, edit, code, message) => {
  await expectAccepted(withSigned(sealed, signer, () => undefined), device, bundle)
  await expectRefused(() => verifyAndDecrypt(withSigned(sealed, signer, edit), device), code, message)
})

test('limits at their edge are accepted: sequence 2^53 - 1, the last second of 9999, the epoch', async () => {
  const good = withSigned(sealed, signer, (header) =>
    Object.assign(header, { sequence: Number.MAX_SAFE_INTEGER, created: 0, expires: 253_402_300_799 }),
  )
  await expectAccepted(good, device, bundle)
  expect(decodeHead(good.head).header).toMatchObject({
    sequence: 9_007_199_254_740_991,
    created: 0,
    expires: 253_402_300_799,
  })
})
