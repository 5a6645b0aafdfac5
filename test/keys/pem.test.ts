import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import type { EnvelopeError } from '../../src/errors.js'
import { encodePem, parsePem } from '../../src/keys/pem.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { readPublicKey } from '../../src/keys/public.js'
import { ed25519Pair, pemOf, privateRefusal, publicRefusal, rsaPair } from './fixtures.js'

const rsa = rsaPair()
const ed25519 = ed25519Pair()

const harmless: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'without the newline at its end': (pem) => pem.trimEnd(),
  'newlines lost': (pem) => pem.replaceAll('\n', ''),
  'newlines replaced by spaces': (pem) => pem.replaceAll('\n', ' '),
  'newlines doubled': (pem) => pem.replaceAll('\n', '\n\n'),
  CRLF: (pem) => pem.replaceAll('\n', '\r\n'),
  CR: (pem) => pem.replaceAll('\n', '\r'),
  'literal \\n': (pem) => pem.replaceAll('\n', '\\n'),
  'literal \\r\\n': (pem) => pem.replaceAll('\n', '\\r\\n'),
  'literal \\n in quotes': (pem) => JSON.stringify(pem),
  'double quotes': (pem) => `"${pem}"`,
  'single quotes': (pem) => `'${pem}'\n`,
  'white space around': (pem) => ` \t\r\n${pem}\n\n  `,
  'a byte order mark': (pem) => `\uFEFF${pem}`,
  'lines of other lengths': (pem) => pem.replace(/[\w+/=]{20}/g, '$&\n'),
  'indented lines': (pem) => pem.replaceAll('\n', '\n    '),
}

describe('a PEM that lost its shape on the way is read', () => {
  const keys = [
    ['RSA', rsa],
    ['Ed25519', ed25519],
  ] as const
  describe.each(keys)('%s', (_, pair) => {
    it.each(Object.entries(harmless))('%s', async (_name, change) => {
      const [publicPem, privatePem] = [pemOf(pair.publicKey, 'spki'), pemOf(pair.privateKey, 'pkcs8')]
      const expected = await readPrivateKey(privatePem, nodeBackend)
      expect(await readPrivateKey(change(privatePem), nodeBackend)).toEqual(expected)
      expect(await readPublicKey(change(publicPem), nodeBackend)).toEqual(expected.publicKey)
    })
  })
})

const damage: Readonly<Record<string, readonly [(pem: string) => string, RegExp]>> = {
  'text before BEGIN': [(pem) => `# my key\n${pem}`, /text before the BEGIN line/],
  'text after END': [(pem) => `${pem}# my key`, /text after the END line/],
  'a name before it, as in .env files': [(pem) => `KEY="${pem}"`, /text before the BEGIN line/],
  'two blocks': [(pem) => pem + pem, /more than one PEM block/],
  'the END line missing': [(pem) => pem.replace(/-----END.*/s, ''), /END line of the key is missing/],
  'a cut END line': [(pem) => pem.trimEnd().slice(0, -1), /is damaged/],
  'a cut BEGIN line': [(pem) => pem.replace('-----BEGIN', 'BEGIN'), /is no key/],
  'unequal labels': [(pem) => pem.replace(/-----END [A-Z ]+/, '-----END CERTIFICATE'), /name different things/],
  'the body missing': [(pem) => pem.replace(/(KEY-----)[^-]+/, '$1\n'), /damaged, or not what its PEM label says/],
  'padding missing': [(pem) => pem.replace(/[\w+/]{2}=*(\s-----END)/, '$1'), /not canonical base64|damaged/],
  'padding in the middle': [(pem) => pem.replace(/KEY-----\n..../, '$&===='), /not canonical base64/],
  'base64url': [(pem) => pem.replace(/KEY-----\n./, '$&_'), /not canonical base64/],
  'a character that is none of base64': [(pem) => pem.replace(/KEY-----\n./, '$&*'), /not canonical base64/],
  'a header': [(pem) => pem.replace('KEY-----\n', 'KEY-----\nComment: x\n\n'), /not canonical base64/],
  'an encryption header': [
    (pem) => pem.replace('KEY-----\n', 'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
    /encrypted with a passphrase.*openssl pkey/s,
  ],
  'longer than 64 KiB': [(pem) => pem + ' '.repeat(65_536), /longer than 64 KiB/],
}

describe('a PEM that is damaged is refused, and the message says what to do', () => {
  it.each(Object.entries(damage))('%s', async (_, [change, message]) => {
    expect(await publicRefusal(change(pemOf(rsa.publicKey, 'spki')))).toMatch(message)
    expect(await privateRefusal(change(pemOf(rsa.privateKey, 'pkcs8')))).toMatch(message)
  })

  it('base64 whose last bits are not zero', async () => {
    const text = pemOf(ed25519.privateKey, 'pkcs8')
    const body = /KEY-----\n(.*)\n/.exec(text)?.[1] ?? ''
    expect(await privateRefusal(text.replace(body, `${body.slice(0, -4)}AR==`))).toMatch(/not canonical base64/)
  })

  it('a file name, and nothing', async () => {
    expect(await publicRefusal('.otaseal_key.pub')).toMatch(/not the name of the file/)
    expect(await publicRefusal('')).toMatch(/is no key/)
  })
})

describe('the PEM codec', () => {
  const label = fc.stringMatching(/^[A-Z0-9]([A-Z0-9 ]{0,20}[A-Z0-9])?$/)
  const bytes = fc.uint8Array({ maxLength: 400 })
  const takeAny = (): undefined => undefined

  it('gives back what it was given, whatever happened to the newlines', () => {
    fc.assert(
      fc.property(label, bytes, fc.constantFrom(...Object.values(harmless).slice(0, 13)), (name, der, change) => {
        const block = parsePem(change(encodePem(name, der)), takeAny)
        expect(block.label).toBe(name)
        expect([...block.der]).toEqual([...der])
      }),
    )
  })

  it('ends every line after at most 64 characters', () => {
    fc.assert(fc.property(bytes, (der) => encodePem('X', der).split('\n').every((line) => line.length <= 64)))
  })

  it('refuses every other text as a bad key, in a time that grows with the text only', () => {
    const armour = ['-----BEGIN ', '-----END ', '-----', 'PUBLIC KEY']
    const piece = fc.constantFrom(...armour, '\\n', '\n', ' ', '"', '=', 'AAAA', '-', 'ü')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parsePem(pieces.join(''), takeAny)
        } catch (error) {
          expect((error as EnvelopeError).code).toBe('bad-key')
        }
      }),
      { numRuns: 2000 },
    )
    const whole = ['-----BEGIN X-----', '-----END X-----', '-----END X----- ']
    const long = [' ', '"', '\\n', '-', 'A', '-----BEGIN ', '-----END ', ...whole]
    const starts = ['', '-----BEGIN X-----', '-----BEGIN X-----AAAA-----END X-----', 'x']
    for (const text of starts.flatMap((start) => long.map((part) => start + part.repeat(65_536 / part.length)))) {
      const begin = performance.now()
      try {
        parsePem(`${text}!`, takeAny)
      } catch (error) {
        expect((error as EnvelopeError).code).toBe('bad-key')
      }
      expect(performance.now() - begin).toBeLessThan(250)
    }
  })
})
