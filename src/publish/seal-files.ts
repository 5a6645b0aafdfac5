import { contentKey } from '../format/manifest.js'
import { closedOnFailure, untilAborted } from '../options.js'
import { makePause } from '../pause.js'
import { inOrder } from '../stream/in-order.js'
import { base64urlEncode } from '../text.js'
import { memoryStore, storeObject } from './object-store.js'
import { smallestForm } from './plaintext.js'
import { fileReader } from './read-file.js'
import { sealObject } from './seal-object.js'
import type { Bytes } from '../bytes.js'
import type { FileEntry, ObjectEntry } from '../format/manifest.js'
import type { NewObject } from './create-manifest.js'
import type { Inputs } from './inputs.js'
import type { PublishOptions } from './options.js'
import type { Plaintext } from './plaintext.js'
import type { KnownObjects } from './previous.js'
import type { ReadFile } from './read-file.js'
import type { SealedObject } from './seal-object.js'

/** While files of so many bytes are held in memory, no other one is read. */
const HELD_MAX = 8_388_608

/** A file of more bytes that is bound for a store is encrypted when its turn comes: its object is never in memory as a whole. */
const AHEAD_MAX = 1_048_576

/** Files that are compressed at once; Node does it on threads of its own, of which it has four. */
const COMPRESSED = 4

/** What files became. */
export interface SealedFiles {
  readonly entries: readonly FileEntry[]
  readonly objects: readonly NewObject[]
}

/** A file that was read, and what was made ready for its object where it may need one. */
interface ReadyFile {
  readonly file: ReadFile
  readonly content: Pick<FileEntry, 'size' | 'sha256'>
  readonly object?: ReadyObject
}

/** What an object will hold; the object itself where it was made ahead. */
interface ReadyObject {
  readonly form: Plaintext
  readonly sealed?: SealedObject & { readonly bytes: Bytes }
}

/**
 * Reads the files of a release, and encrypts those whose content has no object yet: several at once where that is faster, but
 * what is made of them goes on in their order.
 *
 * @throws EnvelopeError `bad-path`, `limit-exceeded`, `input-changed`, `aborted`, `backend-unavailable`; TypeError, RangeError
 */
export async function sealFiles(inputs: Inputs, known: KnownObjects, options: PublishOptions): Promise<SealedFiles> {
  const { plan, encodings } = options
  const { signal, lanes, onProgress } = plan
  const reader = fileReader(inputs, plan)
  const held = heldFiles()
  const read = async (): Promise<ReadFile | undefined> => {
    await held.room()
    return held.add(await reader.next())
  }
  const next = inOrder(encodings.length > 0 ? Math.max(lanes, COMPRESSED) : lanes, read, makeReady(known, options))
  const objectOf = new Map(known)
  const entries: FileEntry[] = []
  const objects: NewObject[] = []
  const pause = makePause()
  let done = 0
  await closedOnFailure(reader, signal, async () => {
    for (let ready = await untilAborted(signal, next); ready !== undefined; ready = await untilAborted(signal, next)) {
      const { file, content } = ready
      const object = objectOf.get(contentKey(content)) ?? (await keepObject(ready, objects, options))
      objectOf.set(contentKey(content), object)
      entries.push({ path: file.path, ...content, object })
      held.remove(file)
      done += file.size
      onProgress({ done, total: inputs.total })
      await pause()
    }
  })
  return { entries, objects }
}

/** The work that can be done on several files at once. Of those with one content only the first is worked on. */
function makeReady(known: KnownObjects, { encodings, store, plan }: PublishOptions): (file: ReadFile) => Promise<ReadyFile> {
  const seen = new Set(known.keys())
  return async (file) => {
    const content = { size: file.size, sha256: base64urlEncode(file.digest) }
    if (seen.has(contentKey(content))) return { file, content }
    seen.add(contentKey(content))
    const form = await smallestForm(file, encodings)
    if (store !== undefined && form.size > AHEAD_MAX) return { file, content, object: { form } }
    const memory = memoryStore()
    const sealed = await sealObject(form, memory, plan)
    return { file, content, object: { form, sealed: { ...sealed, bytes: memory.bytes() } } }
  }
}

/** Puts an object where it belongs. */
async function keepObject({ object }: ReadyFile, objects: NewObject[], { store, plan }: PublishOptions): Promise<ObjectEntry> {
  const { form, sealed } = object as ReadyObject
  if (store === undefined) {
    const { entry, name, size, bytes } = sealed as SealedObject & { readonly bytes: Bytes }
    objects.push({ name, size, bytes })
    return entry
  }
  const { entry, name, size } =
    sealed === undefined
      ? await sealObject(form, store, plan)
      : await storeObject(store, sealed.size, async (writer) => {
          await writer.write(sealed.bytes, 0)
          return sealed
        })
  objects.push({ name, size })
  return entry
}

/** Files in memory, by their bytes. */
function heldFiles(): { readonly room: () => Promise<void>; readonly add: <T extends ReadFile | undefined>(file: T) => T; readonly remove: (file: ReadFile) => void } {
  let held = 0
  let wake: () => void = () => undefined
  return {
    room: async () => {
      while (held > HELD_MAX) await new Promise<void>((resume) => (wake = resume))
    },
    add: (file) => {
      held += file?.bytes?.length ?? 0
      return file
    },
    remove: ({ bytes }) => {
      held -= bytes?.length ?? 0
      wake()
    },
  }
}
