import { encodePkcs8, publicHalf } from '../keys/pkcs8.js'
import { encodeSpki } from '../keys/spki.js'
import { base64Decode, base64urlDecode, base64urlEncode } from '../text.js'
import { answerOf, ascii, checkPlain, checkSame, expectVerdict, fail, flipBit, hex, offsetView } from './check.js'
import { ed25519Known, ed25519Wrong, ed25519WrongKeys } from './ed25519-vectors.js'
import { rsaJwk, rsaMessage, rsaPlusModulus, rsaValid, rsaWrong } from './rsa-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PrivateJwk, PublicJwk, SigningKey, VerifyingKey } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { Ed25519Vector } from './ed25519-vectors.js'

const needs = ['verify'] as const

export const signatureChecks: readonly Check[] = [
  { name: 'verify PS256: takes signatures with a salt of 32 bytes, one with a leading zero too', needs, run: takesRsa },
  { name: 'verify PS256: refuses salts of other lengths, other hashes and other padding', needs, run: refusesRsaKinds },
  { name: 'verify PS256: refuses signatures of other lengths than the modulus', needs, run: refusesRsaLengths },
  { name: 'verify PS256: refuses numbers that are not below the modulus, and trivial ones', needs, run: refusesRsaNumbers },
  { name: 'verify PS256: refuses flipped bits and another message', needs, run: refusesRsaBits },
  { name: 'verify Ed25519: takes the signatures of RFC 8032', needs, run: takesEd25519 },
  { name: 'verify Ed25519: refuses S that is not below the group order, and R of small order or moved by such a point', needs, run: refusesEd25519 },
  { name: 'verify Ed25519: refuses keys of small order, and with a torsion component what holds with the cofactor alone', needs, run: refusesEd25519Keys },
  { name: 'verify Ed25519: refuses signatures of other lengths than 64 bytes', needs, run: refusesEd25519Lengths },
  { name: 'verify Ed25519: refuses flipped bits, another message and another key', needs, run: refusesEd25519Bits },
  { name: 'verify: reads no more than a view of memory shows, and leaves it alone', needs, run: verifiesViews },
  { name: 'verify: answers several calls in flight, each right', needs, run: verifiesInFlight },
  { name: 'sign Ed25519: gives the signatures of RFC 8032', needs: ['sign'], run: signsEd25519 },
  { name: 'sign PS256: gives signatures that hold, with a salt that differs each time', needs: ['sign', 'verify'], run: signsRsa },
]

/** A public key in the two forms that a backend may import. */
export function verifyingKey(jwk: PublicJwk): VerifyingKey {
  return { algorithm: jwk.kty === 'RSA' ? 'PS256' : 'Ed25519', jwk, spki: encodeSpki(jwk) }
}

/** Both halves of a private key. */
export function keyPair(jwk: PrivateJwk): { readonly signing: SigningKey; readonly verifying: VerifyingKey } {
  const verifying = verifyingKey(publicHalf(jwk))
  return { signing: { algorithm: verifying.algorithm, jwk, pkcs8: encodePkcs8(jwk) }, verifying }
}

