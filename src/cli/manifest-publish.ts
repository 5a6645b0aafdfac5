import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createManifest } from '../build.js'
import { folderFiles as releaseFiles, folderObjects } from '../node.js'
import { writeWhole } from '../node/temporary-file.js'
import { folderFiles } from './folder.js'
import { streamOf } from './input.js'
import { exists } from './output.js'
import { withoutSecret } from './secret-files.js'
import type { ByteStreamLike, CreateManifestOptions, Manifest, ManifestInput, ObjectStore } from '../build.js'
import type { Pieces } from './input.js'
import type { Target } from './output.js'

/** Where a release goes. */
export interface Places {
  readonly manifest: Target
  readonly list: Target
  /** Folder. */
  readonly objects: string
}

/**
 * Makes a release of a folder: objects first, then their list, then the manifest, so that whoever sees the manifest finds all of the
 * release. What fails, or is stopped by `signal`, leaves nothing behind.
 *
 * @throws EnvelopeError, FileError; Error of Node with the `path` at fault
 */
export async function publish(folder: string, places: Places, options: CreateManifestOptions, signal: AbortSignal): Promise<Manifest> {
  const { list, objects } = places
  const [hadList, hadObjects] = [exists(list.path), exists(objects)]
  const names: string[] = []
  const store = watched(folderObjects(objects), (name) => names.push(name))
  try {
    const made = await createManifest(await inputsOf(folder), { ...options, store, signal })
    await writeBoth(made, places, signal)
    return made
  } catch (error) {
    for (const name of names) await rm(join(objects, name), { force: true })
    if (!hadList) await rm(list.path, { force: true })
    if (!hadObjects) await rmdir(objects).catch(() => undefined)
    throw error
  }
}

/** Tells the name of each object that is complete. */
function watched({ create, flush }: ObjectStore, onName: (name: string) => void): ObjectStore {
  return {
    ...(flush !== undefined && { flush }),
    create: async (size) => {
      const writer = await create(size)
      const finish = async (name: string): Promise<void> => {
        await writer.finish(name)
        onName(name)
      }
      return { ...writer, finish }
    },
  }
}

/** The signal is heard for the last time before the list gets its name, since the manifest must follow it. */
async function writeBoth(made: Manifest, { manifest, list }: Places, signal: AbortSignal): Promise<void> {
  await writeWhole(manifest.path, { overwrite: manifest.force }, async (file) => {
    await file.write(made.toBytes())
    const options = { overwrite: list.force, check: () => signal.throwIfAborted() }
    await writeWhole(list.path, options, async (other) => other.write(Buffer.from(made.objectList)))
  })
}

/** @throws FileError for private keys, and for what can't be in a release; EnvelopeError where a file is changed meanwhile */
async function inputsOf(folder: string): Promise<readonly ManifestInput[]> {
  // For its refusals, in the words of the command line.
  await folderFiles(folder)
  return (await releaseFiles(folder)).map(({ path, size, stream }) => ({
    ...{ path, size },
    stream: () => streamOf(withoutSecret(join(folder, path), piecesOf(stream))),
  }))
}

async function* piecesOf(open: () => ByteStreamLike): Pieces {
  const reader = open().getReader()
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value as Uint8Array
  } finally {
    await reader.cancel()
  }
}
