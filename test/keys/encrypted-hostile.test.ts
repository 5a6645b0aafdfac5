import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { decryptPrivateKey, encryptPrivateKey, passphraseProtection } from '../../src/build/private-key-file.js'
import { readPrivateKey } from '../../src/keys/private.js'
import { backends, describeEachBackend } from '../backends.js'
import { element, ENCRYPTED, encryptRaw, fileOf, oid, padded, passphrase, prf, refusal } from './encrypted.js'
import { derOf, ed25519Pair, errorOf, pem, pemOf, refusalMessage, rsaPair } from './fixtures.js'
import type { Parts } from './encrypted.js'

const { privateKey } = ed25519Pair()
const pkcs8 = derOf(privateKey, 'pkcs8')
const key = pemOf(privateKey, 'pkcs8')
const good = fileOf(encryptRaw(padded(pkcs8)))
const ours = await encryptPrivateKey(key, passphrase, { iterations: 1 })
const oursDer = Buffer.from(ours.replace(/-----.*-----/g, ''), 'base64')
const integer = (hex: string): Buffer => element(2, Buffer.from(hex, 'hex'))
const wrong = await refusal(ours, `${passphrase}.`)

describeEachBackend('an encrypted key', (backend) => {
  it('written by hand is read, also with a length of its key, with SHA-512 and with the longest salt', async () => {
    const sha512 = encryptRaw(padded(pkcs8), 'sha512')
    for (const file of [good, fileOf(encryptRaw(padded(pkcs8)), { tail: Buffer.concat([integer('20'), prf.sha256]) }), fileOf(sha512, { tail: prf.sha512 })]) {
      expect(await decryptPrivateKey(pem(ENCRYPTED, file), passphrase, { backend })).toBe(key)
    }
  })

  it('with padding that does not hold is refused, in the words of a wrong passphrase', async () => {
    const endings = Array.from({ length: 256 }, (_, last) => Buffer.concat([pkcs8, Buffer.alloc(15, 0x10), Uint8Array.of(last)]))
    const inner = Array.from({ length: 15 }, (_, i) => Buffer.alloc(16, 0x10).fill(0x11, i, i + 1)).map((pad) => Buffer.concat([pkcs8, pad]))
    const short = [Buffer.alloc(16, 0x10), Buffer.alloc(16), Buffer.alloc(32, 0x20), Buffer.alloc(32, 1)]
    for (const plaintext of [...endings.filter((ending) => ending.at(-1) !== 0x10), ...inner, ...short]) {
      expect(await refusal(fileOf(encryptRaw(plaintext)), passphrase, backend)).toBe(wrong)
    }
  })

  it('whose ciphertext has no whole blocks is refused in the same words', async () => {
    const ciphertext = encryptRaw(padded(pkcs8))
    for (const length of [0, 1, 15, 17, 31, 63]) {
      expect(await refusal(fileOf(ciphertext.subarray(0, length)), passphrase, backend)).toBe(wrong)
    }
  })

  it('does not open with another passphrase', async () => {
    for (const word of [passphrase.slice(1), passphrase.toUpperCase(), ` ${passphrase}`, `${passphrase}\n`]) {
      expect(await refusal(ours, word, backend)).toBe(wrong)
    }
  })
})

describe('what is inside', () => {
  const inside: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['text', Buffer.from('hello, world')],
    ['a public key', derOf(ed25519Pair().publicKey, 'spki')],
    ['a key and more', Buffer.concat([pkcs8, Uint8Array.of(0)])],
    ['an RSA key that is too small', derOf(rsaPair(2048).privateKey, 'pkcs8')],
    ['PKCS#1', derOf(rsaPair().privateKey, 'pkcs1')],
    ['a key with another name', withAttribute(Buffer.alloc(32, 7))],
    ['a key with a name that is cut off', withAttribute(Buffer.alloc(31, 7))],
    ['a key with another attribute', element(0x30, pkcs8.subarray(2), element(0xa0, element(0x30, integer('00'), element(0x31))))],
    ['another encrypted key', good],
  ]

  it.each(inside)('%s is refused in the words of a wrong passphrase', async (_, content) => {
    for (const backend of backends) expect(await refusal(fileOf(encryptRaw(padded(content))), passphrase, backend)).toBe(wrong)
  })

  function withAttribute(name: Uint8Array): Buffer {
    const localKeyId = Buffer.from('06092a864886f70d010915', 'hex')
    return element(0x30, pkcs8.subarray(2), element(0xa0, element(0x30, localKeyId, element(0x31, element(4, name)))))
  }

  it('a key with its own name is read, and without the name it is what it was', async () => {
    const { publicKey } = await readPrivateKey(key, nodeBackend)
    const named = withAttribute(Buffer.from(publicKey.kid, 'base64url'))
    expect(await decryptPrivateKey(pem(ENCRYPTED, fileOf(encryptRaw(padded(named)))), passphrase)).toBe(key)
  })
})

