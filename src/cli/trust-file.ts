import { readFileSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { EnvelopeError, checkTrustStore } from '../index.js'
import { writeWhole } from '../node/temporary-file.js'
import { FileError, fileCallError, fileError } from './errors.js'
import { interruptible } from './interrupt.js'
import { inputName, inputPieces, startOf } from './input.js'
import { keyText } from './key-file.js'
import { withLock } from './store-lock.js'
import { writeStdout } from './terminal.js'
import type { TrustStore } from '../index.js'
import type { Target } from './output.js'

/** Bytes of a trust store, as the format limits it. */
export const STORE_MAX = 262_144
const UPDATE_MAX = 2 * STORE_MAX

const HINT = 'make one with `otaseal trust create`'

/** A trust store, after every check. */
export interface CheckedStore {
  readonly store: TrustStore
  /** The kid of each of its keys, in their order. */
  readonly kids: readonly string[]
}

/** The same, as it lies in a file. */
export interface StoreFile extends CheckedStore {
  readonly path: string
  readonly text: string
}

/** A trust update as it lies in a file; none of its signatures is checked. */
export interface UpdateFile extends StoreFile {
  /** The kid that each of its signatures claims. */
  readonly signatures: readonly string[]
}

/** @throws FileError, UsageError, EnvelopeError `bad-trust-store`, `unsupported`, `bad-key` */
export async function readStore(path: string): Promise<StoreFile> {
  const text = await keyText(path, 'STORE', HINT, STORE_MAX)
  refuseOther(path, text)
  return { path, text, ...(await checkStore(path, text)) }
}

/** A trust store, or a trust update with the store in it; `-` is stdin. */
export async function readStoreOrUpdate(path: string): Promise<StoreFile | UpdateFile> {
  const text = await updateText(path)
  const value = objectOf(text)
  if (value === undefined || !isUpdate(value)) {
    refuseOther(path, text)
    return { path, text, ...(await checkStore(path, text)) }
  }
  return { path, text, signatures: signerKids(path, text), ...(await checkStore(path, decoded(value['payload']))) }
}

/** The text of a trust update, or of what was passed as one; `-` is stdin. */
export async function updateText(path: string): Promise<string> {
  if (path !== '-') return keyText(path, 'STORE or UPDATE', 'pass the name of a trust store or trust update', UPDATE_MAX)
  const pieces = inputPieces(path)
  const bytes = await startOf(pieces, UPDATE_MAX + 1).finally(async () => pieces.return())
  if (bytes.length > UPDATE_MAX) throw new FileError(`${inputName(path)} has more than ${UPDATE_MAX} bytes, the most that a trust update takes`)
  return Buffer.from(bytes).toString('utf8')
}

/** A trust store's text after every check; its errors name where it comes from. */
export async function checkStore(from: string, store: TrustStore | string): Promise<CheckedStore> {
  return naming(from, async () => checkTrustStore(store))
}

/** Has the library's errors name the file at fault. */
export async function naming<T>(from: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    throw new EnvelopeError(error.code, `${from}: ${error.message}`, { cause: error })
  }
}

/** Whether a text is meant to be a trust store: a JSON object that is no key. */
export function isStoreText(text: string): boolean {
  const value = objectOf(text)
  return value !== undefined && !Object.hasOwn(value, 'kty')
}

/** @throws EnvelopeError `bad-trust-store` for a trust store in place of a trust update */
export function refuseUnsigned(path: string, text: string): void {
  const value = objectOf(text)
  if (value === undefined || isUpdate(value) || !Object.hasOwn(value, 'keys')) return
  throw new EnvelopeError('bad-trust-store', `${inputName(path)} is a trust store that nobody has signed: sign it with \`otaseal trust sign\``)
}

/** @throws EnvelopeError `bad-trust-store` for what is something else that people have lying about, with what to do */
export function refuseOther(path: string, text: string): void {
  const what = otherThanStore(text)
  if (what !== undefined) throw new EnvelopeError('bad-trust-store', `${path} is ${what}`)
}

