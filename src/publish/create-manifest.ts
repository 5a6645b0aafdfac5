import { sealBundle } from '../build/encrypt-bundle.js'
import { readSigners } from '../build/signers.js'
import { manifestBytes } from '../format/manifest.js'
import { objectListText } from '../format/object-list.js'
import { shownFile } from '../manifest/open-manifest.js'
import { ascii, base64urlEncode } from '../text.js'
import { inputsOption } from './inputs.js'
import { publishOptions, withObjects } from './options.js'
import { previousObjects } from './previous.js'
import { sealFiles } from './seal-files.js'
import type { Envelope } from '../build/encrypt-bundle.js'
import type { ManifestFile } from '../manifest/open-manifest.js'
import type { ManifestInputs } from './inputs.js'
import type { CreateManifestOptions } from './options.js'

/** An object that is to be uploaded, before the manifest is. */
export interface NewObject {
  /** What it is stored under. */
  readonly name: string
  /** Bytes of the object. */
  readonly size: number
  /** The object itself; left out where it went to a `store`. */
  readonly bytes?: Uint8Array<ArrayBuffer>
}

/** A release of many files: the envelope of its manifest, and what is new. */
export interface Manifest extends Envelope {
  readonly files: readonly ManifestFile[]
  /** The objects that the previous release does not have. */
  readonly objects: readonly NewObject[]
  /** The names of all objects of the release, as JSON: for servers, which can't read the manifest. */
  readonly objectList: string
}

/**
 * Makes a release of many files. Each file that the previous release doesn't have, under whatever path, becomes an object under a
 * key of its own; the others keep theirs. The manifest lists them all, signed and encrypted as a whole. Upload the
 * objects first, then the manifest.
 *
 * @throws EnvelopeError `bad-path`, `bad-key`, `limit-exceeded`, `input-changed`, `aborted`, `backend-unavailable`; with a previous manifest
 *   those of `openManifest`, and `rollback` where its sequence is not below the new one
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function createManifest(files: ManifestInputs, options: CreateManifestOptions): Promise<Manifest> {
  const publishing = publishOptions(options)
  const inputs = inputsOption(files)
  const { plan } = publishing
  const [signers, known] = await Promise.all([readSigners(plan), previousObjects(publishing)])
  const { entries, objects } = await sealFiles(inputs, known, publishing)
  await publishing.store?.flush?.()
  const bundle = manifestBytes(entries)
  const shown = entries.map(shownFile)
  const objectList = objectListText(shown.map(({ object }) => object.name))
  const digest = base64urlEncode(await plan.backend.sha256(ascii(objectList)))
  const claims = { ...plan.claims, meta: withObjects(plan.claims.meta, digest) }
  const envelope = await sealBundle(bundle, { ...plan, claims, onProgress: () => undefined }, signers)
  return { ...envelope, files: shown, objects, objectList }
}
