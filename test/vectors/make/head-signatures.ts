import { byMixed, mixed, neutral, neutralAbovePrime, neutralWithSign, noPoint, ofOrderTwo, withManyOrders, withOrder, withSmallR, withTorsion } from './ed25519.js'
import { base64url, flipped, fromBase64url, headOf, keys, seal, signatureBy, signed, withHead, withProtected, withSignature } from './publisher.js'
import { aboveModulus, pkcs1, pss, pssOfSha384, pssWithMgfOfSha1 } from './rsa.js'
import { padded, trailing } from './head-texts.js'
import { acceptedHead, kidOf, pemOf, publicOf, publisher, refusedHead } from './vectors.js'
import type { SignatureText } from '../../../src/build/sign-head.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { Vector } from '../vector.js'

type Sign = (message: Uint8Array) => Uint8Array

const rsa = publicOf(keys.rsa3072)

/** Signatures of Ed25519 that some verifier takes (R23). */
export async function ed25519Signatures(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const by = (name: string, sign: Sign): Vector => refusedHead('bad-signature', `Ed25519: ${name}`, withSignature(sealed, sign))
  return [
    by('S with the group order added', withOrder),
    by('S with the group order added 14 times', withManyOrders),
    by('S of ones', (message) => Buffer.concat([signed(message).subarray(0, 32), Buffer.alloc(32, 255)])),
    by('R the neutral point, and S that meets the equation', withSmallR(neutral)),
    by('R the neutral point, not reduced', withSmallR(neutralAbovePrime)),
    by('R the neutral point, with a sign', withSmallR(neutralWithSign)),
    by('R of order two', withSmallR(ofOrderTwo)),
    by('R with a component of small order', withTorsion),
    by('a byte less', (message) => signed(message).subarray(0, 63)),
    by('a byte more', (message) => Buffer.concat([signed(message), Buffer.of(0)])),
    by('no byte', () => new Uint8Array(0)),
    by('R and S in each other\'s place', (message) => Buffer.concat([signed(message).subarray(32), signed(message).subarray(0, 32)])),
    by('R of another message', (message) => Buffer.concat([signed(flipped(message, 0)).subarray(0, 32), signed(message).subarray(32)])),
    by('of the payload alone', () => signed(Buffer.from(headOf(sealed).payload))),
    by('of the bytes that payload stands for', () => signed(fromBase64url(headOf(sealed).payload))),
    by('of the digest of what is to be signed', () => signed(Buffer.alloc(64, 1))),
    refusedHead('bad-signature', 'Ed25519: of another version of the header', withHead(sealed, (head) =>
      (head.payload = base64url(Buffer.from(head.payload, 'base64url').toString().replace('1.4.0', '1.4.1'))))),
    ...(await strangeKeys()),
  ]
}

/** Keys of Ed25519 that are no points of the prime-order subgroup (R19, R23). */
async function strangeKeys(): Promise<readonly Vector[]> {
  const reader = { secret: keys.secret }
  const sealed = await seal(10, { readers: [fromBase64url(keys.secret)] })
  const by = (x: Uint8Array, sign: Sign): readonly [EnvelopeParts, object] => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: base64url(x) } as const
    return [withSignature(sealed, sign, { kid: kidOf(key) }), { trust: key, reader }]
  }
  const [holds, first] = by(mixed.x, byMixed(true))
  const [other, second] = by(mixed.x, byMixed(false))
  const [none, third] = by(noPoint(), signed)
  return [
    acceptedHead('Ed25519: a trusted key with a component of small order, and the equation holds', 10, holds, first),
    refusedHead('bad-signature', 'Ed25519: a trusted key with a component of small order, and the equation holds with the cofactor only', other, second),
    refusedHead('bad-signature', 'Ed25519: a trusted key that is no point', none, third),
  ]
}

