import { globSync } from 'tinyglobby'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What no reader of the site looks for, and what is not of this repository. */
export const IGNORED = ['**/node_modules/**', '**/dist/**', 'reports/**', 'test/engines/**', 'test/demo/**', '.ci/**']

/** All pages, as paths below the root: every Markdown file of the repository, and those that typedoc makes. */
export function pages() {
  return globSync('**/*.md', { cwd: root, ignore: IGNORED }).sort()
}

export function titleOf(page) {
  return /^# (.+)$/m.exec(readFileSync(join(root, page), 'utf8'))?.[1].replaceAll('`', '') ?? page
}
