import { createHash } from 'node:crypto'
import { createManifest, encryptBundle } from '../../src/build.js'
import { verifyAndDecrypt } from '../../src/index.js'
import { openManifest } from '../../src/manifest.js'
import { refusal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { keepSecretBytes } from '../envelope/secrets.js'
import type { CreateManifestOptions, EncryptOptions, Envelope, Manifest, ManifestInput } from '../../src/build.js'
import type { Encoding, OpenedManifest, OpenManifestOptions } from '../../src/manifest.js'
import type { TestSigner } from '../envelope/signers.js'

export const MANIFEST_TYPE = 'application/vnd.otaseal.manifest+json'

/** The publisher of all releases of these tests, unless another is named. */
export const publisher: TestSigner = freshEd25519()

/** Text, or bytes, by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>

const claims = { app: 'com.example.app', version: '1.4.0', sequence: 1000, channel: 'production', chunkSize: 16_384 } as const

/** What `createManifest` takes for {@link claims} besides its files. */
export function publishing(more: Partial<CreateManifestOptions> = {}): CreateManifestOptions {
  return { signer: publisher.privateKey, ...claims, ...more }
}

/** The options of a device that accepts what {@link release} and {@link signedManifest} make. */
export function opening(more: Partial<OpenManifestOptions> = {}): OpenManifestOptions {
  return { trust: publisher.publicKey, app: claims.app, channel: claims.channel, lastSequence: 999, ...more }
}

export function inputs(files: Files): ManifestInput[] {
  return Object.entries(files).map(([path, content]) => ({ path, bytes: typeof content === 'string' ? Buffer.from(content) : content }))
}

/** A release with its objects in memory. */
export async function release(files: Files, more: Partial<CreateManifestOptions> = {}): Promise<Manifest> {
  return createManifest(inputs(files), publishing(more))
}

export async function opened(manifest: Envelope, more: Partial<OpenManifestOptions> = {}): Promise<OpenedManifest> {
  return openManifest(manifest, opening(more))
}

/** The new objects of a release, by name. */
export function objectsOf({ objects }: Manifest): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map(
    objects.map(({ name, bytes }) => {
      if (bytes === undefined) throw new Error('the objects went to a store')
      return [name, bytes]
    }),
  )
}

/** An envelope of a manifest's type, with any bundle: text and bytes as they are, all else as JSON. */
export async function signedManifest(json: unknown, more: Partial<EncryptOptions> = {}): Promise<Envelope> {
  const bundle = json instanceof Uint8Array ? json : Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return encryptBundle(bundle, { ...publishing(), type: MANIFEST_TYPE, ...more })
}

/** An entry of a manifest, as JSON has it. */
export interface Entry {
  path: string
  size: number
  sha256: string
  object: { index: string; key: string; chunk: number; encoding?: Encoding; size?: number }
}

/** An entry in the right form, of which every member is the caller's to change; there is no such object. */
export function entry(path: string, more: Partial<Entry> = {}): Entry {
  const digest = (text: string): string => createHash('sha256').update(`${text} ${path}`).digest('base64url')
  return { path, size: 5, sha256: digest('content'), object: { index: digest('index'), key: digest('key'), chunk: 16_384 }, ...more }
}

/** The list of a manifest that a publisher opens by itself: session keys are in it, which no error may quote. */
export async function entriesIn(manifest: Envelope): Promise<Entry[]> {
  const { bundle } = await verifyAndDecrypt(manifest, opening())
  const { files } = JSON.parse(Buffer.from(bundle).toString()) as { files: Entry[] }
  for (const { object } of files) keepSecretBytes('session key', Buffer.from(object.key, 'base64url'))
  return files
}

/** Code and message of the EnvelopeError that a call must end with, which quotes no secret. */
export async function codeOf(call: () => unknown): Promise<string> {
  const { code, message } = await refusal(call)
  return `${code}: ${message}`
}

/** The codes that calls end with, each in its place. */
export async function codeOfMany(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const codes: string[] = []
  for (const call of calls) codes.push((await refusal(call)).code)
  return codes
}