/** Signatures of RSA keys (R22), and which RSA keys are taken (R18, R20). */
export async function rsaSignatures(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { signer: keys.rsa3072 })
  const by = (sign: Sign): EnvelopeParts => withSignature(sealed, sign)
  const refused = (name: string, sign: Sign): Vector => refusedHead('bad-signature', `RSA: ${name}`, by(sign), { trust: rsa })
  const first = headOf(sealed).signatures[0] as SignatureText
  const number = fromBase64url(keys.rsa3072.n)
  return [
    acceptedHead('RSA: 3072 bits, trusted in PEM', 10, sealed, { trust: pemOf(keys.rsa3072) }),
    acceptedHead('RSA: trusted in a JWK with a kid that is another, and with what it is for', 10, sealed, { trust: { ...rsa, kid: 'another', use: 'sig', alg: 'PS256' } }),
    refused('a flipped bit', () => flipped(fromBase64url(first.signature), 100)),
    refused('no salt', pss(0)),
    refused('a salt of 31 bytes', pss(31)),
    refused('a salt of 33 bytes', pss(33)),
    refused('the longest salt that fits', pss(350)),
    refused('PKCS#1 v1.5', pkcs1),
    refused('SHA-384', pssOfSha384),
    refused('MGF1 with SHA-1', pssWithMgfOfSha1),
    refused('the modulus added to the signature', aboveModulus),
    refused('a byte of zero before it', () => Buffer.concat([Buffer.of(0), fromBase64url(first.signature)])),
    refused('its last byte cut off', () => fromBase64url(first.signature).subarray(0, -1)),
    refused('a signature of zeros', () => new Uint8Array(384)),
    refused('the number one', () => Buffer.concat([new Uint8Array(383), Buffer.of(1)])),
    refusedHead('bad-signature', 'RSA: RS256 as the algorithm, and such a signature', withSignature(sealed, pkcs1, { alg: 'RS256' }), { trust: rsa }),
    refusedHead('bad-signature', 'RSA: Ed25519 as the algorithm', withSignature(sealed, pss(32), { alg: 'Ed25519' }), { trust: rsa }),
    refusedHead('bad-key', 'RSA: a trusted key of 3071 bits', sealed, { trust: { ...rsa, n: base64url(number.map((byte, i) => (i === 0 ? byte & 0x7f : byte))) } }),
    refusedHead('bad-key', 'RSA: a trusted key of 2048 bits', sealed, { trust: { ...rsa, n: base64url(number.subarray(128)) } }),
    refusedHead('bad-key', 'RSA: a trusted key of 8200 bits', sealed, { trust: { ...rsa, n: base64url(Buffer.concat([Buffer.alloc(641, 0xff), number])) } }),
    refusedHead('bad-key', 'RSA: a trusted key with the exponent 3', sealed, { trust: { ...rsa, e: 'Aw' } }),
    refusedHead('bad-key', 'RSA: a trusted key that is even', sealed, { trust: { ...rsa, n: base64url(flipped(number, 383)) } }),
  ]
}

/** The member `protected` of an RSA key's signature, whose length leaves room for wrong base64url (R9). */
export async function protectedMembers(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { signer: keys.rsa3072 })
  const edited = (name: string, edit: (member: string) => string): Vector => {
    const envelope = withHead(sealed, (head) => {
      const member = edit((head.signatures[0] as SignatureText).protected)
      head.signatures = [{ protected: member, signature: base64url(pss(32)(Buffer.from(`${member}.${head.payload}`))) }]
    })
    return refusedHead('malformed-head', `protected with ${name}`, envelope, { trust: rsa })
  }
  return [
    edited('padding', padded),
    edited('bits behind its end', trailing),
    edited('a character of another alphabet', (member) => `${member.slice(0, 8)}+${member.slice(9)}`),
    edited('a line feed in place of its last character', (member) => `${member.slice(0, -1)}\n`),
  ]
}

/** Which signature belongs to which key (R24, R25, R26). */
export async function namedKeys(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const { payload, signatures } = headOf(sealed)
  const [own] = signatures as [SignatureText]
  const unknown = await signatureBy(keys.stranger, payload)
  const broken = { ...own, signature: base64url(flipped(fromBase64url(own.signature), 40)) }
  const with_ = (...list: SignatureText[]): EnvelopeParts => withHead(sealed, (head) => (head.signatures = list))
  const both = { trust: [publisher, publicOf(keys.second)] }
  return [
    acceptedHead('one of two trusted keys', 10, sealed, both),
    acceptedHead('a signature that nobody knows before the trusted one', 10, with_(unknown, own)),
    acceptedHead('a key that nobody knows named twice beside the trusted one', 10, with_(unknown, own, unknown)),
    acceptedHead('a broken signature of one trusted key beside a good one of another', 10, with_(own, { ...(await signatureBy(keys.second, payload)), signature: own.signature }), both),
    refusedHead('bad-signature', 'a broken signature of the trusted key before a good one', with_(broken, own)),
    refusedHead('bad-signature', 'a broken signature of the trusted key behind a good one', with_(own, broken)),
    refusedHead('untrusted-key', 'a key that nobody knows named twice', with_(unknown, unknown)),
    refusedHead('untrusted-key', 'the name of a key that nobody has', withProtected(sealed, (header) => header.replace(/"kid":"[^"]*"/, `"kid":"${'A'.repeat(43)}"`))),
  ]
}
