import { createPrivateKey, createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capgoPrivateKey, capgoPublicKey, EnvelopeError } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()
const pkcs8 = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' }) as string
const spki = createPublicKey(publicKey).export({ type: 'spki', format: 'pem' }) as string

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const damages: readonly (readonly [string, (pem: string) => string])[] = [
  ['no newlines', (pem) => pem.replaceAll('\n', '')],
  ['spaces in place of newlines', (pem) => pem.replaceAll('\n', ' ')],
  ['a literal \\n in place of newlines', (pem) => pem.replaceAll('\n', '\\n')],
  ['a literal \\r\\n in place of newlines', (pem) => pem.replaceAll('\n', '\\r\\n')],
  ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['CR alone', (pem) => pem.replaceAll('\n', '\r')],
  ['newlines doubled', (pem) => pem.replaceAll('\n', '\n\n')],
  ['indented lines', (pem) => pem.replaceAll('\n', '\n    ')],
  ['tabs', (pem) => pem.replaceAll('\n', '\t')],
  ['no newline at the end', (pem) => pem.trimEnd()],
  ['a byte order mark', (pem) => `\uFEFF${pem}`],
  ['double quotes around', (pem) => `"${pem}"`],
  ['quotes of JSON', (pem) => JSON.stringify(pem)],
  ['single quotes around', (pem) => `'${pem.trim()}'\n`],
  ['all white space removed', (pem) => pem.replace(/\s/g, '')],
  ['newlines between the words of its labels', (pem) => pem.replaceAll(' ', '\n')],
  ['base64 once more', base64],
  ['base64 once more, in lines', (pem) => base64(pem).replace(/.{76}/g, '$&\n')],
  ['base64 once more, without its = signs', (pem) => base64(pem).replace(/=+$/, '')],
  ['base64 once more, in quotes', (pem) => `"${base64(pem)}"\n`],
  ['base64 of what had lost its newlines', (pem) => base64(pem.replaceAll('\n', ' '))],
]

describe.each(damages)('PEM with %s', (_, damage) => {
  test('is the canonical PEM again, for either half and from all forms', () => {
    expect(capgoPrivateKey(damage(privateKey))).toBe(privateKey)
    expect(capgoPrivateKey(damage(pkcs8))).toBe(privateKey)
    expect(capgoPublicKey(damage(publicKey))).toBe(publicKey)
    expect(capgoPublicKey(damage(spki))).toBe(publicKey)
  })

  test('is of the wrong half where it was, and the refusal holds nothing of the key', () => {
    for (const pem of [privateKey, pkcs8]) {
      const refusal = refusalOf(() => capgoPublicKey(damage(pem)))
      expect(refusal).toMatch(/private key where the public key belongs/)
      expect(quotesKey(refusal, pem)).toBe(false)
    }
  })
})

/** The message of a `bad-key`, or `undefined` where the key was taken; anything else that is thrown fails the test. */
function refusalOf(call: () => string): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-key' && error.cause === undefined) return error.message
    throw error
  }
}

/** Whether 12 characters in a row of a key's base64 are in a message. */
function quotesKey(message: string | undefined, pem: string): boolean {
  const body = pem.split('\n').slice(1, -2).join('')
  return Array.from({ length: body.length - 12 }, (_, i) => body.slice(i, i + 12)).some((part) => message?.includes(part))
}

const space = fc.array(fc.constantFrom(' ', '\n', '\r\n', '\t', '\\n', '\\r', '\r', '\u00a0'), { maxLength: 3 }).map((parts) => parts.join(''))
const quote = fc.constantFrom('', '"', "'", '`', '" ', '\n\'')

describe('for all keys that white space was lost or added in', () => {
  test('the canonical PEM comes out, wherever in the base64 it was', () => {
    const places = fc.array(fc.tuple(fc.nat(10_000), space), { maxLength: 40 })
    fc.assert(
      fc.property(fc.constantFrom(privateKey, pkcs8), places, fc.tuple(space, quote, space, quote), fc.boolean(), (pem, inserts, [a, b, c, d], isEncoded) => {
        const [begin = '', ...lines] = pem.trim().split('\n')
        const end = lines.pop() ?? ''
        let body = lines.join('')
        for (const [at, white] of inserts) {
          const place = at % (body.length + 1)
          // Not between the backslash and the letter of an earlier one.
          if (body[place - 1] !== '\\') body = body.slice(0, place) + white + body.slice(place)
        }
        const text = b + a + begin + c + body + a + end + c + d
        expect(capgoPrivateKey(isEncoded ? base64(text) : text)).toBe(privateKey)
      }),
    )
  })
})

describe('for all texts', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.base64String({ maxLength: 400 }),
    fc.string({ maxLength: 100 }).map((text) => base64(`-----BEGIN ${text}`)),
    fc.tuple(fc.constantFrom(publicKey, privateKey, spki, pkcs8), fc.nat(2000), fc.nat(50), fc.string({ maxLength: 5 }))
      .map(([pem, at, length, text]) => pem.slice(0, at % pem.length) + text + pem.slice((at % pem.length) + length)),
    fc.constantFrom('{', '[]', '{"kty":"RSA"}', '{"kty":"RSA","n":"AQAB","e":"AQAB"}', '{"__proto__":{"kty":"RSA"}}', 'null'),
  )

  test('a key is read as it was, or refused with bad-key and without a part of it', () => {
    fc.assert(
      fc.property(anything, (text) => {
        for (const [read, pem] of [[capgoPrivateKey, privateKey], [capgoPublicKey, publicKey]] as const) {
          let result: string | undefined
          const refusal = refusalOf(() => (result = read(text)))
          // A public key has no check digits: another modulus is another key.
          if (refusal === undefined && read === capgoPublicKey) expect(result).toHaveLength(pem.length)
          if (refusal === undefined && read === capgoPrivateKey) expect(result).toBe(pem)
          expect(quotesKey(refusal, privateKey)).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['dashes', '-'.repeat(65_536)], ['BEGIN lines', '-----BEGIN '.repeat(5900)], ['labels without their end', '-----BEGIN RSA '.repeat(4300)],
    ['white space in a label', `-----BEGIN RSA${' '.repeat(65_000)}`], ['dashes and white space', `-----${' '.repeat(100)}`.repeat(620)],
    ['quotes', '"'.repeat(65_536)], ['backslashes', '\\'.repeat(65_536)], ['base64', 'LS0t'.repeat(16_384)], ['more than a key', 'A'.repeat(50_000_000)],
  ])('nothing but %s is refused at once', (_, text) => {
    const start = performance.now()
    expect(refusalOf(() => capgoPrivateKey(text))).toBeTypeOf('string')
    expect(performance.now() - start).toBeLessThan(500)
  })
})