/** `keys/` lets no such key pass, so that it is written here. */
function ed25519Key(publicKey: Bytes): VerifyingKey {
  const spki = Uint8Array.of(...hex('302a300506032b6570032100'), ...publicKey)
  return { algorithm: 'Ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(publicKey) }, spki }
}

export const base64 = (text: string): Bytes => base64Decode(text) ?? fail('not base64')
export const rsaKey = (): VerifyingKey => keyPair(rsaJwk).verifying
const rsaSignature = (): Bytes => base64(rsaValid.usual)

export interface Ed25519Signed {
  readonly key: VerifyingKey
  readonly message: Bytes
  readonly signature: Bytes
}

const ed25519Signed = ({ publicKey, message, signature }: Omit<Ed25519Vector, 'seed'>): Ed25519Signed => ({
  key: ed25519Key(hex(publicKey)),
  message: hex(message),
  signature: hex(signature),
})

/** TEST 3 of RFC 8032. */
export const third = (): Ed25519Signed => ed25519Signed(ed25519Known[2])

async function takesRsa(backend: Backend): Promise<void> {
  for (const [name, signature] of Object.entries(rsaValid)) {
    await expectVerdict(`a signature, ${name}`, () => backend.verify(rsaKey(), base64(signature), ascii(rsaMessage)), true)
  }
}

async function refusesRsaKinds(backend: Backend): Promise<void> {
  for (const [name, signature] of Object.entries(rsaWrong)) {
    await expectVerdict(`a signature with ${name}`, () => backend.verify(rsaKey(), base64(signature), ascii(rsaMessage)), false)
  }
}

async function refusesRsaLengths(backend: Backend): Promise<void> {
  const [usual, leadingZero] = [rsaSignature(), base64(rsaValid.leadingZero)]
  const signatures: readonly Bytes[] = [
    ...[0, 1, 32, 64, 256, usual.length - 1].map((length) => usual.slice(0, length)),
    leadingZero.slice(1),
    Uint8Array.of(0, ...usual),
    Uint8Array.of(...usual, 0),
    Uint8Array.of(...usual, ...usual),
  ]
  for (const signature of signatures) {
    await expectVerdict(`a signature of ${signature.length} bytes`, () => backend.verify(rsaKey(), signature, ascii(rsaMessage)), false)
  }
}

async function refusesRsaNumbers(backend: Backend): Promise<void> {
  const modulus = base64urlDecode(rsaJwk.n) as Bytes
  const numbers: readonly (readonly [string, Bytes])[] = [
    ['0', modulus.map(() => 0)],
    ['1', modulus.map((_, i) => (i === modulus.length - 1 ? 1 : 0))],
    ['the modulus minus 1', flipBit(modulus, 8 * modulus.length - 8)],
    ['the modulus', modulus],
    ['the greatest number', modulus.map(() => 255)],
    ['a signature with the modulus added to it', base64(rsaPlusModulus)],
  ]
  for (const [name, signature] of numbers) await expectVerdict(name, () => backend.verify(rsaKey(), signature, ascii(rsaMessage)), false)
}

async function refusesRsaBits(backend: Backend): Promise<void> {
  const usual = rsaSignature()
  for (const bit of [1, 8 * 100, 8 * usual.length - 1]) {
    await expectVerdict(`bit ${bit} flipped`, () => backend.verify(rsaKey(), flipBit(usual, bit), ascii(rsaMessage)), false)
  }
  for (const message of ['', `${rsaMessage}.`, rsaMessage.slice(1)]) {
    await expectVerdict('another message', () => backend.verify(rsaKey(), usual, ascii(message)), false)
  }
}

async function takesEd25519(backend: Backend): Promise<void> {
  for (const { key, signature, message } of ed25519Known.map(ed25519Signed)) {
    await expectVerdict(`a signature over ${message.length} bytes`, () => backend.verify(key, signature, message), true)
  }
}

async function refusesEd25519(backend: Backend): Promise<void> {
  const { key, message } = third()
  for (const [name, signature] of ed25519Wrong) await expectVerdict(name, () => backend.verify(key, hex(signature), message), false)
}

async function refusesEd25519Keys(backend: Backend): Promise<void> {
  for (const vector of ed25519WrongKeys) {
    const { key, signature, message } = ed25519Signed(vector)
    await expectVerdict(vector.name, () => backend.verify(key, signature, message), false)
  }
}

async function refusesEd25519Lengths(backend: Backend): Promise<void> {
  const { key, message, signature } = third()
  const long = Uint8Array.of(...signature, ...signature)
  for (const length of [0, 1, 31, 32, 63, 65, 96, 128]) {
    await expectVerdict(`a signature of ${length} bytes`, () => backend.verify(key, long.slice(0, length), message), false)
  }
  await expectVerdict('a zero behind it', () => backend.verify(key, Uint8Array.of(...signature, 0), message), false)
  await expectVerdict('a zero before it', () => backend.verify(key, Uint8Array.of(0, ...signature), message), false)
}

async function refusesEd25519Bits(backend: Backend): Promise<void> {
  const { key, message, signature } = third()
  for (const bit of [0, 100, 255, 256, 300, 400, 504, 511]) {
    await expectVerdict(`bit ${bit} flipped`, () => backend.verify(key, flipBit(signature, bit), message), false)
  }
  for (const other of ['', 'af', 'af83', 'af8200']) await expectVerdict('another message', () => backend.verify(key, signature, hex(other)), false)
  await expectVerdict('another key', () => backend.verify(ed25519Signed(ed25519Known[1]).key, signature, message), false)
}

async function verifiesViews(backend: Backend): Promise<void> {
  const signed: readonly Ed25519Signed[] = [third(), { key: rsaKey(), message: ascii(rsaMessage), signature: rsaSignature() }]
  for (const { key, message, signature } of signed) {
    const [messageView, view] = [offsetView(message), offsetView(signature)]
    const keyView = { ...key, spki: offsetView(key.spki) }
    await expectVerdict(`${key.algorithm} in views`, () => backend.verify(keyView, view, messageView), true)
    checkSame('the signature', view, signature)
    checkSame('the message', messageView, message)
    checkSame('the key', keyView.spki, key.spki)
  }
}

async function verifiesInFlight(backend: Backend): Promise<void> {
  const { key, message, signature } = third()
  const calls = [
    { key, message, signature, holds: true },
    { key, message, signature: flipBit(signature, 3), holds: false },
    { key: rsaKey(), message: ascii(rsaMessage), signature: rsaSignature(), holds: true },
    { key: rsaKey(), message, signature: rsaSignature(), holds: false },
  ]
  const verdicts = await Promise.all(calls.map(async (call) => answerOf('verify', () => backend.verify(call.key, call.signature, call.message))))
  for (const [i, { holds }] of calls.entries()) await expectVerdict(`call ${i + 1} in flight`, () => verdicts[i], holds)
}

/** The private key of a seed of RFC 8032. */
export function seedJwk({ seed, publicKey }: Ed25519Vector): PrivateJwk {
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(hex(publicKey)), d: base64urlEncode(hex(seed)) }
}

async function signsEd25519(backend: Backend): Promise<void> {
  for (const vector of ed25519Known) {
    const { signing } = keyPair(seedJwk(vector))
    const [message, kept] = [offsetView(hex(vector.message)), hex(vector.message)]
    const signature = checkPlain('a signature', await answerOf('sign', () => backend.sign(signing, message)))
    checkSame(`the signature over ${kept.length} bytes`, signature, hex(vector.signature))
    checkSame('the message', message, kept)
  }
}

async function signsRsa(backend: Backend): Promise<void> {
  const { signing, verifying } = keyPair(rsaJwk)
  const signatures: Bytes[] = []
  for (let i = 0; i < 2; i++) {
    const signature = checkPlain('a signature', await answerOf('sign', () => backend.sign(signing, offsetView(ascii(rsaMessage)))))
    await expectVerdict('a signature of its own', () => backend.verify(verifying, signature, ascii(rsaMessage)), true)
    signatures.push(signature)
  }
  const [first, second] = signatures
  if (String(first) === String(second)) fail('two signatures are the same, so their salts are not random')
}
