import { open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { objectNamePattern } from '../format/object-list.js'
import { textOption } from '../options.js'
import { makeFolders } from './folder-below.js'
import { eachInParallel, syncFile, writeAt } from './folder-file.js'
import { pathOf } from './input.js'
import { systemCode, withPath } from './system-error.js'
import { ignore, syncFolder, temporaryPath } from './temporary-file.js'
import type { FileHandle } from 'node:fs/promises'
import type { ObjectStore } from '../publish/object-store.js'
import type { FileName } from './input.js'

/** Objects in a folder. */
export interface FolderObjects extends ObjectStore {
  /** Has all objects that are finished outlast a loss of power. */
  readonly flush: () => Promise<void>
}

/**
 * A folder of objects, made where it is missing: each is a file under its name, which it gets once it is complete. `flush` writes
 * them all down to the disk, which `createManifest` waits for before it gives the manifest. A crash leaves nothing but files
 * `.otaseal-*.tmp`, and objects that no manifest names.
 */
export function folderObjects(folder: FileName): FolderObjects {
  const place = resolve(pathOf(folder))
  const unsynced = new Set<string>()
  return {
    create: async () => {
      const path = temporaryPath(place)
      const handle = await createIn(place, path)
      return {
        write: async (bytes, position) => writeAt({ path: place, handle }, bytes, position),
        finish: async (name) => {
          const target = join(place, textOption('name', name, objectNamePattern))
          await withPath(target, handle.close())
          // What is there under this name is the same object, or what a loss of power has left of it.
          await withPath(target, rename(path, target))
          unsynced.add(target)
        },
        discard: async () => {
          await handle.close().catch(ignore)
          await rm(path, { force: true }).catch(ignore)
        },
      }
    },
    flush: async () => {
      const targets = [...unsynced]
      const missing: unknown[] = []
      await eachInParallel(targets, async (target) =>
        syncFile(target).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error
          // Or each call after this one failed as well.
          unsynced.delete(target)
          missing.push(error)
        }),
      )
      if (missing.length > 0) throw missing[0]
      if (targets.length > 0) await syncFolder(place)
      for (const target of targets) unsynced.delete(target)
    },
  }
}

async function createIn(folder: string, path: string): Promise<FileHandle> {
  const create = async (): Promise<FileHandle> => withPath(folder, open(path, 'wx', 0o666))
  return create().catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    await makeFolders(folder)
    return create()
  })
}
