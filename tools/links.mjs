// Every link within the repository, in every Markdown file of it, leads to a file or folder, and its anchor to a heading.
import { existsSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { report, textOf } from './util.mjs'

/** Folders of others, or made by tools. */
const FOREIGN = new Set(['node_modules', 'dist', 'reports', 'api', '.git'])

function markdownBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : markdownBelow(path)
    return path.endsWith('.md') ? [path] : []
  })
}

const withoutCode = (text) => text.replace(/^( *)(```|~~~)[^]*?^\1\2$/gm, '').replace(/<!--[^]*?-->/g, '')

/** The anchors of a page, as GitHub makes them: a heading that is there again gets a number. */
function anchorsOf(text) {
  const counts = new Map()
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = heading.replace(/\]\([^)]*\)/g, '').toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

function linksOf(text) {
  const readable = withoutCode(text).replace(/`[^`\n]*`/g, '`')
  const inline = [...readable.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)]
  const named = [...readable.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)]
  return [...inline, ...named].map(([, target]) => target).filter((target) => !/^[a-z]+:/i.test(target))
}

/** What is wrong with a link, or `undefined`. */
function objection(page, target) {
  const [path, anchor] = target.split('#')
  const file = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path))
  if (path.startsWith('/') || file.startsWith('..')) return 'leads out of the repository'
  if (!existsSync(file)) return 'leads nowhere'
  if (anchor === undefined) return undefined
  const text = file.endsWith('.md') ? textOf(file) : undefined
  return text !== undefined && anchorsOf(text).includes(anchor) ? undefined : 'names no heading'
}

const problems = []
let links = 0
const pages = markdownBelow('.').filter((path) => path !== 'docs/site/index.md')
for (const page of pages) {
  for (const target of linksOf(textOf(page))) {
    links++
    const why = objection(page, target)
    if (why) problems.push(`${page}: ${target} ${why}`)
  }
}
if (links === 0) problems.push('found no link')
report('links', problems, `${links} links in ${pages.length} pages`)
