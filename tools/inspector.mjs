// docs/inspector/index.html: one file that opens by a double click, made from its sources, docs/errors.md and the built package.
// `--check` proves that the file that is there is what these make.
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { build, transform } from 'esbuild'
import { report, textOf } from './util.mjs'

const SOURCES = 'docs/inspector/src'
const PAGE = 'docs/inspector/index.html'
const COMMAND = 'npm run inspector'

/** The rows of the table of codes, as plain text. */
function errorRows() {
  const rows = [...textOf('docs/errors.md').matchAll(/^\| `([^`]+)` \| (.*) \| (.*) \| (.*) \|$/gm)]
  return Object.fromEntries(rows.map(([, code, ...cells]) => {
    const [happened, who, advice] = cells.map(plainText)
    return [code, { happened, who, advice }]
  }))
}

function plainText(markdown) {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

/** A classic script: browsers load no modules from files. `{}` as tsconfig: its paths lead to src, and the page is made from the package. */
async function scriptText() {
  const { outputFiles } = await build({
    entryPoints: [`${SOURCES}/main.ts`],
    define: { ERROR_ROWS: JSON.stringify(errorRows()) },
    bundle: true, minify: true, write: false, tsconfigRaw: {}, conditions: [], charset: 'utf8',
    format: 'iife', platform: 'browser', target: 'es2022', legalComments: 'none', logLevel: 'error',
  })
  return outputFiles[0].text.trim()
}

async function styleText() {
  const { code } = await transform(textOf(`${SOURCES}/style.css`), { loader: 'css', minify: true, charset: 'utf8' })
  return code.trim()
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Only this script and this style, and no connection at all. */
function policyOf(script, style) {
  const rules = [
    "default-src 'none'", `script-src ${hashOf(script)}`, `style-src ${hashOf(style)}`, "base-uri 'none'", "form-action 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'",
  ]
  return rules.join('; ')
}

async function page() {
  const [script, style] = [await scriptText(), await styleText()]
  // Where an inline script would end, or be read in another way.
  if (/<\/script|<!--/i.test(script)) throw new Error('the script holds text that ends an inline script')
  const { version } = JSON.parse(textOf('package.json'))
  const values = { csp: policyOf(script, style), style, script, version }
  return textOf(`${SOURCES}/page.html`).replace(/\{\{(\w+)\}\}/g, (_, name) => values[name])
}

if (!existsSync('dist/device.js')) {
  console.error('inspector: dist/device.js is missing, run npm run build')
  process.exit(1)
}
const made = await page()
const problems = []
if (!process.argv.includes('--check')) writeFileSync(PAGE, made)
else if (textOf(PAGE) !== made) {
  problems.push(`${PAGE} is not what the sources and the package make (src, ${SOURCES} or docs/errors.md changed): run \`${COMMAND}\` and commit the page`)
}
report('inspector', problems, `${PAGE} has ${Buffer.byteLength(made)} bytes`)
