import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const attributes = (html, name) => [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => value.replaceAll('&amp;', '&'))

/** Links, images and scripts of a built site that lead nowhere in it, anchors included. Other sites are not asked. */
export function deadLinks(site) {
  const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html') && !name.startsWith('files/'))
  const pages = new Map(files.map((name) => [`/${name}`, readFileSync(join(site, name), 'utf8')]))
  const anchors = new Map([...pages].map(([name, html]) => [name, new Set(attributes(html, 'id'))]))
  const problems = []
  let links = 0
  for (const [name, html] of pages) {
    for (const href of new Set([...attributes(html, 'href'), ...attributes(html, 'src')])) {
      const url = new URL(href, `http://site${name}`)
      if (url.host !== 'site') continue
      links++
      const file = fileOf(site, decodeURIComponent(url.pathname))
      const anchor = decodeURIComponent(url.hash.slice(1))
      if (file === undefined) problems.push(`${name}: ${href} leads nowhere`)
      else if (anchor !== '' && !anchors.get(file)?.has(anchor)) problems.push(`${name}: ${href}: there is no such heading`)
    }
  }
  return { problems, files: files.length, links }
}

function fileOf(site, path) {
  const candidates = path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`]
  return candidates.find((name) => existsSync(join(site, name)) && statSync(join(site, name)).isFile())
}
