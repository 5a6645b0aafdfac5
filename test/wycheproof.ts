import { existsSync, readFileSync } from 'node:fs'
import { test } from 'vitest'
import type { Bytes } from '../src/bytes.js'

const folder = new URL('../../shared/vectors/wycheproof/', import.meta.url)

/** A case of any Wycheproof file; which members there are depends on the file. */
export interface WycheproofCase {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [member: string]: unknown
}

export interface WycheproofGroup {
  readonly tests: readonly WycheproofCase[]
  readonly [member: string]: unknown
}

/** Whether this copy of the repository has the Wycheproof data beside it. */
export function hasWycheproof(file: string): boolean {
  return existsSync(new URL(file, folder))
}

/** The groups of a Wycheproof file, with every case. */
export function wycheproofGroups(file: string): readonly WycheproofGroup[] {
  const parsed = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { testGroups: WycheproofGroup[] }
  return parsed.testGroups
}

/** A test over a Wycheproof file; where the data is absent it is reported as skipped, and says why. */
export function wycheproofTest(
  title: string, file: string, body: (groups: readonly WycheproofGroup[]) => Promise<void>,
): void {
  if (hasWycheproof(file)) test(title, () => body(wycheproofGroups(file)))
  else test.skip(`${title} (skipped: no Wycheproof data in ../shared/vectors/wycheproof)`)
}

/** The bytes of a hex member of a case or group. */
export function hexMember(from: WycheproofCase | WycheproofGroup, member: string): Bytes {
  const hex = from[member]
  if (typeof hex !== 'string') throw new Error(`Wycheproof member ${member} is missing`)
  return fromHex(hex)
}

/** Bytes of a hex string, in memory of their own. */
export function fromHex(hex: string): Bytes {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Error('not hex')
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** How a case is named when it fails. */
export function caseName(test: WycheproofCase): string {
  return `tcId ${test.tcId} (${test.comment || test.flags.join(', ')})`
}
