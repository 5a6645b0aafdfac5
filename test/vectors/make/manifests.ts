import { createHash } from 'node:crypto'
import { OBJECTS_META, objectListText } from '../../../src/format/object-list.js'
import { MANIFEST_TYPE } from '../../../src/format/manifest.js'
import { copyBytes } from '../../../src/bytes.js'
import { fileOf, sealBytes } from './publisher.js'
import { accepted, device, refused, serverAccepts } from './vectors.js'
import type { EncryptOptions } from '../../../src/build/options.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { FileEntry } from '../../../src/format/manifest.js'
import type { DeviceVectorOptions, Vector } from '../vector.js'

export type ManifestVector = Vector<DeviceVectorOptions>
export type Demands = Partial<DeviceVectorOptions>

/** SHA-256 as manifests have it. */
export const digest = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('base64url')

/** An entry in the right form; there is no such object. */
export function entry(path: string, more: Partial<FileEntry> = {}, object: Partial<FileEntry['object']> = {}): FileEntry {
  return { path, size: 5, sha256: digest(`content ${path}`), object: { index: digest(`index ${path}`), key: digest(`key ${path}`), chunk: 16_384, ...object }, ...more }
}

/** A list of one good entry, and its text to be spoilt. */
export const good: { readonly files: readonly [FileEntry] } = { files: [entry('a')] }
export const text: string = JSON.stringify(good)

/** The object list of entries. */
export const listOf = (files: readonly FileEntry[]): string => objectListText(files.map(({ object }) => Buffer.from(object.index, 'base64url').toString('hex')))

/** Of a manifest: bytes and text as they are, all else as JSON. */
const bundleOf = (json: unknown): Uint8Array => (json instanceof Uint8Array ? json : Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)))

/** A manifest of any list, whose header names the digest of an object list. */
export async function sealed(json: unknown, list: string, more: Partial<EncryptOptions> = {}): Promise<EnvelopeParts> {
  return sealBytes(copyBytes(bundleOf(json)), { type: MANIFEST_TYPE, meta: { [OBJECTS_META]: digest(list) }, ...more })
}

/** A manifest of these entries that is accepted. */
export async function accept(name: string, files: readonly FileEntry[], more: Demands = {}, options: Partial<EncryptOptions> = {}): Promise<ManifestVector> {
  return acceptText(name, JSON.stringify({ files }), listOf(files), more, options)
}

export async function acceptText(name: string, json: string, list: string, more: Demands = {}, options: Partial<EncryptOptions> = {}): Promise<ManifestVector> {
  return accepted('manifest', name, { input: fileOf(await sealed(json, list, options)), output: Buffer.from(list) }, { ...device, ...more })
}

/** A manifest whose list is refused, which nobody sees who can't read it. */
export async function refuse(code: ErrorCode, name: string, json: unknown, list = listOf(good.files)): Promise<ManifestVector> {
  return serverAccepts(refusedManifest(code, name, await sealed(json, list)))
}

export const refusedManifest = (code: ErrorCode, name: string, envelope: EnvelopeParts, more: Demands = {}): ManifestVector =>
  refused('manifest', [code, name], fileOf(envelope), { ...device, ...more })

/** Entries of right form that can't be one release. */
export const refuseFiles = async (name: string, files: readonly FileEntry[], code: ErrorCode = 'bad-manifest'): Promise<ManifestVector> =>
  refuse(code, name, { files }, listOf(files))

/** A path that is in no release, or the last of several, behind one that may be. */
export const refusePaths = async (name: string, ...paths: readonly string[]): Promise<ManifestVector> => refuseFiles(name, ['fine', ...paths].map((path) => entry(path)))

