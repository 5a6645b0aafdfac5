import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeHead, delegate, encryptBundle, encryptBundleStream, publicJwk, verifyAndDecrypt } from '../../src/index.js'
import { encryptFile } from '../../src/node.js'
import { splitEnvelope } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { expectAccepted } from '../envelope/helpers.js'
import { rawHead, withHead } from '../envelope/hostile.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { bundleOptions, expectRefused } from './event-calls.js'
import { jwkOf, link as linkAt } from './signed.js'
import { bundle, secret } from './world.js'
import type { DeviceOptions, EncryptOptions, EnvelopeParts } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { RawLink, SignedForm } from './signed.js'

const A = freshEd25519()
const B = freshEd25519()
const R = freshRsa(3072)
const K = freshEd25519()
const X = freshEd25519()
const now = Math.floor(Date.now() / 1000)

/** A link that is valid by the real clock, which a publisher goes by. */
const link = (root: TestSigner, key: TestSigner, more: Partial<RawLink> = {}, form: SignedForm = {}): string =>
  linkAt(root, key, { notBefore: now - 60, notAfter: now + 86_400, ...more }, form)

const good = { ...bundleOptions, signer: K.privateKey, chain: link(A, K), roots: A.publicKey }
const device = (trust: TestSigner, more: Partial<DeviceOptions> = {}): DeviceOptions => ({
  trust: trust.publicKey, app: 'com.example.app', channel: 'production', lastSequence: 999, ...more,
})

async function streamed(options: EncryptOptions): Promise<EnvelopeParts> {
  const { body, envelope } = await encryptBundleStream(new Blob([bundle]).stream(), options)
  const bytes = Buffer.from(await new Response(body as ReadableStream).arrayBuffer())
  const { head, index } = await envelope
  return { head, payload: new Uint8Array(Buffer.concat([index, bytes])) }
}

