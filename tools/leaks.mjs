// What a device bundle must not contain, and how large it may be. The same rules, held against what a
// publisher imports, must each find something: a rule that finds nothing there guards nothing here.
import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { report } from './util.mjs'

const GZIP_LIMIT = 23_500

/** Held against the text of the bundle, minified or not: esbuild leaves names of properties alone. */
const TEXT_RULES = [
  ['a node: import', /node:/],
  // The word alone is also a format of WebCrypto, in which readers' keys are imported.
  ['the PKCS#8 of signing keys', /\.pkcs8\b/],
  ['encrypting', /\.encrypt\(/],
  // WebCrypto's name for computing an HMAC, which a device needs, is sign as well.
  ['signing', /\.sign\((?!\s*(\{\s*name:\s*)?["'`]HMAC["'`])/],
  ['sealing', /\bgcmSealer\b/],
  ['wrapping keys', /\bwrapKey\b/],
  ['making keys', /\bgenerateKey\b/],
]

/** Held against the modules that went in. */
const MODULE_RULES = [
  ['a pure-JS cipher', /node_modules\/(@noble|micro-rsa-dsa-dh)\//],
  ['a module of the build side', /^src\/build\/|\/backend\/build-/],
  ['a backend of another platform', /^src\/crypto\/(node|noble)/],
]

const WEB_BACKENDS = { '#device-backend': './src/backend/device-web.ts', '#build-backend': './src/backend/build-web.ts' }

/**
 * Bundles as a web app would: no condition `node`, so that #device-backend is the one for browsers. From src, which
 * names its modules, the backend is chosen here, since tsconfig.json's paths are those of Node.
 */
async function bundle(entries, minify) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entries.map((entry, i) => `export * as e${i} from './${entry}'`).join('\n'), resolveDir: '.' },
    alias: entries[0].startsWith('src/') ? WEB_BACKENDS : {},
    tsconfigRaw: {},
    external: ['node:*'],
    bundle: true, minify, write: false, metafile: true, legalComments: 'none',
    format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
  })
  return { bytes: outputFiles[0].contents, text: outputFiles[0].text, modules: Object.keys(metafile.inputs) }
}

/** The rules that this bundle breaks, by name. */
function broken({ text, modules }) {
  const texts = TEXT_RULES.filter(([, pattern]) => pattern.test(text))
  const inputs = MODULE_RULES.filter(([, pattern]) => modules.some((path) => pattern.test(path)))
  return [...texts, ...inputs].map(([name]) => name)
}

async function check(minify) {
  const kind = minify ? 'minified' : 'not minified'
  const fromDist = await bundle(['dist/device.js'], minify)
  const found = new Set([...broken(fromDist), ...broken(await bundle(['src/device.ts'], minify))])
  for (const name of found) problems.push(`dist/device.js (${kind}): contains ${name}`)

  const others = ['build', 'noble', 'node']
  const control = [await bundle(others.map((door) => `dist/${door}.js`), minify), await bundle(others.map((door) => `src/${door}.ts`), minify)]
  const awake = new Set(control.flatMap(broken))
  for (const [name] of [...TEXT_RULES, ...MODULE_RULES]) {
    if (!awake.has(name)) problems.push(`tools/leaks.mjs (${kind}): finds "${name}" not even in ${others.join(', ')}; mend the rule`)
  }
  return fromDist.bytes
}

if (!existsSync('dist/device.js')) {
  console.error('leaks: dist/device.js: is missing, run npm run build')
  process.exit(1)
}
const problems = []
await check(false)
const minified = await check(true)
const size = gzipSync(minified, { level: 9 }).length
if (size > GZIP_LIMIT) problems.push(`dist/device.js: ${size} bytes min+gzip, the limit is ${GZIP_LIMIT}`)
report('leaks', problems, `dist/device.js is ${minified.length} bytes minified, ${size} gzipped (limit ${GZIP_LIMIT})`)
