import { compress } from '#compression'
import { asBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { FILES_MAX } from '../format/limits.js'
import { objectName } from '../format/manifest.js'
import { pathSet } from '../format/path.js'
import { checkAborted, objectOption } from '../options.js'
import { makePause } from '../pause.js'
import { viewSource } from '../stream/source.js'
import { base64urlEncode } from '../text.js'
import { checkUnchanged, readInput } from './input.js'
import { memoryObjects } from './object-store.js'
import { contentKey } from './previous.js'
import { sealObject } from './seal-object.js'
import type { Bytes } from '../bytes.js'
import type { Plan } from '../build/options.js'
import type { Encoding } from '../compression.js'
import type { FileEntry, ObjectEntry } from '../format/manifest.js'
import type { Manifest, ManifestInputs, NewObject } from './create-manifest.js'
import type { ManifestInput, ReadFile } from './input.js'
import type { ObjectStore } from './object-store.js'
import type { PublishOptions } from './options.js'
import type { KnownObjects } from './previous.js'

/** What files became. */
export interface ReadFiles extends Pick<Manifest, 'objects'> {
  readonly entries: readonly FileEntry[]
}

/**
 * Reads the files of a release, and encrypts those whose content has no object yet.
 *
 * @throws EnvelopeError `bad-path`, `limit-exceeded`, `input-changed`, `aborted`, `backend-unavailable`; TypeError, RangeError
 */
export async function readFiles(files: ManifestInputs, known: KnownObjects, { encodings, store }: PublishOptions, plan: Plan): Promise<ReadFiles> {
  const memory = memoryObjects()
  const byContent = new Map(known)
  const entries: FileEntry[] = []
  const objects: NewObject[] = []
  const nameOf = pathOption()
  const pause = makePause()
  const total = sizeOf(files)
  let done = 0
  for await (const input of files) {
    checkAborted(plan.signal)
    const path = nameOf(input)
    if (entries.length === FILES_MAX) throw new EnvelopeError('limit-exceeded', `a release can have at most ${FILES_MAX} files`)
    const file = await readInput(input, plan)
    const content = { size: file.size, sha256: base64urlEncode(file.digest) }
    let object = byContent.get(contentKey(content))
    if (object === undefined) {
      const sealed = await sealFile(path, file, encodings, store ?? memory, plan)
      object = sealed.object
      objects.push({ name: objectName(object), size: sealed.size })
      byContent.set(contentKey(content), object)
    }
    entries.push({ path, ...content, object })
    done += file.size
    plan.onProgress({ done, total })
    await pause()
  }
  return { entries, objects: store === undefined ? objects.map((object) => ({ ...object, bytes: memory.objects.get(object.name) as Bytes })) : objects }
}

/** @throws EnvelopeError `bad-path`; TypeError */
function pathOption(): (input: ManifestInput) => string {
  const pathIn = pathSet()
  return (input) => {
    const { path } = objectOption('each of files', input)
    if (typeof path !== 'string') throw new TypeError('path must be a string')
    const problem = pathIn(path)
    if (problem !== undefined) throw new EnvelopeError('bad-path', `the path ${JSON.stringify(path)} ${problem}: rename the file`)
    return path
  }
}

/** Bytes of all files, where all sizes are known. */
function sizeOf(files: ManifestInputs): number {
  if (!Array.isArray(files)) return Infinity
  return (files as readonly ManifestInput[]).reduce((sum, input) => sum + ('bytes' in input ? input.bytes.length : (input.size ?? Infinity)), 0)
}

interface SealedFile {
  readonly object: ObjectEntry
  readonly size: number
}

async function sealFile(path: string, file: ReadFile, encodings: readonly Encoding[], store: ObjectStore, plan: Plan): Promise<SealedFile> {
  const encoded = file.bytes === undefined ? undefined : await smallest(file.bytes, encodings)
  if (encoded !== undefined) {
    const { encoding, bytes } = encoded
    const { object, size } = await sealObject(viewSource(bytes), bytes.length, () => undefined, store, plan)
    return { object: { ...object, encoding, size: bytes.length }, size }
  }
  if (file.bytes !== undefined) return sealObject(viewSource(file.bytes), file.size, () => undefined, store, plan)
  const hasher = plan.backend.hasher()
  const sealed = await sealObject(await file.open(), file.size, (bytes) => hasher.update(bytes), store, plan)
  checkUnchanged(path, file.digest, hasher.digest())
  return sealed
}

/** The smallest encoding, where one saves at least a sixteenth. */
async function smallest(bytes: Bytes, encodings: readonly Encoding[]): Promise<{ readonly encoding: Encoding; readonly bytes: Bytes } | undefined> {
  let best: { readonly encoding: Encoding; readonly bytes: Bytes } | undefined
  for (const encoding of encodings) {
    const encoded = asBytes(await compress(encoding, bytes), 'what is compressed')
    if (encoded.length <= (bytes.length * 15) / 16 && encoded.length < (best?.bytes.length ?? Infinity)) best = { encoding, bytes: encoded }
  }
  return best
}
