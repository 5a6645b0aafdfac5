import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileError, UsageError, fileError } from './errors.js'

/** Those of the package lie beside the folder of the built program. */
const OURS = fileURLToPath(new URL('../test/vectors', import.meta.url))

/** Lies beside them, and holds none. */
const KEYS = 'keys.json'

/** Bytes of a file, and of what a vector says must or may come out: an answer with it still fits into a string. */
const SIZE_MAX = 2 ** 28

/** A vector, as test/vectors/README.md has it. */
export interface Vector {
  /** The name of its file. */
  readonly family: string
  readonly name: string
  readonly operation: string
  readonly options: unknown
  readonly input: string
  readonly expected: Accepted | Refused
}

export interface Accepted {
  readonly size: number
  /** In hex. */
  readonly sha256: string
}

export interface Refused {
  readonly code: string
  /** Bytes that may come out before. */
  readonly released: number
}

/** Which vectors a program is asked. */
export interface Choice {
  readonly vectors: readonly Vector[]
  /** Whether these are all that come with the package. */
  readonly isWhole: boolean
}

/** @throws FileError, UsageError */
export function chooseVectors(paths: readonly string[] | undefined, families: readonly string[] | undefined): Choice {
  const files = (paths ?? [OURS]).flatMap(filesOf)
  const known = [...new Set(files.map(familyOf))]
  const unknown = families?.find((family) => !known.includes(family))
  if (unknown !== undefined) throw new UsageError(`there is no family ${unknown}: pass one of ${known.join(', ')}`)
  const chosen = files.filter((file) => families?.includes(familyOf(file)) ?? true)
  return { vectors: chosen.flatMap(vectorsOf), isWhole: paths === undefined && chosen.length === files.length }
}

function familyOf(file: string): string {
  return basename(file, '.json')
}

/** A file, or those in a folder. */
function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => name.endsWith('.json') && name !== KEYS)
    if (names.length > 0) return names.sort().map((name) => join(path, name))
  } catch (error) {
    throw fileError('read', path, error)
  }
  throw new FileError(`${path} has no files of vectors: pass a folder with *.json, or a file`)
}

function vectorsOf(file: string): readonly Vector[] {
  const { vectors } = membersOf(contentOf(file))
  if (!Array.isArray(vectors) || vectors.length === 0) throw new FileError(`${file} holds no vectors: it must have a list of them, "vectors"`)
  return vectors.map((value: unknown, i) => {
    const vector = vectorOf(familyOf(file), membersOf(value))
    if (vector === undefined) throw new FileError(`${file} is no file of vectors of this version: vector ${i + 1} of it has another form`)
    return vector
  })
}

function contentOf(file: string): unknown {
  try {
    if (statSync(file).size > SIZE_MAX) throw new FileError(`${file} is too large: pass files of at most ${SIZE_MAX} bytes`)
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof FileError) throw error
    throw error instanceof SyntaxError ? new FileError(`${file} is not JSON`) : fileError('read', file, error)
  }
}

function vectorOf(family: string, { name, operation, options = {}, input, output, code, released = 0 }: Members): Vector | undefined {
  if (typeof name !== 'string' || typeof operation !== 'string' || typeof input !== 'string' || !canBeAsked(options)) return undefined
  const expected = output === undefined ? refused(code, released) : code === undefined ? accepted(membersOf(output)) : undefined
  return expected && { family, name, operation, options, input, expected }
}

/** What nests too deep can be read, but not written. */
function canBeAsked(options: unknown): boolean {
  try {
    JSON.stringify(options)
    return true
  } catch {
    return false
  }
}

function accepted({ size, sha256 }: Members): Accepted | undefined {
  const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  return isHash && isSize(size) ? { size, sha256 } : undefined
}

function refused(code: unknown, released: unknown): Refused | undefined {
  return typeof code === 'string' && isSize(released) ? { code, released } : undefined
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= SIZE_MAX
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
