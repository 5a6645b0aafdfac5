import { EnvelopeError } from '../errors.js'
import { releaseIdOf } from '../device/open-envelope.js'
import { orTell, tellAccepted } from '../device/tell.js'
import { decryptWhole } from '../device/verify-and-decrypt.js'
import { objectGeometry, objectName, parseManifest } from '../format/manifest.js'
import { objectListText } from '../format/object-list.js'
import { ascii, base64urlDecode, hexEncode } from '../text.js'
import { decryptWholeObject } from './decrypt-object.js'
import { planOf } from './plan.js'
import { readManifestPolicy } from './policy.js'
import { isSignedList } from './signed-list.js'
import type { Bytes } from '../bytes.js'
import type { Encoding } from '../compression.js'
import type { EnvelopeInput } from '../device/verify-and-decrypt.js'
import type { Header } from '../format/header.js'
import type { FileEntry } from '../format/manifest.js'
import type { HaveFile, ManifestPlan } from './plan.js'
import type { OpenManifestOptions, ManifestPolicy } from './policy.js'

/** An encrypted file as it is stored and fetched. */
export interface ManifestObject {
  /** Index digest, lower-case hex: what it is stored under. */
  readonly name: string
  /** Bytes of the object. */
  readonly size: number
  /** Left out: the object holds the file as it is. */
  readonly encoding?: Encoding
}

/** A file of a release. */
export interface ManifestFile {
  /** Relative, with forward slashes. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Hex SHA-256 of the file, as `sha256sum` prints it. */
  readonly sha256: string
  readonly object: ManifestObject
}

/** A verified list of all files of a release. */
export interface OpenedManifest {
  /** The signed header of the manifest; its checksum is the hex SHA-256 of the list. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
  /** Names this one release, and nothing else: hex SHA-256 of the head's member `payload`. */
  readonly releaseId: string
  readonly files: readonly ManifestFile[]
  /** Bytes of all files together. */
  readonly size: number
  /** What is to be fetched, copied and deleted where the files `have` are there, such as those of another opened manifest. */
  readonly plan: (have: Iterable<HaveFile>) => ManifestPlan
  /**
   * The file `path`, of an object that is all at hand: verified, decrypted, decompressed, and held against its SHA-256.
   *
   * @throws EnvelopeError `truncated`, `trailing-data`, `bad-index`, `bad-chunk`, `bad-checksum`, `backend-unavailable`, `aborted`
   * @throws RangeError where there is no such file
   */
  readonly decryptObject: (path: string, object: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>
}

/**
 * Verifies and decrypts a manifest: the one check of signatures for all files of a release. `runtime`, `expires` and the like hold for
 * all of the release.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function openManifest(manifest: EnvelopeInput, options: OpenManifestOptions): Promise<OpenedManifest> {
  return openManifestBy(manifest, readManifestPolicy(options))
}

/** What only the library reaches: session keys are among it. */
export interface ManifestEntries {
  readonly files: ReadonlyMap<string, FileEntry>
  readonly policy: ManifestPolicy
}

/** Known to the library alone: no secret can be reached from an opened manifest. */
const entries = new WeakMap<OpenedManifest, ManifestEntries>()

/** @throws TypeError where it is not what {@link openManifest} gave */
export function entriesOf(manifest: OpenedManifest): ManifestEntries {
  const found = entries.get(manifest)
  if (found === undefined) throw new TypeError('manifest must be what openManifest gives')
  return found
}

/** The same, with options that are read already. */
export async function openManifestBy(manifest: EnvelopeInput, policy: ManifestPolicy): Promise<OpenedManifest> {
  const { bundle, header, signers, payload } = await decryptWhole(manifest, policy)
  const list = await orTell(policy, 'bundle-refused', header, async () => readList(bundle, header, policy))
  tellAccepted(header, policy)
  const releaseId = await releaseIdOf(payload, policy.backend)
  const files = new Map(list.map((file) => [file.path, file]))
  const shown = Object.freeze(list.map(shownFile))
  const opened: OpenedManifest = {
    header,
    signers,
    releaseId,
    files: shown,
    size: totalSize(list),
    plan: (have) => planOf(shown, have),
    decryptObject: async (path, object) => {
      const file = files.get(path)
      if (file === undefined) throw new RangeError('the manifest has no file of this path')
      return orTell(policy, 'bundle-refused', header, async () => decryptWholeObject(file, object, policy))
    },
  }
  entries.set(opened, { files, policy })
  return opened
}

/** @throws EnvelopeError `bad-manifest`, `unsupported`, `too-large` */
async function readList(bundle: Bytes, header: Header, { backend, releaseSize }: ManifestPolicy): Promise<readonly FileEntry[]> {
  const list = parseManifest(bundle)
  const size = totalSize(list)
  if (size > releaseSize) throw new EnvelopeError('too-large', `the files have ${size} bytes together; maxSize is ${releaseSize}`)
  const objects = ascii(objectListText(list.map(({ object }) => objectName(object))))
  // R79: a server that reads only the object list keeps what this manifest needs.
  if ((await isSignedList(objects, header, backend)) !== false) return list
  throw new EnvelopeError('bad-manifest', 'the manifest has other objects than the object list that was signed with it')
}

function totalSize(files: readonly FileEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

/** A file as callers see it: without its key. */
export function shownFile(file: FileEntry): ManifestFile {
  const { path, size, sha256, object } = file
  return Object.freeze({
    path,
    size,
    sha256: hexEncode(base64urlDecode(sha256) as Bytes),
    object: Object.freeze({
      name: objectName(object),
      size: objectGeometry(file).payloadLength,
      ...(object.encoding !== undefined && { encoding: object.encoding }),
    }),
  })
}