async function filed(options: EncryptOptions): Promise<EnvelopeParts> {
  const folder = await mkdtemp(join(tmpdir(), 'otaseal-trust-'))
  try {
    await writeFile(join(folder, 'in'), bundle)
    await encryptFile(join(folder, 'in'), join(folder, 'out'), options)
    const { head, payload } = splitEnvelope(new Uint8Array(await readFile(join(folder, 'out'))))
    return { head: Buffer.from(head).toString(), payload: new Uint8Array(payload) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const ways = [
  ['encryptBundle', (options: EncryptOptions): Promise<EnvelopeParts> => encryptBundle(bundle, options)],
  ['encryptBundleStream', streamed],
  ['encryptFile', filed],
] as const

describe.each(ways)('R37, R55: %s with a chain', (_, encrypt) => {
  test('gives default slots to the roots alone, and the public key of the release key opens nothing', async () => {
    const envelope = await encrypt(good)
    expect(decodeHead(envelope.head).slots).toEqual([A.kid])
    expect(decodeHead(envelope.head).signatures.map(({ kid }) => kid)).toEqual([K.kid])
    await expectAccepted(envelope, device(A), bundle)
    // Everyone sees this key, in the chain; a device that trusts it directly has no way to read.
    await expectRefused('no-reader-key', () => verifyAndDecrypt(envelope, device(K)))
    await expectRefused('untrusted-key', () => verifyAndDecrypt(withHead(envelope, (head) => delete head.chain), device(A)))
  })

  test('of two roots for one key gives two slots, each for whoever trusts that root', async () => {
    const envelope = await encrypt({ ...good, chain: [link(A, K), link(R, K)], roots: [R.publicKey, A.publicKey] })
    expect(decodeHead(envelope.head).slots).toEqual([A.kid, R.kid])
    await expectAccepted(envelope, device(A), bundle)
    await expectAccepted(envelope, device(R), bundle)
    await expectAccepted(envelope, device(A, { trust: [R.publicKey, A.publicKey] }), bundle)
  })

  test('R37: gives each root one slot, however many links of it or keys of its own sign', async () => {
    const links = [link(A, K), link(A, K, { notAfter: now + 999 }), link(A, X)]
    const signer = [K.privateKey, X.privateKey, A.privateKey, B.privateKey]
    const envelope = await encrypt({ ...good, signer, chain: links })
    expect(decodeHead(envelope.head).slots).toEqual([A.kid, B.kid])
    expect(rawHead(envelope.head).chain).toEqual(links)
    await expectAccepted(envelope, device(A), bundle)
    await expectAccepted(envelope, device(B), bundle)
  })

  test('with explicit readers gives slots to them alone', async () => {
    const envelope = await encrypt({ ...good, readers: [secret] })
    expect(decodeHead(envelope.head).slots).toHaveLength(1)
    expect(decodeHead(envelope.head).slots).not.toContain(A.kid)
    await expectAccepted(envelope, device(A, { reader: secret }), bundle)
    await expectRefused('no-reader-key', () => verifyAndDecrypt(envelope, device(A)))
  })

  test.each<readonly [string, string, Partial<EncryptOptions>]>([
    ['a link for a key that does not sign', 'bad-key', { chain: [link(A, K), link(A, X)] }],
    ['only a link for a key that does not sign', 'bad-key', { signer: B.privateKey }],
    ['a link whose root is not named', 'untrusted-key', { chain: [link(A, K), link(B, K)] }],
    ['another root named', 'untrusted-key', { roots: B.publicKey }],
    ['a root that signed no link', 'bad-key', { roots: [A.publicKey, B.publicKey] }],
    ['a root that is named by a link', 'bad-key', { signer: [K.privateKey, A.privateKey], chain: [link(A, K), link(B, A)], roots: [A.publicKey, B.publicKey] }],
    ['a link for its own root', 'bad-key', { signer: A.privateKey, chain: link(A, A) }],
    ['a link of links', 'untrusted-key', { signer: [K.privateKey, X.privateKey], chain: [link(A, X), link(X, K)] }],
    ['a private key for a root', 'bad-key', { roots: A.privateKey }],
    ['an expired link', 'expired', { chain: link(A, K, { notAfter: now - 1 }) }],
    ['a link that is not valid yet', 'not-yet-valid', { chain: link(A, K, { notBefore: now + 999 }) }],
    ['an expired link beside a good one', 'expired', { chain: [link(A, K), link(A, K, { notAfter: now - 1 })] }],
    ['a link for another app', 'out-of-scope', { chain: link(A, K, { apps: ['b'] }) }],
    ['a link for another channel', 'out-of-scope', { chain: link(A, K, { channels: ['beta'] }) }],
    ['a link for a channel, and none in the release', 'out-of-scope', { channel: undefined, chain: link(A, K, { channels: ['production'] }) }],
    ['a link that ends below the sequence', 'out-of-scope', { chain: link(A, K, { maxSequence: 999 }) }],
    ['a forged link', 'bad-signature', { chain: link(A, K, {}, { by: X }) }],
    ['an edited link', 'bad-signature', { chain: edited(link(A, K, { maxSequence: 1 })) }],
    ['no link', 'malformed-head', { chain: 'a.b.c' }],
    ['a link with a member of a later version', 'unsupported', { chain: link(A, K, { later: 1 } as Partial<RawLink>) }],
    ['a link with a private key', 'bad-key', { chain: link(A, K, { key: { ...jwkOf(K), d: 'AA' } as unknown as RawLink['key'] }) }],
  ])('%s: %s', async (_, code, more) => {
    await expectRefused(code, () => encrypt({ ...good, ...more }))
  })

  test('chain without roots, roots without chain, and too many links are mistakes of the program', async () => {
    const { chain, roots, ...plain } = good
    await expect(encrypt({ ...plain, chain })).rejects.toThrow(TypeError)
    await expect(encrypt({ ...plain, roots })).rejects.toThrow(TypeError)
    await expect(encrypt({ ...good, chain: [] })).rejects.toThrow(TypeError)
    await expect(encrypt({ ...good, chain: 5 as unknown as string })).rejects.toThrow(TypeError)
    await expect(encrypt({ ...good, chain: Array<string>(9).fill(chain) })).rejects.toThrow(RangeError)
  })
})

function edited(text: string): string {
  const [header = '', payload = '', signature = ''] = text.split('.')
  const claims = Buffer.from(payload, 'base64url').toString().replace('"maxSequence":1', '"maxSequence":1000')
  return [header, Buffer.from(claims).toString('base64url'), signature].join('.')
}

test('links, roots and keys are read at the call: what becomes of their objects afterwards changes nothing', async () => {
  const roots = [{ ...jwkOf(A) }]
  const chain = [link(A, K)]
  const making = encryptBundle(bundle, { ...good, chain, roots })
  Object.assign(roots[0] as object, jwkOf(X))
  chain[0] = link(X, K)
  await expectAccepted(await making, device(A), bundle)
})

describeEachBackend('R55: delegate', (backend) => {
  test('makes the link that node:crypto makes, member for member', async () => {
    const scope = { notBefore: now - 60, notAfter: now + 999, apps: ['com.example.app'], channels: ['production'], maxSequence: 1000 }
    for (const [root, key] of [[A, K], [A, R], [R, K]] as const) {
      const made = await delegate(key.publicKey, { signer: root.privateKey, ...scope, backend })
      const { jwk } = await publicJwk(key.publicKey, { backend })
      const [header, payload] = linkAt(root, key, { ...scope, key: jwk }).split('.')
      expect(made.split('.').slice(0, 2)).toEqual([header, payload])
      const envelope = await encryptBundle(bundle, { ...good, signer: key.privateKey, chain: made, roots: root.publicKey, backend })
      await expectAccepted(envelope, device(root, { backend }), bundle)
    }
  })
})
