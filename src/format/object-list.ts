import { asBytes, copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { ascii, utf8Decode } from '../text.js'
import { OBJECT_LIST_SIZE_MAX } from './limits.js'
import type { Bytes } from '../bytes.js'

/** The name in `meta` of a manifest's header under which the digest of its object list stands: base64url SHA-256. */ // R79
export const OBJECTS_META = 'otaseal-objects'

/** The name of an object: its index digest in lower-case hex. */
export const objectNamePattern: RegExp = /^[0-9a-f]{64}$/

const NAME_SIZE = 64
/** Where the first name begins, behind its quote. */
const FIRST_NAME = '{"objects":["'.length
/** From one name to the next: quote, comma, quote. */
const STEP = NAME_SIZE + '","'.length

/** The names of all objects of a release as JSON, ascending, each once: for servers, which can't read the manifest. */
export function objectListText(objects: Iterable<string>): string {
  return JSON.stringify({ objects: [...new Set(objects)].sort() })
}

/**
 * A copy of an object list as it came, for its digest; nothing in it is looked at.
 *
 * @throws EnvelopeError `bad-manifest` where it is longer than one can be, or text of other characters than ASCII
 * @throws TypeError where it is neither text nor bytes
 */
export function objectListBytes(list: string | Uint8Array): Bytes {
  if (typeof list !== 'string' && !ArrayBuffer.isView(list)) throw new TypeError('the object list must be text, or its bytes')
  const given = typeof list === 'string' ? list : asBytes(list, 'the object list')
  if (given.length > OBJECT_LIST_SIZE_MAX) throw new EnvelopeError('bad-manifest', `the object list has more than ${OBJECT_LIST_SIZE_MAX} bytes`)
  if (typeof given !== 'string') return copyBytes(given)
  if (/[^\0-\x7f]/.test(given)) throw notExact()
  return ascii(given)
}

/**
 * The names in an object list. Where they must stand follows from its length, so that nothing else is made of other bytes.
 *
 * @throws EnvelopeError `bad-manifest`
 */
export function parseObjectList(bytes: Uint8Array): readonly string[] {
  const text = utf8Decode(bytes) ?? ''
  const names = Array.from({ length: Math.floor(text.length / STEP) }, (_, i) => text.slice(FIRST_NAME + i * STEP, FIRST_NAME + i * STEP + NAME_SIZE))
  // R79
  if (names.every((name) => objectNamePattern.test(name)) && objectListText(names) === text) return names
  throw notExact()
}

function notExact(): EnvelopeError {
  return new EnvelopeError('bad-manifest', 'the object list is not in its exact form: names in 64 lower-case hex digits, ascending, each once')
}
