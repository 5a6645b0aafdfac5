import { EnvelopeError } from '../errors.js'
import { listOf, matching, parseExactJson, readObject } from '../json.js'
import { jsonText, utf8Bytes } from './jws.js'
import { FILES_MAX, MANIFEST_SIZE_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'

/** The name in `meta` of a manifest's header under which the digest of its object list stands: base64url SHA-256. */ // R79
export const OBJECTS_META = 'otaseal-objects'

/** The name of an object: its index digest in lower-case hex. */
export const objectNamePattern: RegExp = /^[0-9a-f]{64}$/

const names = listOf(matching(objectNamePattern), 0, FILES_MAX)

/** The names of all objects of a release as JSON, ascending, each once: for servers, which can't read the manifest. */
export function objectListText(objects: Iterable<string>): string {
  return JSON.stringify({ objects: [...new Set(objects)].sort() })
}

/** An object list as it came, and what was signed of it. */
export interface ObjectList {
  readonly names: readonly string[]
  readonly bytes: Bytes
}

/**
 * Reads an object list; nothing in it is believed yet.
 *
 * @throws EnvelopeError `bad-manifest`, `unsupported`
 */
export function parseObjectList(text: string | Uint8Array): ObjectList {
  try {
    const json = jsonText(text, MANIFEST_SIZE_MAX, WHAT)
    const bytes = utf8Bytes(json, WHAT)
    const { objects } = readObject(parseExactJson(bytes, WHAT), WHAT, { objects: names }, {})
    if (objectListText(objects) !== json) {
      throw new EnvelopeError('bad-manifest', `the ${WHAT} is not ascending, or names an object twice`)
    }
    return { names: objects, bytes }
  } catch (error) {
    if (!(error instanceof EnvelopeError) || error.code === 'unsupported') throw error
    throw new EnvelopeError('bad-manifest', error.message)
  }
}

const WHAT = 'object list'
