import { existsSync, readFileSync } from 'node:fs'
import { test } from 'vitest'
import type { Group as WycheproofGroup } from './engines/vectors.js'

export { caseName, fromHex, hexMember } from './engines/vectors.js'
export type { Case as WycheproofCase, Group as WycheproofGroup } from './engines/vectors.js'

const folder = new URL('../../shared/vectors/wycheproof/', import.meta.url)

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
