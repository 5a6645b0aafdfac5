import { base64urlDecode } from '../text.js'
import { answerOf, ascii, checkPlain, checkSame, expectBytes, expectThrows, expectUndefined, expectVerdict, fail, hex, offsetView } from './check.js'
import { ed25519Known } from './ed25519-vectors.js'
import { keyPair } from './signatures.js'
import { cbc, pbkdf2Known } from './symmetric-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PasswordBackend, PrivateJwk } from '../crypto/backend.js'
import type { Check } from './check.js'

/** The least that an envelope takes. */
const RSA_BITS = 3072

export const makingChecks: readonly Check[] = [
  { name: 'randomBytes: gives as many as were asked for, up to 65,536', needs: ['randomBytes'], run: givesLengths },
  { name: 'randomBytes: gives others each time, at every place', needs: ['randomBytes'], run: givesOthers },
  { name: 'ed25519PublicKey: gives the keys of RFC 8032', needs: ['ed25519PublicKey'], run: derivesPublic },
  { name: 'generateKey Ed25519: makes new keys that sign', needs: ['generateKey', 'sign', 'verify', 'ed25519PublicKey'], run: makesEd25519 },
  { name: 'generateKey PS256: makes new keys that sign, or refuses as `unsupported`', needs: ['generateKey', 'sign', 'verify'], run: makesRsa },
  { name: 'passwords: gives the PBKDF2 of RFC 7914, and with SHA-512', needs: ['passwords'], run: derivesKeys },
  { name: 'passwords: encrypts and decrypts the AES-256-CBC of SP 800-38A, with padding', needs: ['passwords'], run: encryptsCbc },
  { name: 'passwords: refuses padding and lengths that cannot be', needs: ['passwords'], run: refusesCbc },
]

async function givesLengths(backend: Backend): Promise<void> {
  for (const length of [0, 1, 12, 32, 1000, 65_536]) {
    const bytes = await answerOf('randomBytes', () => checkPlain(`${length} random bytes`, backend.randomBytes(length)))
    if (bytes.length !== length) fail(`${length} random bytes were asked for, but ${bytes.length} came`)
  }
}

/** A byte that is the same in 64 calls is no random one: it happens once in 2^504. */
async function givesOthers(backend: Backend): Promise<void> {
  const calls = await answerOf('randomBytes', () => Array.from({ length: 64 }, () => backend.randomBytes(48)))
  const [first] = calls as [Bytes]
  const stuck = first.findIndex((byte, i) => calls.every((bytes) => bytes[i] === byte))
  if (stuck >= 0) fail(`byte ${stuck} of 48 is the same in 64 calls`)
  const large = await answerOf('randomBytes', () => backend.randomBytes(65_536))
  for (let start = 0; start < large.length; start += 64) {
    if (large.subarray(start, start + 64).every((byte) => byte === large[start])) fail(`64 bytes at ${start} of 65,536 are all the same`)
  }
}

async function derivesPublic(backend: Backend): Promise<void> {
  for (const { seed, publicKey } of ed25519Known) {
    await expectBytes('a public key', () => backend.ed25519PublicKey(offsetView(hex(seed))), hex(publicKey))
  }
  for (const length of [0, 31, 33, 64]) await expectThrows(`a seed of ${length} bytes`, async () => backend.ed25519PublicKey(new Uint8Array(length)))
}

/** That a new key is whole, and signs. */
async function checkNewKey(backend: Backend, jwk: PrivateJwk, members: string): Promise<void> {
  if (Object.keys(jwk).sort().join() !== members) fail(`a new key must have the members ${members} alone`)
  const { signing, verifying } = keyPair(jwk)
  const signature = await answerOf('sign', () => backend.sign(signing, ascii('new')))
  await expectVerdict('a signature by a new key', () => backend.verify(verifying, signature, ascii('new')), true)
}

async function makesEd25519(backend: Backend): Promise<void> {
  const made: string[] = []
  for (let i = 0; i < 2; i++) {
    const jwk = await answerOf('generateKey', () => backend.generateKey({ algorithm: 'Ed25519' }))
    const seed = base64urlDecode(jwk.d)
    if (jwk.kty !== 'OKP' || seed?.length !== 32) fail('a new key must be a JWK of Ed25519, with a seed of 32 bytes')
    await checkNewKey(backend, jwk, 'crv,d,kty,x')
    await expectBytes('the public key of a new one', () => backend.ed25519PublicKey(seed), base64urlDecode(jwk.x) as Bytes)
    made.push(jwk.d)
  }
  if (made[0] === made[1]) fail('two new keys are the same')
}

async function makesRsa(backend: Backend): Promise<void> {
  let jwk: PrivateJwk
  try {
    jwk = await backend.generateKey({ algorithm: 'PS256', bits: RSA_BITS })
  } catch (error) {
    if ((error as { readonly code?: unknown } | undefined)?.code === 'unsupported') return
    return fail(`generateKey: must make a key, or throw an EnvelopeError with the code unsupported, but threw ${String(error)}`)
  }
  if (jwk.kty !== 'RSA' || jwk.e !== 'AQAB' || base64urlDecode(jwk.n)?.length !== RSA_BITS / 8) fail(`a new key must be a JWK of RSA with ${RSA_BITS} bits and e = 65537`)
  await checkNewKey(backend, jwk, 'd,dp,dq,e,kty,n,p,q,qi')
}

function passwordsOf({ passwords }: Backend): PasswordBackend {
  return passwords ?? fail('no passwords')
}

async function derivesKeys(backend: Backend): Promise<void> {
  const passwords = passwordsOf(backend)
  for (const { hash, password, salt, iterations, key } of pbkdf2Known) {
    await expectBytes(`PBKDF2 with ${hash}, ${iterations} times`, () => passwords.pbkdf2(hash, offsetView(ascii(password)), offsetView(ascii(salt)), iterations), hex(key))
  }
}

async function encryptsCbc(backend: Backend): Promise<void> {
  const passwords = passwordsOf(backend)
  const [key, iv] = [offsetView(hex(cbc.key)), offsetView(hex(cbc.iv))]
  for (const [plaintext, ciphertext] of cbc.known) {
    await expectBytes('a ciphertext', () => passwords.encryptCbc(key, iv, offsetView(hex(plaintext))), hex(ciphertext))
    await expectBytes('a plaintext', () => passwords.decryptCbc(key, iv, offsetView(hex(ciphertext))), hex(plaintext))
  }
  checkSame('the key', key, hex(cbc.key))
  checkSame('the initialisation vector', iv, hex(cbc.iv))
}

async function refusesCbc(backend: Backend): Promise<void> {
  const passwords = passwordsOf(backend)
  const [key, iv] = [hex(cbc.key), hex(cbc.iv)]
  for (const block of cbc.wrongPadding) await expectUndefined('a block without its padding', () => passwords.decryptCbc(key, iv, hex(block)))
  for (const length of [0, 1, 15, 17]) await expectUndefined(`${length} bytes`, () => passwords.decryptCbc(key, iv, new Uint8Array(length)))
  for (const length of [0, 16, 24]) await expectThrows(`a key of ${length} bytes`, async () => passwords.encryptCbc(new Uint8Array(length), iv, iv))
}
