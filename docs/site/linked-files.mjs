import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, posix } from 'node:path'
import { root } from './pages.mjs'

const SITE = join(root, 'docs/site/dist')
const SHOWN_BY_BROWSERS = new Set(['.html', '.svg', '.png', '.json', '.txt'])
const linked = new Set()

/**
 * A link from a page to a file that is no page (a source, a licence) leads to a copy of that file in the site; one to a folder leads
 * to its README, else to a list of what is in it.
 */
export function linkedFiles(md, pages) {
  md.core.ruler.push('linked-files', ({ tokens, env }) => {
    const page = env.relativePath === 'index.md' ? 'docs/site/index.md' : env.relativePath
    const links = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === 'link_open')
    for (const token of links) {
      const href = token.attrGet('href')
      if (/^([a-z]+:|#|\/)/.test(href)) continue
      const [path, hash] = decodeURI(href).split('#')
      const target = posix.join(posix.dirname(page), path).replace(/\/$/, '')
      const readme = posix.join(target, 'README.md')
      if (pages.has(target)) continue
      if (pages.has(readme)) token.attrSet('href', `/${readme}${hash === undefined ? '' : `#${hash}`}`)
      else if (existsSync(join(root, target))) {
        linked.add(target)
        token.attrSet('href', copyOf(target))
        token.attrSet('target', '_blank')
      }
    }
  })
}

/** The address of the copy: as text, where a browser would take it for something else. */
function copyOf(path) {
  return `/files/${path}${SHOWN_BY_BROWSERS.has(extname(path)) ? '' : '.txt'}`
}

/** Puts the copies into the built site. */
export function copyLinkedFiles() {
  for (const path of linked) {
    const [from, to] = [join(root, path), join(SITE, copyOf(path))]
    mkdirSync(dirname(to), { recursive: true })
    if (statSync(from).isDirectory()) writeFileSync(to, readdirSync(from).map((name) => `${path}/${name}\n`).join(''))
    else cpSync(from, to)
  }
}
