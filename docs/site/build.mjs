// The documentation site, in docs/site/dist: typedoc's reference, then VitePress, then every link of what was built.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Application } from 'typedoc'
import { build } from 'vitepress'
import { deadLinks } from './dead-links.mjs'
import { root } from './pages.mjs'

const site = join(root, 'docs/site')
process.chdir(site)
rmSync('dist', { recursive: true, force: true })
rmSync('../api', { recursive: true, force: true })

await makeReference()
await build(site)
const { problems, files, links } = deadLinks(join(site, 'dist'))
for (const problem of problems) console.error(`site: ${problem}`)
if (problems.length > 0) process.exit(1)
console.log(`site: ok, ${files} pages, ${links} links`)

/** Each export of each door, into docs/api; one without a description is an error. */
async function makeReference() {
  const app = await Application.bootstrapWithPlugins({ options: site })
  const project = await app.convert()
  if (project === undefined) process.exit(1)
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)
}
