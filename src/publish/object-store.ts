import type { Bytes } from '../bytes.js'

/** Where new objects go, one after the other. */
export interface ObjectStore {
  /** Begins an object of `size` bytes, whose name is known only at its end. */
  readonly create: (size: number) => Promise<ObjectWriter>
}

/** An object that is being made. */
export interface ObjectWriter {
  /** The bytes must not be kept. */
  readonly write: (bytes: Bytes, position: number) => Promise<void>
  /** All of it was written. Where an object of this name is there already, it has the same bytes. */
  readonly finish: (name: string) => Promise<void>
  /** It will not be finished. */
  readonly discard: () => Promise<void>
}

/** Holds objects in memory. */
export function memoryObjects(): ObjectStore & { readonly objects: ReadonlyMap<string, Bytes> } {
  const objects = new Map<string, Bytes>()
  return {
    objects,
    create: async (size) => {
      const object = new Uint8Array(size)
      return {
        write: async (bytes, position) => object.set(bytes, position),
        finish: async (name) => void objects.set(name, object),
        discard: async () => undefined,
      }
    },
  }
}
