import { basename } from 'node:path'
import { FileError } from './errors.js'
import { startOf, withStart } from './input.js'
import type { Pieces } from './input.js'

/** A private key begins in the first so many bytes of its file. */
const START = 256
const secretName = /^\.otaseal_(key|secret)(?!.*\.pub$)/i
const privatePem = /^\s*-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/

/** Refuses a file that is named as `otaseal keygen` names private ones. */
export function refuseSecretName(path: string): void {
  if (secretName.test(basename(path))) throw asSecret(path, 'is named like')
}

/** Passes on what is no private key in PEM. */
export async function* withoutSecret(path: string, pieces: Pieces): Pieces {
  const start = await startOf(pieces, START)
  if (privatePem.test(Buffer.from(start.subarray(0, START)).toString('latin1'))) {
    await pieces.return()
    throw asSecret(path, 'is')
  }
  yield* withStart(start, pieces)
}

function asSecret(path: string, verb: string): FileError {
  return new FileError(`${path} ${verb} a private key, which is never packed or replaced: move it, or use another name`)
}
