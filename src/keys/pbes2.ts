import { bigEndian, concatBytes, equalBytes } from '../bytes.js'
import type { ByteReader, Bytes } from '../bytes.js'
import type { PasswordBackend } from '../crypto/backend.js'
import { AES_BLOCK, PBKDF2_KEY } from '../crypto/password-shape.js'
import { badKey } from './bad-key.js'
import { badDer, der, derInteger, derTag, readDer, readSequence, takeDer, takeInteger } from './der.js'
import { stripZeros } from './public-numbers.js'

/** The most iterations of PBKDF2 that are taken: some seconds of work, which a file must not make into hours. */
export const MAX_ITERATIONS = 10_000_000

const SALT_BYTES = { min: 8, max: 64 } as const
const COUNT_BYTES = 4

type Prf = Parameters<PasswordBackend['pbkdf2']>[0]

/** How a private key is encrypted with a passphrase, and the result. */
export interface Pbes2 {
  /** The hash of PBKDF2's HMAC. */
  readonly prf: Prf
  readonly salt: Bytes
  readonly iterations: number
  /** 16 bytes. */
  readonly iv: Bytes
  readonly ciphertext: Bytes
}

/** The content of an OBJECT IDENTIFIER below rsadsi, 1.2.840.113549. */
const rsadsi = (...last: readonly number[]): Uint8Array => Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, ...last)

/** RFC 8018 appendices A.4, A.2 and B.2.5 (the last from NIST's arc, 2.16.840.1.101.3.4.1.42). */
const PBES2 = rsadsi(1, 5, 13)
const PBKDF2 = rsadsi(1, 5, 12)
const AES_256_CBC = Uint8Array.of(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a)

/** The content of each prf's AlgorithmIdentifier: RFC 8018 appendix B.1.2, with NULL. HMAC-SHA-1 is what an absent one means. */
const prfs: readonly (readonly [Prf, Uint8Array])[] = [
  ['SHA-256', concatBytes(der(derTag.objectIdentifier, rsadsi(2, 9)), Uint8Array.of(5, 0))],
  ['SHA-512', concatBytes(der(derTag.objectIdentifier, rsadsi(2, 11)), Uint8Array.of(5, 0))],
]

/**
 * A DER EncryptedPrivateKeyInfo (RFC 5958 section 3) of PBES2 with PBKDF2, HMAC-SHA-256 or HMAC-SHA-512, and
 * AES-256-CBC.
 *
 * @throws EnvelopeError `bad-key` for everything else
 */
export function readPbes2(info: Uint8Array): Pbes2 {
  return readSequence(info, (reader) => {
    const parameters = readDer(takeDer(reader, derTag.sequence), takeScheme)
    return { ...parameters, ciphertext: new Uint8Array(takeDer(reader, derTag.octetString)) }
  })
}

/** The DER EncryptedPrivateKeyInfo as OpenSSL writes it: without the optional length of the key. */
export function encodePbes2({ prf, salt, iterations, iv, ciphertext }: Pbes2): Bytes {
  const identifier = prfs.find(([name]) => name === prf)?.[1] as Uint8Array
  const kdf = algorithm(
    PBKDF2,
    der(
      derTag.sequence,
      der(derTag.octetString, salt),
      derInteger(stripZeros(bigEndian(iterations, COUNT_BYTES))),
      der(derTag.sequence, identifier),
    ),
  )
  const cipher = algorithm(AES_256_CBC, der(derTag.octetString, iv))
  return der(derTag.sequence, algorithm(PBES2, der(derTag.sequence, kdf, cipher)), der(derTag.octetString, ciphertext))
}

function algorithm(identifier: Uint8Array, parameters: Uint8Array): Bytes {
  return der(derTag.sequence, der(derTag.objectIdentifier, identifier), parameters)
}

type Scheme = Omit<Pbes2, 'ciphertext'>

function takeScheme(reader: ByteReader): Scheme {
  takeIdentifier(reader, PBES2, 'its scheme is not PBES2')
  return readDer(takeDer(reader, derTag.sequence), (parameters) => ({
    ...readDer(takeDer(parameters, derTag.sequence), takeKdf),
    iv: readDer(takeDer(parameters, derTag.sequence), takeCipher),
  }))
}

function takeKdf(reader: ByteReader): Omit<Scheme, 'iv'> {
  takeIdentifier(reader, PBKDF2, 'its key derivation is not PBKDF2')
  return readDer(takeDer(reader, derTag.sequence), (parameters) => {
    const salt = takeSalt(parameters)
    const iterations = takeIterations(parameters)
    return { salt, iterations, prf: takePrf(parameters) }
  })
}

function takeSalt(reader: ByteReader): Bytes {
  const salt = takeDer(reader, derTag.octetString)
  if (salt.length >= SALT_BYTES.min && salt.length <= SALT_BYTES.max) return new Uint8Array(salt)
  throw unsupported(`its salt has ${salt.length} bytes, not ${SALT_BYTES.min} to ${SALT_BYTES.max}`)
}

function takeIterations(reader: ByteReader): number {
  const count = takeInteger(reader)
  const iterations = count.length > COUNT_BYTES ? Infinity : count.reduce((sum, byte) => sum * 256 + byte, 0)
  if (iterations >= 1 && iterations <= MAX_ITERATIONS) return iterations
  throw unsupported(`PBKDF2's iterations are not 1 to ${MAX_ITERATIONS}`)
}

/** After the length of the key, which may be left out. */
function takePrf(reader: ByteReader): Prf {
  const rest = reader.rest()
  const afterLength = rest[0] === derTag.integer ? readDer(rest, takeKeyLength) : rest
  if (afterLength.length === 0) throw unsupported('it derives its key with HMAC-SHA-1')
  const identifier = readDer(afterLength, (prf) => takeDer(prf, derTag.sequence))
  const found = prfs.find(([, known]) => equalBytes(known, identifier))
  if (found === undefined) throw unsupported('the hash of its key derivation is neither SHA-256 nor SHA-512')
  return found[0]
}

function takeKeyLength(reader: ByteReader): Uint8Array {
  if (!equalBytes(takeInteger(reader), Uint8Array.of(PBKDF2_KEY))) throw unsupported('the length of its key is not 32 bytes')
  return reader.rest()
}

function takeCipher(reader: ByteReader): Bytes {
  takeIdentifier(reader, AES_256_CBC, 'its cipher is not AES-256-CBC')
  const iv = takeDer(reader, derTag.octetString)
  if (iv.length !== AES_BLOCK) throw badDer()
  return new Uint8Array(iv)
}

/** Whatever comes after another identifier is of no interest: the refusal of all of it is the same. */
function takeIdentifier(reader: ByteReader, expected: Uint8Array, otherwise: string): void {
  if (!equalBytes(takeDer(reader, derTag.objectIdentifier), expected)) throw unsupported(otherwise)
}

/** Why and how an encrypted key must be converted. */
function unsupported(why: string): Error {
  return badKey(
    `the private key is encrypted in a way that otaseal does not take: ${why}. Convert it with ` +
      '`openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in KEY.pem -out CONVERTED.pem`',
  )
}
