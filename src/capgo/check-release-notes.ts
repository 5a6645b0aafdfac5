import { EnvelopeError } from '../errors.js'
import type { ErrorCode } from '../errors.js'

/** Codes of errors where a call would throw one; the others are of this check alone. */
export type CapgoNoteCode =
  | ErrorCode
  | 'not-a-zip'
  | 'not-encrypted'
  | 'insecure-url'
  | 'compressed-files-lost'
  | 'session-key-reused'
  | 'iv-reused'
  | 'repeated-content'
  | 'repeated-release'

/** One thing that was found. */
export interface CapgoNote {
  readonly code: CapgoNoteCode
  /** For people: what it means, and what to do. */
  readonly message: string
}

/** Refusals that say something of the release; all others are of the call. */
const OF_RELEASE: ReadonlySet<ErrorCode> = new Set(['malformed-release', 'bad-signature', 'truncated', 'too-large', 'bad-checksum', 'unsupported'])

/** What is kept of one kind; a manifest may have more. */
const NOTES_MAX = 100

/** Notes of one kind, as they are found. */
export interface Notes {
  readonly add: (note: CapgoNote) => void
  /** What the work gives; where it refuses the release, that is noted. */
  readonly attempt: <T>(work: () => T | Promise<T>, where?: string) => Promise<T | undefined>
  readonly list: () => readonly CapgoNote[]
}

export function newNotes(): Notes {
  const notes: CapgoNote[] = []
  let others = 0
  const add = (note: CapgoNote): void => {
    if (notes.length < NOTES_MAX) notes.push(note)
    else others++
  }
  return {
    add,
    attempt: async (work, where) => {
      try {
        return await work()
      } catch (error) {
        if (!isOfRelease(error)) throw error
        add({ code: error.code, message: where === undefined ? error.message : `${where}: ${error.message}` })
        return undefined
      }
    },
    list: () => (others === 0 ? notes : [...notes, { code: 'limit-exceeded', message: `and ${others} more: mend these first` }]),
  }
}

/** Puts a value into the list of its key. */
export function putInto<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function isOfRelease(error: unknown): error is EnvelopeError {
  return error instanceof EnvelopeError && OF_RELEASE.has(error.code)
}
