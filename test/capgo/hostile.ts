import { constants, createCipheriv, createHash, createPublicKey, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import { EnvelopeError, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { decryptCapgoFile } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { collect, streamOf } from '../stream/streams.js'
import type { CapgoDecryptOptions } from '../../src/capgo.js'

/*
 * Releases as nobody should publish them, made with node:crypto alone: what the library would never write can't be made with it.
 */

/** The words that no error may repeat. */
export const CONTENT = 'PK: the words of this bundle must be in no error'

/** Raises a block of 256 bytes to the private exponent, whatever is in it. */
export function rawSign(block: Uint8Array, privateKey: string): Buffer {
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block)
}

/** The block of 256 bytes under a signature, whatever is in it. */
export function rawOpen(signature: Uint8Array, publicKey: string): Buffer {
  return publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature)
}

/** 00 01 FF.. 00 value, in 256 bytes. */
export function blockOf(value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(253 - value.length, 0xff), Buffer.of(0), value])
}

/** A block of which one byte is another. */
export function withByte(block: Uint8Array, at: number, byte: number): Buffer {
  const changed = Buffer.from(block)
  changed[at] = byte
  return changed
}

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** AES-128-CBC; padding as it should be, unless the caller brings whole blocks of its own. */
export function cbc(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array, autoPadding = true): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(autoPadding)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** The modulus of a key, as a number. */
export function modulusOf(publicKey: string): bigint {
  const { n } = createPublicKey(publicKey).export({ format: 'jwk' })
  return BigInt(`0x${Buffer.from(n as string, 'base64url').toString('hex')}`)
}

export function bytesOf(number: bigint, size = 256): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * size, '0'), 'hex')
}

export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** What a device is given. */
export interface RawRelease {
  readonly payload: Uint8Array
  readonly sessionKey: string
  readonly checksum: string
}

/** Everything that a publisher chooses, each with what an honest one would take. */
export interface Choices {
  readonly privateKey: string
  readonly bundle?: Uint8Array
  readonly key?: Uint8Array
  readonly iv?: Uint8Array
  /** Plaintext with its padding. */
  readonly padded?: Uint8Array
  readonly signedKey?: Uint8Array
  readonly signedChecksum?: Uint8Array
  readonly form?: 'hex' | 'base64'
}

export function releaseOf({ privateKey, bundle = Buffer.from(CONTENT), key = randomBytes(16), iv = randomBytes(16), ...more }: Choices): RawRelease {
  const { padded, signedKey = rawSign(blockOf(key), privateKey), signedChecksum = rawSign(blockOf(sha256(bundle)), privateKey), form = 'hex' } = more
  return {
    payload: padded === undefined ? cbc(key, iv, bundle) : cbc(key, iv, padded, false),
    sessionKey: `${Buffer.from(iv).toString('base64')}:${Buffer.from(signedKey).toString('base64')}`,
    checksum: Buffer.from(signedChecksum).toString(form),
  }
}

/** What came out of a call, and what it failed with. */
export interface Outcome {
  readonly bytes: Uint8Array
  readonly sha256?: string
  readonly error?: unknown
}

type Options = Omit<CapgoDecryptOptions, 'sessionKey' | 'checksum'>

/** How a release is read. */
export type Way = (release: RawRelease, options: Options) => Promise<Outcome>

const NOTHING = new Uint8Array(0)

async function inOneCall({ payload, sessionKey, checksum }: RawRelease, options: Options): Promise<Outcome> {
  const { bundle, sha256 } = await verifyAndDecryptCapgo(payload, { ...options, sessionKey, checksum })
  return { bytes: bundle, sha256 }
}

async function asStream({ payload, sessionKey, checksum }: RawRelease, options: Options): Promise<Outcome> {
  const opened = await verifyAndDecryptCapgoStream(streamOf(payload, 100_000), { ...options, sessionKey, checksum })
  const { bytes, failed, error } = await collect(opened.unverified)
  const settled = await opened.sha256.then((value) => ({ value }), (reason: unknown) => ({ reason }))
  if (failed !== 'reason' in settled) throw new Error('the stream and its digest disagree')
  if ('value' in settled) return { bytes, sha256: settled.value }
  expect(settled.reason).toBe(error)
  return { bytes, error }
}

async function asFile({ payload, sessionKey, checksum }: RawRelease, options: Options): Promise<Outcome> {
  const folder = temporaryFolder()
  const [from, to] = [join(folder, 'payload'), join(folder, 'bundle.zip')]
  writeFileSync(from, payload)
  try {
    const { sha256 } = await decryptCapgoFile(from, to, { ...options, sessionKey, checksum })
    return { bytes: readFileSync(to), sha256 }
  } catch (error) {
    expect(readdirSync(folder), 'a refused release leaves no file').toEqual(['payload'])
    return { bytes: NOTHING, error }
  }
}

async function asFunction({ payload, sessionKey, checksum }: RawRelease, options: Options): Promise<Outcome> {
  const pieces: Buffer[] = []
  const write = async (bytes: Uint8Array): Promise<void> => void pieces.push(Buffer.from(bytes))
  try {
    const { sha256 } = await decryptCapgoFile(streamOf(payload, 100_000), write, { ...options, sessionKey, checksum })
    return { bytes: Buffer.concat(pieces), sha256 }
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error }
  }
}

const caught = (way: Way): Way => async (release, options) => way(release, options).catch((error: unknown) => ({ bytes: NOTHING, error }))

/** Every way, with the words of a title. */
export const ways: readonly (readonly [string, Way])[] = [
  ['in one call', caught(inOneCall)],
  ['as a stream', caught(asStream)],
  ['from file to file', caught(asFile)],
  ['from a stream to a function', caught(asFunction)],
]

/** That a release was refused with this code, that nothing came out, and that the error tells nothing of the content. */
export function expectNothing({ bytes, error }: Outcome, code: string): EnvelopeError {
  expect(error, 'nobody refused it').toBeInstanceOf(EnvelopeError)
  const refused = error as EnvelopeError
  expect(refused.code, refused.message).toBe(code)
  expect(bytes.length).toBe(0)
  const told = inspect(refused, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null })
  const hex = Buffer.from(CONTENT).toString('hex')
  for (const secret of [CONTENT.slice(0, 16), CONTENT.slice(16, 32), hex.slice(0, 32), Buffer.from(CONTENT).toString('base64').slice(0, 20)]) {
    expect(told).not.toContain(secret)
  }
  return refused
}

/** That a release was read, and whole. */
export function expectBundle({ bytes, sha256: digest, error }: Outcome, bundle: Uint8Array): void {
  expect(error).toBeUndefined()
  expect(Buffer.from(bundle).equals(bytes)).toBe(true)
  expect(digest).toBe(sha256(bundle).toString('hex'))
}
