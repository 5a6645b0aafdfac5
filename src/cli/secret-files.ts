import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { FileError } from './errors.js'
import { startOf, withStart } from './input.js'
import type { Pieces } from './input.js'

/** A private key begins in the first so many bytes of its file, and one in JSON has no more. */
const START = 16_384
/** As keygen names them, and the Capgo CLI. */
const secretName = /^\.(otaseal_(key|secret|reader)|capgo_key)(?!.*\.pub$)/i
/** With what a key may come after where it is read: a byte order mark, white space, quotes. */
const privatePem = /^(\xef\xbb\xbf|[\s"'`])*-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/

/** Refuses a file that is named as `otaseal keygen` or `otaseal capgo keygen` names private ones. */
export function refuseSecretName(path: string): void {
  if (secretName.test(basename(path))) throw asSecret(path, 'is named like')
}

/** Refuses a file that begins as a private key in PEM, or is one in JWK; it is there. */
export function refuseSecretContent(path: string): void {
  const start = Buffer.alloc(START)
  const file = openSync(path, 'r')
  try {
    if (isSecret(start.subarray(0, readSync(file, start, 0, START, 0)))) throw asSecret(path, 'is')
  } finally {
    closeSync(file)
  }
}

/** Passes on what is no private key in PEM or JWK. */
export async function* withoutSecret(path: string, pieces: Pieces): Pieces {
  const start = await startOf(pieces, START)
  if (isSecret(start)) {
    await pieces.return()
    throw asSecret(path, 'is')
  }
  yield* withStart(start, pieces)
}

/** By all of a file, or its first {@link START} bytes or more. */
function isSecret(start: Uint8Array): boolean {
  const text = Buffer.from(start.subarray(0, START)).toString('latin1')
  return privatePem.test(text) || (start.length < START && isPrivateJwk(text))
}

function isPrivateJwk(text: string): boolean {
  if (!text.includes('"kty"')) return false
  try {
    const value: unknown = JSON.parse(text.replace(/^\xef\xbb\xbf/, ''))
    return typeof value === 'object' && value !== null && 'kty' in value && 'd' in value
  } catch {
    // It is no JSON, so it is no key.
    return false
  }
}

function asSecret(path: string, verb: string): FileError {
  return new FileError(`${path} ${verb} a private key, which is never packed or replaced: move it, or use another name`)
}
