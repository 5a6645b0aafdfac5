import { asBytes } from '../../src/bytes.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend } from '../../src/crypto/backend.js'

/** A backend with one mistake, and the beginning of a test that must find it. */
export type Mutant = readonly [mistake: string, changes: (right: Backend) => object, found: string]

/** The whole memory that a view lies in, as a native module reads it that forgets the offset. */
export const memoryOf = (view: Bytes): Bytes => asBytes(Buffer.from(view.buffer), 'memory')

export const later = async (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))
