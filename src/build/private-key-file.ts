import { buildBackend } from '#build-backend'
import { EnvelopeError } from '../errors.js'
import { agreementKid } from '../keys/agreement.js'
import { agreementPrivatePem } from '../keys/agreement-pem.js'
import { checkedPrivate, readAgreementPrivate } from '../keys/agreement-private.js'
import { badKey } from '../keys/bad-key.js'
import { keyMaterial } from '../keys/input.js'
import { isNamedRightly, withLocalKeyId } from '../keys/local-key-id.js'
import { encodePbes2, MAX_ITERATIONS, readPbes2 } from '../keys/pbes2.js'
import { encodePem, parsePem } from '../keys/pem.js'
import { readPrivateKey } from '../keys/private.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { utf8Encode } from '../text.js'
import { backendOption, integerOption, objectOption } from '../options.js'
import { METHODS } from './options.js'
import type { Bytes } from '../bytes.js'
import type { Backend, PasswordBackend } from '../crypto/backend.js'
import type { PrivateNumbers } from '../keys/agreement-private.js'
import type { Pbes2 } from '../keys/pbes2.js'
import type { KeyInput } from '../keys/types.js'

const ENCRYPTED = 'ENCRYPTED PRIVATE KEY'

/** OWASP's Password Storage Cheat Sheet, for PBKDF2 with HMAC-SHA-256. */
const ITERATIONS = 600_000
const SALT_BYTES = 16

/** As OpenSSL and node:crypto take them. */
const PASSPHRASE_BYTES_MAX = 1023

/** A private key that was checked. */
interface KeyContent {
  /** The one canonical DER PKCS#8. */
  readonly pkcs8: Bytes
  /** The key's own thumbprint. */
  readonly kid: string
}

/** What reads private keys, of publishers and of readers: whatever it takes can be encrypted and decrypted. */
async function readKey(input: KeyInput, backend: Backend): Promise<KeyContent> {
  const [reader, signer] = await Promise.allSettled([readReader(input), readPrivateKey(input, backend)])
  if (reader.status === 'fulfilled') {
    const key = await checkedPrivate(reader.value, backend)
    return { pkcs8: parsePem(agreementPrivatePem(key), () => undefined).der, kid: await agreementKid(key, backend) }
  }
  if (signer.status === 'rejected') throw signer.reason as Error
  return { pkcs8: signer.value.pkcs8, kid: signer.value.publicKey.kid }
}

async function readReader(input: KeyInput): Promise<PrivateNumbers> {
  return readAgreementPrivate(input)
}

/** How a private key is protected by its passphrase. */
export interface PassphraseProtection {
  /** What each guess costs: how often PBKDF2 computes its HMAC. */
  readonly iterations: number
  /** The hash of that HMAC. */
  readonly hash: 'SHA-256' | 'SHA-512'
}

/**
 * A private key encrypted with a passphrase, for a file or secret store: PKCS#8 in PEM, PBES2 with PBKDF2-HMAC-SHA-256
 * and AES-256-CBC (RFC 8018), which OpenSSL and node:crypto read as well. The passphrase is taken as its UTF-8, without
 * normalisation: a letter that can be written in two ways must be typed in the same one again.
 *
 * @param privateKey of a publisher or a reader: PEM, not encrypted; a JWK; or an extractable `CryptoKey`
 * @param passphrase at most 1,023 bytes of UTF-8
 * @param options `iterations` is how often PBKDF2 computes its HMAC. Left out: 600,000, which OWASP's Password Storage
 *   Cheat Sheet asks for
 * @throws EnvelopeError `bad-key`, `backend-unavailable`
 * @throws TypeError, RangeError for an empty passphrase, and `iterations` that are not 1 to 10,000,000
 */
export async function encryptPrivateKey(
  privateKey: KeyInput,
  passphrase: string,
  options: { readonly backend?: Backend | undefined; readonly iterations?: number | undefined } = {},
): Promise<string> {
  const { iterations = ITERATIONS } = objectOption('options', options)
  checkIterations(iterations)
  const password = passphraseBytes(passphrase)
  const { backend, passwords } = passwordOption(options.backend)
  const { pkcs8, kid } = await readKey(privateKey, backend)
  const [salt, iv] = [backend.randomBytes(SALT_BYTES), backend.randomBytes(AES_BLOCK)]
  const key = await passwords.pbkdf2('SHA-256', password, salt, iterations)
  const ciphertext = await passwords.encryptCbc(key, iv, withLocalKeyId(pkcs8, kid))
  return encodePem(ENCRYPTED, encodePbes2({ prf: 'SHA-256', salt, iterations, iv, ciphertext }))
}

