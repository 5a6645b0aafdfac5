import { test } from 'vitest'
import { verifyAndDecrypt } from '../../src/index.js'
import { bundle, device, expectHeaderRefused, sealed, signer } from './edited-header.js'
import { expectAccepted, expectRefused } from './helpers.js'
import { withSignedText } from './hostile.js'

/** R7: bytes and text. */
const texts: readonly (readonly [string, (text: string) => string | Uint8Array, RegExp])[] = [
  ['white space before it', (text) => ` ${text}`, /exact compact form/],
  ['a line end after it', (text) => `${text}\n`, /exact compact form/],
  ['a space between tokens', (text) => text.replace('":', '": '), /exact compact form/],
  ['a BOM', (text) => `\ufeff${text}`, /not JSON/],
  ['an escape that is not needed', (text) => text.replace('abc', '\\u0061bc'), /exact compact form/],
  ['an escaped solidus', (text) => text.replace('abc', 'a\\/c'), /exact compact form/],
  ['an escape in upper-case hex', (text) => text.replace('abc', '\\u001F'), /exact compact form/],
  ['an overlong byte sequence', (text) => bytesFor(text, [0xc0, 0xaf]), /not UTF-8/],
  ['an encoded surrogate', (text) => bytesFor(text, [0xed, 0xa0, 0x80]), /not UTF-8/],
  ['a byte that starts nothing', (text) => bytesFor(text, [0xff]), /not UTF-8/],
  ['a character that is cut off', (text) => bytesFor(text, [0xe2, 0x82]), /not UTF-8/],
  ['a code point above U+10FFFF', (text) => bytesFor(text, [0xf4, 0x90, 0x80, 0x80]), /not UTF-8/],
  ['nothing', () => '', /not JSON/],
  ['a list', () => '[]', /not an object/],
  ['90,000 nested lists', (text) => text.replace('{"commit":"abc"}', '['.repeat(90_000) + ']'.repeat(90_000)), /./],
  ['90,000 open lists', () => '['.repeat(90_000), /not JSON/],
]
const bytesFor = (text: string, bytes: readonly number[]): Uint8Array => {
  const [before, after] = text.split('abc') as [string, string]
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}
test.each(texts)('a signed header with %s is refused', async (_, edit, message) => {
  await expectAccepted(withSignedText(sealed, signer, (text) => bytesFor(text, [0xc3, 0xa9])), device, bundle)
  const bad = withSignedText(sealed, signer, edit)
  await expectRefused(() => verifyAndDecrypt(bad, device), 'malformed-head', message)
})

const surrogates = [
  '"\\ud800":"x"',
  '"x":"\\ud800"',
  '"x":"a\\udfffb"',
  '"x":"\\udc00\\ud800"',
  '"\\ud83d":"\\ude00"',
  '"x":"\\\\\\ud800"',
]
test.each(surrogates)('R17: the lone surrogate in meta {%s} is refused, its escape being what JSON.stringify writes', async (member) => {
  await expectHeaderRefused(['', '"commit":"abc"', member], 'malformed-head', /exact compact form/)
  const harmless = '"x":"\\\\ud800 \u{1f600} \\u0000\\n"'
  await expectAccepted(
    withSignedText(sealed, signer, (text) => text.replace('"commit":"abc"', () => harmless)),
    device,
    bundle,
  )
})
