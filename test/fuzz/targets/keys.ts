import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { decryptPrivateKey } from '../../../src/build/private-key-file.js'
import { nobleBackend } from '../../../src/crypto/noble-build.js'
import { nodeBackend } from '../../../src/crypto/node-build.js'
import { agreementPrivatePem, agreementPublicPem } from '../../../src/keys/agreement-pem.js'
import { checkedPrivate, readAgreementPrivate } from '../../../src/keys/agreement-private.js'
import { readAgreementPublic } from '../../../src/keys/agreement.js'
import { encodePbes2, readPbes2 } from '../../../src/keys/pbes2.js'
import { encodePem, parsePem } from '../../../src/keys/pem.js'
import { privateKeyPem, readPrivateKey } from '../../../src/keys/private.js'
import { publicKeyPem, readPublicKey } from '../../../src/keys/public.js'
import { openSlot, parseSlot } from '../../../src/keys/slots.js'
import { attempt, base64url, bytesOf, must, mustAgree, partsOf, textOf } from '../oracle.js'
import { slotReaders } from '../slot-readers.js'
import { decoded, fixtures } from '../fixtures.js'
import type { PrivateJwk } from '../../../src/crypto/backend.js'
import type { SlotReader } from '../../../src/keys/slots.js'
import type { Target } from '../oracle.js'

const derOf = (pem: string): Uint8Array => parsePem(pem, () => undefined).der
const jwk = (pem: string): Uint8Array => bytesOf(JSON.stringify(createPublicKey(pem).export({ format: 'jwk' })))

/** The texts that an input stands for: itself, and its bytes under each label. */
function pemsOf(input: Uint8Array, labels: readonly string[]): readonly string[] {
  return [textOf(input), ...labels.map((label) => encodePem(label, input.subarray(0, 60_000)))]
}

