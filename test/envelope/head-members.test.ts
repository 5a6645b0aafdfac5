import { describe, expect, test } from 'vitest'
import { decodeHead, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { headerText, protectedText, rawHead, rawHeader, reordered } from './hostile.js'
import { withHead, withHeadText, withSignature, withSigned, withSignedText } from './hostile.js'
import { freshEd25519 } from './signers.js'
import type { EnvelopeParts, ErrorCode } from '../../src/index.js'

const signer = freshEd25519()
const bundle = pattern(3)
const sealed = await seal(signer, bundle, { runtime: 'ios-7', expires: 4_000_000_000, meta: { commit: 'abc' } })
const device = accepting(signer)

async function expectHeadRefused(bad: EnvelopeParts, code: ErrorCode, message: RegExp): Promise<void> {
  await expectAccepted(sealed, device, bundle)
  await expectRefused(() => verifyAndDecrypt(bad, device), code, message)
  await expectRefused(() => openEnvelope(bad.head, device), code, message)
  await expectRefused(() => decodeHead(bad.head), code, message)
}

/** Puts JSON text first into the object that follows `at`; signed parts are signed again. */
type Insert = (memberText: string) => EnvelopeParts
const insertAfter = (text: string, at: string, member: string): string => text.replace(at, `${at}${member},`)

const objects: Readonly<Record<string, Insert>> = {
  'the head': (member) => withHeadText(sealed, (text) => insertAfter(text, '{', member)),
  'a signature': (member) => withHeadText(sealed, (text) => insertAfter(text, '"signatures":[{', member)),
  'the protected header': (member) =>
    withSignature(sealed, signer, { protected: insertAfter(protectedText(signer), '{', member) }),
  'the header': (member) => withSignedText(sealed, signer, (text) => insertAfter(text, '{', member)),
  'the bundle': (member) => withSignedText(sealed, signer, (text) => insertAfter(text, '"bundle":{', member)),
  'the body': (member) => withSignedText(sealed, signer, (text) => insertAfter(text, '"body":{', member)),
}
const places = Object.keys(objects)
const strange = [
  '"extra":1',
  '"crit":["b64"]',
  '"__proto__":{"x":1}',
  '"constructor":1',
  '"toString":"x"',
  '"hasOwnProperty":1',
  '"":1',
]

describe('the same edits that change nothing are accepted: the controls of what follows', () => {
  test('signed again as it was', async () => {
    await expectAccepted(withSigned(sealed, signer, () => undefined), device, bundle)
    await expectAccepted(withSignature(sealed, signer, {}), device, bundle)
  })

  test('signed again with another order of members in header and protected header, which is free', async () => {
    const header = JSON.stringify(reordered(rawHeader(sealed.head)))
    await expectAccepted(withSignedText(sealed, signer, () => header), device, bundle)
    const form = { protected: JSON.stringify(reordered(JSON.parse(protectedText(signer)) as object)) }
    await expectAccepted(withSignature(sealed, signer, form), device, bundle)
  })
})

describe.each(places)('R8: in %s', (place) => {
  const insert = objects[place] as Insert

  test.each(strange)('the unknown member %s is refused', async (member) => {
    await expectHeadRefused(insert(member), 'unsupported', /member that this version .* does not know: update/)
  })

  test('a member given twice is refused, whether the two agree or not', async () => {
    const first = /"\w+":("[^"]*"|\d+|\[)/
    const known = {
      'the head': '"keys":[]',
      'a signature': `"signature":"${rawHead(sealed.head).signatures[0]?.signature}"`,
    }
    const twice = [Object.hasOwn(known, place) ? known[place as keyof typeof known] : firstMember(place)]
    for (const member of twice) {
      expect(member).toMatch(first)
      await expectHeadRefused(insert(member), 'malformed-head', /duplicate|exact compact form/)
    }
  })
})

/** The member that stands first in a signed object, as text. */
function firstMember(place: string): string {
  const text = place === 'the protected header' ? protectedText(signer) : headerText(sealed.head)
  const start = { 'the bundle': '"bundle":{', 'the body': '"body":{' }[place] ?? '{'
  return /"\w+":("[^"]*"|\d+)/.exec(text.slice(text.indexOf(start) + start.length))?.[0] ?? ''
}

describe('R8: a required member that is missing is named', () => {
  test.each(['payload', 'signatures', 'keys'])('%s of the head', async (name) => {
    const head = { ...rawHead(sealed.head), [name]: undefined }
    await expectHeadRefused(
      { ...sealed, head: JSON.stringify(head) },
      'malformed-head',
      new RegExp(`head lacks the member "${name}"`),
    )
  })

  test.each(['protected', 'signature'])('%s of a signature', async (name) => {
    const bad = withHead(sealed, (head) => Object.assign(head.signatures[0] as object, { [name]: undefined }))
    await expectHeadRefused(bad, 'malformed-head', new RegExp(`signatures\\[0\\] lacks the member "${name}"`))
  })

  test.each(['alg', 'kid', 'typ'])('%s of a protected header', async (name) => {
    const bad = withSignature(sealed, signer, { protected: protectedText(signer, { [name]: undefined }) })
    await expectHeadRefused(bad, 'malformed-head', new RegExp(`protected lacks the member "${name}"`))
  })

  test.each(['app', 'version', 'sequence', 'created', 'bundle', 'body'])('%s of the header', async (name) => {
    const bad = withSigned(sealed, signer, (header) => Object.assign(header, { [name]: undefined }))
    await expectHeadRefused(bad, 'malformed-head', new RegExp(`header lacks the member "${name}"`))
  })

  test.each(['size', 'checksum', 'type'])('%s of the bundle', async (name) => {
    const bad = withSigned(sealed, signer, (header) => Object.assign(header.bundle, { [name]: undefined }))
    await expectHeadRefused(bad, 'malformed-head', new RegExp(`header.bundle lacks the member "${name}"`))
  })

  test.each(['alg', 'chunk', 'salt', 'commitment', 'index'])('%s of the body', async (name) => {
    const bad = withSigned(sealed, signer, (header) => Object.assign(header.body, { [name]: undefined }))
    await expectHeadRefused(bad, 'malformed-head', new RegExp(`header.body lacks the member "${name}"`))
  })

  test('and a prototype in the JSON does not stand in for it', async () => {
    const bad = withSignedText(
      sealed,
      signer,
      (text) => text.replace('"app":"com.example.app"', '"__proto__":{"app":"com.example.app"}'),
    )
    await expectHeadRefused(bad, 'unsupported', /does not know/)
    const head = JSON.parse(`{"__proto__":${sealed.head}}`) as object
    await expectHeadRefused({ ...sealed, head: JSON.stringify(head) }, 'unsupported', /does not know/)
  })
})

describe('R17: meta', () => {
  test('may have members named like an object\'s own workings, which are data', async () => {
    const meta = '"meta":{"__proto__":"p","constructor":"c","toString":"t"}'
    const good = withSignedText(sealed, signer, (text) => text.replace('"meta":{"commit":"abc"}', meta))
    await expectAccepted(good, device, bundle)
    const { header } = await verifyAndDecrypt(good, device)
    expect(Object.entries(header.meta ?? {})).toEqual([['__proto__', 'p'], ['constructor', 'c'], ['toString', 't']])
  })

  test('of the publisher keeps such members too', async () => {
    const meta = JSON.parse('{"__proto__":"p","2":"two","1":"one"}') as Record<string, string>
    const { header } = await verifyAndDecrypt(await seal(signer, bundle, { meta }), device)
    expect(Object.entries(header.meta ?? {})).toEqual([['1', 'one'], ['2', 'two'], ['__proto__', 'p']])
  })
})
