// What the demo and the benchmarks share; nothing of the library, since memory.mjs has to stay small.
export const MIB = 2 ** 20
export const CHUNK = 256 * 1024
/** What networks and files give at a time. */
export const PIECE = 64 * 1024

/** Also in a page, which has no Buffer. */
export function sameBytes(a, b) {
  if (globalThis.Buffer) return Buffer.compare(a, b) === 0
  let same = a.length === b.length
  for (let i = 0; same && i < a.length; i++) same = a[i] === b[i]
  return same
}

export function randomBytes(length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536))
  return bytes
}

/** One array of its own, whatever kinds of arrays come. */
export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let done = 0
  for (const part of parts) {
    bytes.set(part, done)
    done += part.length
  }
  return bytes
}

/** So many MiB of the same, over and over. */
export function repeated(part, mib) {
  const bytes = new Uint8Array(Math.round(mib * MIB))
  for (let done = 0; done < bytes.length; done += part.length) bytes.set(part.subarray(0, bytes.length - done), done)
  return bytes
}

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { min: sorted[0], median, max: sorted.at(-1) }
}

/** Prints rows of text with a line under the first; what looks like a number is set to the right. */
export function printTable(rows) {
  const text = rows.map((row) => row.map(String))
  const widths = text[0].map((_, column) => Math.max(...text.map((row) => row[column].length)))
  const isNumber = (cell) => /^[-+]?\d/.test(cell)
  const line = (row) =>
    row.map((cell, i) => (isNumber(cell) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd()
  const [head, ...rest] = text
  console.log([line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(line)].join('\n'))
}

/** Ends a program whose `main` failed with its message and exit code 1. */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Mismatch ? `\nFAILED: ${error.message}` : error)
    process.exitCode = 1
  }
}

/** What should have been is not: a finding of the demo or the benchmark, not an accident of theirs. */
export class Mismatch extends Error {}

export function check(holds, message) {
  if (!holds) throw new Mismatch(message)
}
