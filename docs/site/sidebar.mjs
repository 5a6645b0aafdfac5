import { pages, titleOf } from './pages.mjs'

/** Group -> pages below docs, in the order in which they are read. */
const GROUPS = {
  'Start here': ['for-cli-authors', 'for-plugin-authors', 'for-servers', 'for-implementers', 'for-reviewers', 'for-capgo-users'],
  'How to': ['cookbook', 'troubleshooting', 'errors'],
  'Publish': ['publishing', 'signers', 'readers', 'manifests'],
  'Install': ['devices', 'streams', 'downloads', 'backends'],
  'Keys': ['trust', 'audit'],
  'Format': ['spec', 'rationale', 'conformance'],
  'Security': ['security'],
  'Capgo': ['capgo'],
}

const linkOf = (page) => `/${page.replace(/\.md$/, '')}`
const entry = (page) => ({ text: titleOf(page), link: linkOf(page) })

/** What no group names is under "More", so that no page is lost. */
export function sidebar() {
  const all = pages().filter((page) => !/^docs\/(api|site)\//.test(page))
  const groups = Object.entries(GROUPS).map(([text, names]) => {
    const items = names.map((name) => `docs/${name}.md`).filter((page) => all.includes(page))
    return { text, items: items.map(entry) }
  })
  const named = new Set(groups.flatMap(({ items }) => items.map(({ link }) => link)))
  const rest = all.filter((page) => !named.has(linkOf(page))).map(entry)
  return [...groups, { text: 'API', items: [{ text: 'Reference', link: '/docs/api/' }] }, { text: 'More', items: rest }]
}

export const nav = [
  { text: 'Overview', link: '/README' },
  { text: 'Cookbook', link: '/docs/cookbook' },
  { text: 'Troubleshooting', link: '/docs/troubleshooting' },
  { text: 'API', link: '/docs/api/', activeMatch: '^/docs/api/' },
  { text: 'Specification', link: '/docs/spec' },
  { text: 'Security', link: '/docs/security' },
]
