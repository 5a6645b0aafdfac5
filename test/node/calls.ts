import { expect } from 'vitest'
import { decryptFile, encryptFile, verifyFile } from '../../src/node.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { makePlace, publishing } from './helpers.js'
import type { FileInput, FileOptions, FileOutput } from '../../src/node.js'
import type { CallOptions } from '../../src/options.js'
import type { TestSigner } from '../envelope/signers.js'
import type { Place } from './helpers.js'

export const signer: TestSigner = freshEd25519()
export const bundle: Uint8Array<ArrayBuffer> = pattern(6 * CHUNK + 9)
const sealed = (await seal(signer, bundle)).toBytes()

/** A place with the files `bundle` and `envelope`. */
export function makeFullPlace(): Place {
  const place = makePlace()
  place.put('bundle', bundle)
  place.put('envelope', sealed)
  return place
}

export type Options = FileOptions & CallOptions

/** A call that makes something of one file, and what shows that it is right. */
export interface FileCall {
  readonly name: string
  /** The file of a full place that it reads. */
  readonly source: 'bundle' | 'envelope'
  readonly run: (source: FileInput, target: FileOutput, options?: Options) => Promise<unknown>
  readonly check: (place: Place, name: string) => Promise<void>
}

/** The two calls that write a file. */
export const calls: readonly FileCall[] = [
  {
    name: 'encryptFile',
    source: 'bundle',
    run: async (source, target, options) => encryptFile(source, target, publishing(signer, options)),
    check: async (place, name) => {
      const opened = await verifyFile(place.path(name), accepting(signer))
      expect(opened.header.bundle.size).toBe(bundle.length)
    },
  },
  {
    name: 'decryptFile',
    source: 'envelope',
    run: async (source, target, options) => decryptFile(source, target, { ...accepting(signer), ...options }),
    check: async (place, name) => {
      expect(place.read(name)).toSatisfy(sameAs(bundle))
    },
  },
]

export type { Place } from './helpers.js'