export const publicKeys: Target = {
  name: 'public-key',
  seeds: () => [fixtures.keys.a, fixtures.keys.rsa].flatMap(({ publicKey }) => [bytesOf(publicKey), jwk(publicKey), derOf(publicKey), new Uint8Array(createPublicKey(publicKey).export({ type: 'spki', format: 'der' }))])
    .concat([new Uint8Array(createPublicKey(fixtures.keys.rsa.publicKey).export({ type: 'pkcs1', format: 'der' })), jwk(fixtures.readers.p256.publicKey), jwk(fixtures.readers.x25519.publicKey), derOf(fixtures.readers.p256.publicKey), derOf(fixtures.readers.x25519.publicKey)]),
  run: async (input) => {
    for (const text of pemsOf(input, ['PUBLIC KEY', 'RSA PUBLIC KEY'])) {
      const read = await attempt(() => readPublicKey(text, nodeBackend))
      mustAgree(await attempt(() => readPublicKey(text, nobleBackend)), read, 'both backends read alike')
      if (read.code === undefined) {
        const { spki, kid, jwk: { kty, ...members } } = read.value
        mustAgree(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' }), spki, 'OpenSSL reads it, and writes the same')
        mustAgree(await readPublicKey(publicKeyPem(read.value), nodeBackend), read.value, 'what is read can be written, and read again')
        const hashed = JSON.stringify(Object.fromEntries(Object.entries({ kty, ...members }).sort(([a], [b]) => (a < b ? -1 : 1))))
        must(kid === createHash('sha256').update(hashed).digest('base64url'), 'its kid is the thumbprint of RFC 7638')
      }
      const agreement = await attempt(() => readAgreementPublic(text))
      if (agreement.code === undefined) mustAgree(await readAgreementPublic(agreementPublicPem(agreement.value)), agreement.value, 'a reader\'s key can be written, and read again')
      must(read.code !== undefined || agreement.code !== undefined, 'a key is for one purpose')
    }
  },
}

/** RFC 8017 section 3.2, by the product of all primes less one. */
function isInverse(jwk: PrivateJwk): boolean {
  if (jwk.kty !== 'RSA') return true
  const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map((member) => BigInt(`0x${Buffer.from(member, 'base64url').toString('hex')}`)) as [bigint, bigint, bigint, bigint, bigint]
  return p * q === n && (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n
}

export const privateKeys: Target = {
  name: 'private-key',
  maxSize: 6000,
  seeds: () => [fixtures.keys.a, fixtures.keys.rsa, fixtures.readers.p256, fixtures.readers.x25519].flatMap(({ privateKey }) => [bytesOf(privateKey), derOf(privateKey), bytesOf(JSON.stringify(createPrivateKey(privateKey).export({ format: 'jwk' })))]),
  run: async (input) => {
    for (const text of pemsOf(input, ['PRIVATE KEY', 'RSA PRIVATE KEY'])) {
      const read = await attempt(() => readPrivateKey(text, nodeBackend))
      mustAgree((await attempt(() => readPrivateKey(text, nobleBackend))).code, read.code, 'both backends judge alike')
      if (read.code === undefined) {
        mustAgree(await readPrivateKey(privateKeyPem(read.value), nodeBackend), read.value, 'what is read can be written, and read again')
        const key = createPrivateKey({ key: Buffer.from(read.value.pkcs8), format: 'der', type: 'pkcs8' })
        mustAgree(createPublicKey(key).export({ type: 'spki', format: 'der' }), read.value.publicKey.spki, 'OpenSSL has the same public key')
        must(isInverse(read.value.jwk), 'the numbers of an RSA key belong together')
      }
      const reader = await attempt(async () => checkedPrivate(await readAgreementPrivate(text), nodeBackend))
      if (reader.code !== undefined) continue
      mustAgree(await checkedPrivate(await readAgreementPrivate(agreementPrivatePem(reader.value)), nobleBackend), reader.value, 'a reader\'s key can be written, and read again')
      must(read.code !== undefined, 'a key is for one purpose')
    }
  },
}

/** More than this only takes time. */
const ITERATIONS_MAX = 64

/** The same with the other hash, by its object identifier. */
const withSha512 = (der: Uint8Array): Uint8Array => Buffer.from(Buffer.from(der).toString('hex').replace('2a864886f70d0209', '2a864886f70d020b'), 'hex')

export const encryptedKeys: Target = {
  name: 'encrypted-key',
  seeds: () => fixtures.encrypted.flatMap((pem) => [bytesOf(pem), derOf(pem), withSha512(derOf(pem))]),
  run: async (input) => {
    const pem = encodePem('ENCRYPTED PRIVATE KEY', input)
    const read = await attempt(() => readPbes2(input))
    if (read.code === undefined) mustAgree(readPbes2(encodePbes2(read.value)), read.value, 'what is read can be written, and read again')
    if (read.code !== undefined || read.value.iterations > ITERATIONS_MAX) return
    const opened = await attempt(() => decryptPrivateKey(pem, fixtures.passphrase))
    mustAgree(await attempt(() => decryptPrivateKey(pem, fixtures.passphrase, { backend: nobleBackend })), opened, 'both backends decrypt alike')
    if (opened.code !== undefined) return
    const honest = [fixtures.keys.a.privateKey, fixtures.readers.p256.privateKey].map((key) => base64url(derOf(key)))
    must(honest.includes(base64url(derOf(opened.value))), 'no other key comes out than was encrypted')
  },
}

const slotOf = (parts: readonly Uint8Array[]): string => parts.map(base64url).join('.')

/** A header in JSON, a line feed, and the bytes of the four other parts. */
function slotText(input: Uint8Array): string {
  const [header = input, rest = new Uint8Array(0)] = partsOf(input, 2)
  return slotOf([header, rest.subarray(0, 40), rest.subarray(40, 52), rest.subarray(52, 84), rest.subarray(84)])
}

let readers: Promise<readonly (readonly SlotReader[])[]> | undefined

async function allReaders(): Promise<readonly (readonly SlotReader[])[]> {
  const who = { trusted: fixtures.keys.a.publicKey, secret: decoded(fixtures.secret), keys: [fixtures.readers.x25519.privateKey, fixtures.readers.p256.privateKey] }
  return Promise.all(both.map(async (backend) => slotReaders(who, backend)))
}

const both = [nodeBackend, nobleBackend]

export const slot: Target = {
  name: 'slot',
  seeds: () => fixtures.slots.flatMap((text) => {
    const [header = Buffer.alloc(0), ...rest] = text.split('.').map((part) => Buffer.from(part, 'base64url'))
    return [bytesOf(text), bytesOf(`${text}.AA`), Buffer.concat([header, Buffer.from('\n'), ...rest])]
  }),
  run: async (input) => {
    readers ??= allReaders()
    const [forNode = [], forNoble = []] = await readers
    for (const text of [textOf(input), slotText(input)]) {
      const parsed = parseSlot(text)
      if (parsed !== undefined) {
        const { additionalData, wrappedKey, iv, ciphertext, tag, kid } = parsed
        must(text === `${textOf(additionalData)}.${slotOf([wrappedKey, iv, ciphertext, tag])}`, 'a slot is written as it was read')
        must((JSON.parse(Buffer.from(textOf(additionalData), 'base64url').toString()) as { readonly kid: string }).kid === kid, 'its kid is what stands there')
      }
      const opened = [await openSlot(text, forNode, nodeBackend), await openSlot(text, forNoble, nobleBackend)]
      mustAgree(opened[0], opened[1], 'both backends open alike')
      must(opened[0] === undefined || fixtures.slotKeys.includes(Buffer.from(opened[0]).toString('base64')), 'no session key comes out that was not put in')
    }
  },
}