function otherThanStore(text: string): string | undefined {
  const create = `no trust store: ${HINT.replace('create', 'create --key KEY.pub')}`
  if (/-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/.test(text)) return `a private key, and ${create}`
  if (text.includes('-----BEGIN ')) return `a public key or certificate, and ${create}`
  const value = objectOf(text)
  if (value === undefined) return `not a JSON object, and so ${create}`
  if (Object.hasOwn(value, 'kty')) return `a ${Object.hasOwn(value, 'd') ? 'private' : 'public'} key (JWK), and ${create}`
  if (isUpdate(value)) return 'a signed trust update, or a head: make the store that a trust update holds with `otaseal trust apply`'
  if (Object.hasOwn(value, 'keys') && !Object.hasOwn(value, 'epoch')) return `a key set (JWKS), and ${create}`
  return undefined
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    // It is no JSON: whoever asks says what that means.
    return undefined
  }
}

function isUpdate(value: object): value is { readonly payload: unknown } {
  return Object.hasOwn(value, 'payload') && Object.hasOwn(value, 'signatures')
}

function decoded(text: unknown): string {
  return typeof text === 'string' ? Buffer.from(text, 'base64url').toString('utf8') : ''
}

/** @throws EnvelopeError `bad-trust-store` */
export function signerKids(path: string, update: string): readonly string[] {
  const { signatures } = JSON.parse(update) as { readonly signatures: unknown }
  const kids = Array.isArray(signatures) ? signatures.map((signature: unknown) => kidOf(signature)) : [undefined]
  if (kids.every((kid) => kid !== undefined)) return kids
  throw new EnvelopeError('bad-trust-store', `${path} is no trust update: it was damaged, or written by a broken tool`)
}

function kidOf(signature: unknown): string | undefined {
  const value = objectOf(decoded(objectOf(JSON.stringify(signature ?? null))?.['protected']))
  return typeof value?.['kid'] === 'string' ? value['kid'] : undefined
}

/** A trust store for people to read, as far as its size allows. */
export function storeText(store: TrustStore): string {
  const text = `${JSON.stringify(store, null, 2)}\n`
  return text.length <= STORE_MAX ? text : JSON.stringify(store)
}

/** Writes a small file that everyone may read, all of it or nothing. */
export async function writeText(target: Target, text: string): Promise<void> {
  if (target.path === '-') return writeStdout(text)
  await interruptible(async (signal) => writeSmall(target, text, () => signal.throwIfAborted()))
}

/**
 * Puts `text` in the place of what was read of a file, unless that was changed since. A lock is held from the last look at the file until
 * it has its new content, so that of two edits of the same text one is refused. Behind a symbolic link its file changes.
 *
 * @throws FileError
 */
export async function replaceText(file: Pick<StoreFile, 'path' | 'text'>, text: string): Promise<void> {
  await interruptible(async (signal) => replaceTextUntil(signal, file, text))
}

/** The same as a part of other work, until its `signal` is aborted. */
export async function replaceTextUntil(signal: AbortSignal, { path, text: before }: Pick<StoreFile, 'path' | 'text'>, text: string): Promise<void> {
  const place = await realpath(path).catch((error: unknown) => {
    throw fileError('write', path, error)
  })
  const bytes = Buffer.from(before)
  const check = (): void => {
    signal.throwIfAborted()
    if (statSync(place).size === bytes.length && readFileSync(place).equals(bytes)) return
    throw new FileError(`${path} was changed by another program meanwhile: nothing is written, run the command again`)
  }
  await withLock(place, signal, async () => writeSmall({ path: place, force: true }, text, check))
}

/** `check` is called just before the file takes its name. */
async function writeSmall({ path, force }: Target, text: string, check: () => void): Promise<void> {
  await writeWhole(path, { overwrite: force, mode: 0o644, check }, async (file) => file.write(Buffer.from(text))).catch((error: unknown) => {
    throw fileCallError('', error)
  })
}