const never = (): never => expect.unreachable('a passphrase was tried')
const neverAsked = { pbkdf2: never, encryptCbc: never, decryptCbc: never }

describe('hostile DER', () => {
  it('cut off anywhere is refused', async () => {
    for (let length = 0; length < oursDer.length; length++) await refusal(oursDer.subarray(0, length))
  })

  it('followed by anything is refused', async () => {
    for (const more of [Uint8Array.of(0), Uint8Array.of(5, 0), oursDer]) await refusal(Buffer.concat([oursDer, more]))
  })

  it.each([
    ['Ed25519', key],
    ['X25519', pemOf(generateKeyPairSync('x25519').privateKey, 'pkcs8')],
    ['P-256', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'pkcs8')],
  ])('with any byte changed never gives another key: %s', async (_, right) => {
    const file = await encryptPrivateKey(right, passphrase, { iterations: 1 })
    const der = Buffer.from(file.replace(/-----.*-----/g, ''), 'base64')
    for (let i = 0; i < der.length; i++) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = Buffer.from(der)
        changed[i] = (changed[i] ?? 0) ^ change
        const result = await decryptPrivateKey(pem(ENCRYPTED, changed), passphrase).catch((error: unknown) => refusalMessage(error as Error, [passphrase]))
        // What only the version says may change without a trace: it is not kept.
        if (result.startsWith('-----')) expect([result, i]).toEqual([right, i])
      }
    }
  })

  it('with a byte changed does give another key where the key has no name inside, as in files of others', async () => {
    const block = good.subarray(-64)
    const given: string[] = []
    for (let i = 0; i < block.length; i++) {
      const changed = Buffer.from(block)
      changed[i] = (changed[i] ?? 0) ^ 1
      given.push(await decryptPrivateKey(pem(ENCRYPTED, fileOf(changed)), passphrase).catch(() => key))
    }
    expect(given.filter((other) => other !== key).length).toBeGreaterThan(0)
  })

  it('of any other kind is refused, and nothing else happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.boolean(), async (bytes, isWrapped) => {
        await refusal(isWrapped ? element(0x30, bytes) : bytes)
      }),
      { numRuns: 300 },
    )
  })

  const salt = (length: number): Partial<Parts> => ({ salt: Buffer.alloc(length, 1) })
  const refused: readonly (readonly [string, Partial<Parts>, RegExp])[] = [
    ['PBES1', { scheme: oid.pbeWithMd5AndDes }, /scheme is not PBES2/],
    ['scrypt', { kdf: oid.scrypt }, /not PBKDF2/],
    ['AES-128-CBC', { cipher: oid.aes128cbc }, /not AES-256-CBC/],
    ['AES-256-GCM', { cipher: oid.aes256gcm }, /not AES-256-CBC/],
    ['triple DES', { cipher: oid.des3 }, /not AES-256-CBC/],
    ['HMAC-SHA-1, named', { tail: prf.sha1 }, /neither SHA-256 nor SHA-512/],
    ['HMAC-SHA-1, the default', { tail: Buffer.alloc(0) }, /HMAC-SHA-1/],
    ['HMAC-SHA-1, the default, after a length', { tail: integer('20') }, /HMAC-SHA-1/],
    ['HMAC-SHA-224', { tail: prf.sha224 }, /neither SHA-256 nor SHA-512/],
    ['a prf without its NULL', { tail: element(0x30, prf.sha256.subarray(2, -2)) }, /neither SHA-256 nor SHA-512/],
    ['two prfs', { tail: Buffer.concat([prf.sha256, prf.sha256]) }, /damaged/],
    ['a key of 16 bytes', { tail: Buffer.concat([integer('10'), prf.sha256]) }, /not 32 bytes/],
    ['a key of 2^64 bytes', { tail: Buffer.concat([integer(`01${'00'.repeat(8)}`), prf.sha256]) }, /not 32 bytes/],
    ['no iterations', { count: integer('00') }, /iterations/],
    ['negative iterations', { count: integer('ff') }, /damaged/],
    ['10,000,001 iterations', { count: integer('00989681') }, /iterations/],
    ['2^31 iterations', { count: integer('0080000000') }, /iterations/],
    ['2^800 iterations', { count: integer(`01${'00'.repeat(100)}`) }, /iterations/],
    ['a count with a leading zero', { count: integer('0001') }, /damaged/],
    ['no count', { count: Buffer.alloc(0) }, /damaged/],
    ['no salt', salt(0), /salt/],
    ['a salt of 7 bytes', salt(7), /salt/],
    ['a salt of 65 bytes', salt(65), /salt/],
    ['a salt of 40,000 bytes', salt(40_000), /salt/],
    ['an IV of 15 bytes', { iv: Buffer.alloc(15) }, /damaged/],
    ['an IV of 17 bytes', { iv: Buffer.alloc(17) }, /damaged/],
    ['no IV', { iv: Buffer.alloc(0) }, /damaged/],
  ]

  it.each(refused)('%s is refused before a passphrase is tried', async (_, replaced, why) => {
    const file = pem(ENCRYPTED, fileOf(encryptRaw(padded(pkcs8)), replaced))
    const message = await refusal(file, passphrase, { ...nodeBackend, passwords: neverAsked })
    expect(message).toMatch(why)
    expect(refusalMessage(await errorOf(passphraseProtection(file)))).toBe(message)
  })

  it.each(['3084ffffffff', '30830fffff', '3080', '30ff', '3082ffff'])('a length that lies is refused: %s', async (start) => {
    expect(await refusal(Buffer.concat([Buffer.from(start, 'hex'), good]))).toMatch(/damaged/)
  })

  it('a salt of 8 and of 64 bytes, and 10,000,000 iterations, are not too many', async () => {
    const edges = [salt(8), salt(64), { count: integer('00989680') }]
    const protections = await Promise.all(edges.map(async (edge) => passphraseProtection(pem(ENCRYPTED, fileOf(good, edge)))))
    expect(protections).toEqual([1, 1, 10_000_000].map((iterations) => ({ iterations, hash: 'SHA-256' })))
  })
})

