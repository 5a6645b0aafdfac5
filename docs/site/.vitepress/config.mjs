import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { slug } from 'github-slugger'
import { defineConfig } from 'vitepress'
import { copyLinkedFiles, linkedFiles } from '../linked-files.mjs'
import { IGNORED, pages, root } from '../pages.mjs'
import { nav, sidebar } from '../sidebar.mjs'

const { description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const shown = new Set(pages())
const apiSidebar = join(root, 'docs/api/typedoc-sidebar.json')

/** Pages that lie outside of this folder don't find the packages in it by themselves. */
const vueFromHere = {
  name: 'vue-from-here',
  enforce: 'pre',
  resolveId: (id, _importer, { ssr }) => (ssr && /^vue(\/server-renderer)?$/.test(id) ? { id, external: true } : undefined),
}

export default defineConfig({
  title: 'otaseal',
  description,
  lang: 'en',
  // Pages lie where they lie in the repository, so that one link works in both.
  srcDir: '../..',
  srcExclude: IGNORED,
  rewrites: { 'docs/site/index.md': 'index.md' },
  outDir: 'dist',
  cacheDir: 'node_modules/.vitepress',
  metaChunk: true,
  buildEnd: copyLinkedFiles,
  // Packages are looked for from here, not from where the pages lie.
  vite: {
    root: join(root, 'docs/site'),
    publicDir: false,
    server: { fs: { allow: [root] } },
    plugins: [vueFromHere],
    build: { chunkSizeWarningLimit: 4000 },
  },
  markdown: {
    // As GitHub makes them, for the same reason.
    anchor: { slugify: slug },
    config: (md) => linkedFiles(md, shown),
  },
  themeConfig: {
    nav,
    sidebar: {
      '/docs/api/': existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, 'utf8')) : [],
      '/': sidebar(),
    },
    outline: [2, 3],
    search: { provider: 'local' },
    footer: { message: 'Version 0.1.0. It has had no external audit. MIT licence.' },
  },
})
