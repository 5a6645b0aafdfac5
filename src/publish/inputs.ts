import { EnvelopeError } from '../errors.js'
import { FILES_MAX } from '../format/limits.js'
import { pathSet, quotingOther } from '../format/path.js'
import { inputOption } from './input.js'
import type { Input, ManifestInput } from './input.js'

/** Files in the order in which they come: an array, or anything else that can be looped over. */
export type ManifestInputs = Iterable<ManifestInput> | AsyncIterable<ManifestInput>

/** The files of a release, each checked on its own and against all before it. */
export interface Inputs {
  /** Bytes of all files; `Infinity` where they are not known. */
  readonly total: number
  /** The next one, or `undefined` after the last; one call at a time. */
  readonly next: () => Promise<Input | undefined>
  /** Nobody wants more. Settles once the loop over them was left; one that is waited for is not. */
  readonly close: () => Promise<void>
}

/**
 * Reads what a caller loops over; of an array every element at once.
 *
 * @throws EnvelopeError `bad-path`, `limit-exceeded`; TypeError, RangeError
 */
export function inputsOption(files: ManifestInputs): Inputs {
  if (!isIterable(files)) throw new TypeError('files must be an array, or anything that can be looped over, of { path, bytes } or { path, stream }')
  const check = inputCheck()
  const listed = Array.isArray(files) ? Array.from(files as readonly ManifestInput[], check) : undefined
  const checked = listed === undefined ? eachChecked(files, check) : each(listed)
  let waiting = false
  return {
    total: listed === undefined ? Infinity : listed.reduce((sum, { size }) => sum + size, 0),
    next: async () => {
      waiting = true
      const { done, value } = await checked.next().finally(() => (waiting = false))
      return done === true ? undefined : value
    },
    close: async () => {
      const left = checked.return().then(
        () => undefined,
        () => undefined,
      )
      if (!waiting) await left
    },
  }
}

/** Bytes and texts can be looped over too, which nobody means. */
function isIterable(files: unknown): boolean {
  return typeof files === 'object' && files !== null && !ArrayBuffer.isView(files) && (Symbol.asyncIterator in files || Symbol.iterator in files)
}

/** Checks files one after the other. */ // R73, R74
function inputCheck(): (value: ManifestInput) => Input {
  const pathIn = pathSet()
  let count = 0
  return (value) => {
    const input = inputOption(value)
    if (++count > FILES_MAX) throw new EnvelopeError('limit-exceeded', `a release can have at most ${FILES_MAX} files`)
    const refused = pathIn(input.path)
    if (refused !== undefined) {
      throw new EnvelopeError('bad-path', `the path ${JSON.stringify(input.path)} ${quotingOther(refused)}: rename the file`)
    }
    return input
  }
}

async function* each(inputs: readonly Input[]): AsyncGenerator<Input, void, undefined> {
  yield* inputs
}

async function* eachChecked(files: ManifestInputs, check: (value: ManifestInput) => Input): AsyncGenerator<Input, void, undefined> {
  for await (const file of files) yield check(file)
}