describe('PEM', () => {
  it.each([
    ['spaces for newlines', (text: string) => text.replaceAll('\n', ' ')],
    ['no newlines', (text: string) => text.replaceAll('\n', '')],
    ['\\n for newlines', (text: string) => text.replaceAll('\n', '\\n')],
    ['quotes', (text: string) => `"${text}"`],
  ])('with %s is read', async (_, lose) => {
    expect(await decryptPrivateKey(lose(ours), passphrase)).toBe(key)
  })

  it.each([
    ['two blocks', ours + ours, /more than one/],
    ['no end', ours.slice(0, -40), /END line|damaged/],
    ['text around it', `Bag Attributes\n${ours}`, /before the BEGIN/],
    ['64 KiB of it', ours.padEnd(65_537, '\n'), /64 KiB/],
  ])('with %s is refused', async (_, text, why) => {
    expect(await refusal(text)).toMatch(why)
  })

  it.each([key, '', 'no key', '{"kty":"OKP"}', pem('PRIVATE KEY', oursDer)])('that is not encrypted is refused, and has no protection', async (text) => {
    expect(await refusal(text)).toMatch(/not encrypted/)
    expect(await passphraseProtection(text)).toBeUndefined()
  })

  it('that is encrypted is refused where a private key is read, with what to do', async () => {
    const message = refusalMessage(await errorOf(readPrivateKey(ours, nodeBackend)))
    expect(message).toMatch(/decryptPrivateKey.*otaseal encrypt --key/)
  })
})