/**
 * The private key (PKCS#8 in PEM, not encrypted) of what {@link encryptPrivateKey} or OpenSSL encrypted, after every check
 * of a private key. A wrong passphrase, damage, and a key that is refused are told in the same words.
 *
 * @param pem `ENCRYPTED PRIVATE KEY`: PBES2 with PBKDF2, HMAC-SHA-256 or HMAC-SHA-512, 1 to 10,000,000 iterations, a salt of
 *   8 to 64 bytes, and AES-256-CBC
 * @throws EnvelopeError `bad-key`, `backend-unavailable`
 * @throws TypeError, RangeError for an empty passphrase
 */
export async function decryptPrivateKey(
  pem: string,
  passphrase: string,
  options: { readonly backend?: Backend | undefined } = {},
): Promise<string> {
  const password = passphraseBytes(passphrase)
  const { backend, passwords } = passwordOption(objectOption('options', options).backend)
  const parameters = await readEncrypted(pem)
  if (parameters === undefined) throw badKey(`the key is not encrypted: decrypting takes a PEM with the label ${ENCRYPTED}`)
  const { prf, salt, iterations, iv, ciphertext } = parameters
  const key = await passwords.pbkdf2(prf, password, salt, iterations)
  const content = await passwords.decryptCbc(key, iv, ciphertext)
  const pkcs8 = content && (await checkedContent(content, backend))
  if (pkcs8 === undefined) throw notOpened()
  return encodePem('PRIVATE KEY', pkcs8)
}

/**
 * How a private key is encrypted, to be asked before its passphrase is; `undefined` where it is not.
 *
 * @throws EnvelopeError `bad-key` where it is, in a way that {@link decryptPrivateKey} does not take
 */
export async function passphraseProtection(privateKey: string): Promise<PassphraseProtection | undefined> {
  const parameters = await readEncrypted(privateKey)
  return parameters && { iterations: parameters.iterations, hash: parameters.prf }
}

/** `undefined` for another key, and for what is none: whoever reads keys says why. */
async function readEncrypted(text: string): Promise<Pbes2 | undefined> {
  if (typeof text !== 'string') throw new TypeError('an encrypted private key must be a string, the text of a PEM file')
  const material = await keyMaterial(text, 'private')
  if (typeof material !== 'string' || !material.includes(`-----BEGIN ${ENCRYPTED}-----`)) return undefined
  return readPbes2(parsePem(material, () => undefined).der)
}

/** Only the refusals of keys become one: what happens to the platform is no matter of the passphrase. */
async function checkedContent(content: Bytes, backend: Backend): Promise<Bytes | undefined> {
  try {
    const { pkcs8, kid } = await readKey(encodePem('PRIVATE KEY', content), backend)
    return isNamedRightly(content, kid) ? pkcs8 : undefined
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-key') return undefined
    throw error
  }
}

/** Without a cause: which of the three it was would help whoever tries passphrases, or changes bytes. */
function notOpened(): EnvelopeError {
  return badKey(
    'the private key could not be decrypted: the passphrase is wrong, or the file is damaged, or it holds no key that ' +
      'otaseal takes. Try the passphrase with `openssl pkey -in KEY.pem -noout`',
  )
}

function passphraseBytes(passphrase: unknown): Bytes {
  if (typeof passphrase !== 'string') throw new TypeError('a passphrase must be a string')
  if (passphrase === '') throw new RangeError('the passphrase is empty, which protects nothing')
  const bytes = passphrase.length > PASSPHRASE_BYTES_MAX ? undefined : utf8Encode(passphrase)
  if (bytes === undefined || bytes.length > PASSPHRASE_BYTES_MAX) {
    throw new RangeError(`a passphrase must be Unicode text of at most ${PASSPHRASE_BYTES_MAX} bytes of UTF-8`)
  }
  return bytes
}

function checkIterations(value: unknown): void {
  if (integerOption('iterations', value, MAX_ITERATIONS) === 0) throw new RangeError('iterations must be at least 1')
}

function passwordOption(given: Backend | undefined): { readonly backend: Backend; readonly passwords: PasswordBackend } {
  const { backend } = backendOption(given ?? buildBackend, METHODS)
  const { passwords } = backend
  if (passwords !== undefined) return { backend, passwords }
  throw new EnvelopeError(
    'backend-unavailable',
    'the backend has no `passwords`, which keys that are encrypted with a passphrase take: pass nodeBackend of ' +
      'otaseal/node or nobleBackend of otaseal/noble, or leave `backend` out',
  )
}
