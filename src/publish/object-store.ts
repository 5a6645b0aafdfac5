import type { Bytes } from '../bytes.js'

/** Where new objects go, one after the other. What its functions throw comes out unchanged. */
export interface ObjectStore {
  /** Begins an object of `size` bytes, whose name is known only at its end. */
  readonly create: (size: number) => Promise<ObjectWriter>
  /** Has all that is finished outlast a loss of power; waited for before a manifest names it. Left out: nothing is to be done for that. */
  readonly flush?: () => Promise<void>
}

/** An object that is being made: each byte of it is written once, the first ones last. */
export interface ObjectWriter {
  /** The bytes must not be kept. */
  readonly write: (bytes: Bytes, position: number) => Promise<void>
  /** All of it was written. Where an object of this name is there already, it has the same bytes. */
  readonly finish: (name: string) => Promise<void>
  /** It will not be finished, or that has failed. */
  readonly discard: () => Promise<void>
}

/** A store for one object. */
export function memoryStore(): ObjectStore & { readonly bytes: () => Bytes } {
  let object: Bytes = new Uint8Array(0)
  return {
    bytes: () => object,
    create: async (size) => {
      object = new Uint8Array(size)
      return { write: async (bytes, position) => object.set(bytes, position), finish: async () => undefined, discard: async () => undefined }
    },
  }
}

/** Makes an object in a store; where that fails, nothing of it stays there. */
export async function storeObject<T extends { readonly name: string }>(store: ObjectStore, size: number, write: (writer: ObjectWriter) => Promise<T>): Promise<T> {
  const writer = await store.create(size)
  try {
    const written = await write(writer)
    await writer.finish(written.name)
    return written
  } catch (error) {
    // Why it failed is what matters; the writer's own failure may well follow from it.
    await (async () => writer.discard())().catch(() => undefined)
    throw error
  }
}
