import { createCipheriv, pbkdf2Sync } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decryptPrivateKey } from '../../src/build/private-key-file.js'
import { errorOf, pem, refusalMessage, secretsOf } from './fixtures.js'
import type { Backend } from '../../src/crypto/backend.js'

export const ENCRYPTED = 'ENCRYPTED PRIVATE KEY'

/** Why tests with OpenSSL's command line are skipped, or `undefined` where it is there. */
export const noOpenssl: string | undefined = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no openssl here'
  }
})()

/** What `openssl ARGS` prints, where `in.pem` holds `input` and `passphrase` the passphrase. */
export function openssl(args: readonly string[], input: string, passphrase: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-test-'))
  try {
    writeFileSync(join(folder, 'in.pem'), input, { mode: 0o600 })
    writeFileSync(join(folder, 'passphrase'), passphrase, { mode: 0o600 })
    return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One DER element with the shortest length, of any size. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...size), content])
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

/** The parts of a file that these tests write themselves, byte by byte. */
export interface Parts {
  readonly scheme: Uint8Array
  readonly kdf: Uint8Array
  readonly cipher: Uint8Array
  readonly salt: Uint8Array
  /** The whole INTEGER. */
  readonly count: Uint8Array
  /** What comes after the count: the length of the key, and the prf. */
  readonly tail: Uint8Array
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
}

export const prf = {
  sha1: hex('300c06082a864886f70d02070500'),
  sha224: hex('300c06082a864886f70d02080500'),
  sha256: hex('300c06082a864886f70d02090500'),
  sha512: hex('300c06082a864886f70d020b0500'),
} as const

export const oid = {
  pbes2: hex('06092a864886f70d01050d'),
  pbkdf2: hex('06092a864886f70d01050c'),
  aes256cbc: hex('060960864801650304012a'),
  aes128cbc: hex('0609608648016503040102'),
  aes256gcm: hex('060960864801650304012e'),
  des3: hex('06082a864886f70d0307'),
  scrypt: hex('06092b06010401da47040b'),
  pbeWithMd5AndDes: hex('06092a864886f70d010503'),
} as const

export const passphrase = 'correct horse battery staple'
const salt = Buffer.alloc(16, 0x5a)
const iv = Buffer.alloc(16, 0xa5)

/** Ciphertext of exactly these bytes, without padding of its own, under {@link passphrase} and one iteration. */
export function encryptRaw(padded: Uint8Array, hash: 'sha256' | 'sha512' = 'sha256', iterations = 1): Buffer {
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, iterations, 32, hash), iv).setAutoPadding(false)
  return Buffer.concat([cipher.update(padded), cipher.final()])
}

export function padded(plaintext: Uint8Array): Buffer {
  const length = 16 - (plaintext.length % 16)
  return Buffer.concat([plaintext, Buffer.alloc(length, length)])
}

/** An encrypted key as RFC 5958 and RFC 8018 write it, with some of its parts replaced. */
export function fileOf(ciphertext: Uint8Array, replaced: Partial<Parts> = {}): Buffer {
  const parts: Parts = {
    ...{ scheme: oid.pbes2, kdf: oid.pbkdf2, cipher: oid.aes256cbc, salt, count: hex('020101'), tail: prf.sha256, iv, ciphertext },
    ...replaced,
  }
  const kdf = element(0x30, parts.kdf, element(0x30, element(4, parts.salt), parts.count, parts.tail))
  const cipher = element(0x30, parts.cipher, element(4, parts.iv))
  return element(0x30, element(0x30, parts.scheme, element(0x30, kdf, cipher)), element(4, parts.ciphertext))
}

/** The message with which a file is refused, which must have the code of one and must hold no secret. */
export async function refusal(file: Uint8Array | string, word = passphrase, backend?: Backend): Promise<string> {
  const text = typeof file === 'string' ? file : pem(ENCRYPTED, file)
  return refusalMessage(await errorOf(decryptPrivateKey(text, word, { backend })), [word, ...secretsOf(text)])
}
