// What a device bundle must not contain, and how large it may be. The same rules, held against what a
// publisher imports, must each find something: a rule that finds nothing there guards nothing here.
import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { report } from './util.mjs'

/** Bytes min+gzip. */
const LIMITS = { device: 23_900, manifest: 34_500 }

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

/** Files of a release need a running SHA-256, which WebCrypto lacks. */
const MANIFEST_MODULE_RULES = [
  ['a pure-JS cipher', /node_modules\/(@noble\/(?!hashes\/(sha2|_md|_u64|utils)\.js$)|micro-rsa-dsa-dh\/)/],
  ['a module of the build side', /^src\/(build|publish|readers)\/|\/backend\/build-/],
  ['a backend of another platform', /^src\/crypto\/(node|noble(?!-hash\.ts$))/],
]

/** What a browser that speaks the deployed format must not load: Node's modules, and the V2 envelope. */
const CAPGO_RULES = {
  texts: [TEXT_RULES[0]],
  modules: [
    ['a module of the V2 envelope', /^src\/(format|trust|build|device|readers|resume)\//],
    ['a backend of Node', /^src\/crypto\/node/],
  ],
}

const WEB_BACKENDS = {
  '#device-backend': './src/backend/device-web.ts',
  '#build-backend': './src/backend/build-web.ts',
  '#capgo-backend': './src/backend/capgo-web.ts',
  '#manifest-backend': './src/backend/manifest-web.ts',
  '#compression': './src/backend/compression-web.ts',
}

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
function broken({ text, modules }, rules) {
  const texts = rules.texts.filter(([, pattern]) => pattern.test(text))
  const inputs = rules.modules.filter(([, pattern]) => modules.some((path) => pattern.test(path)))
  return [...texts, ...inputs].map(([name]) => name)
}

async function check(door, rules, minify) {
  const kind = minify ? 'minified' : 'not minified'
  const fromDist = await bundle([`dist/${door}.js`], minify)
  const found = new Set([...broken(fromDist, rules), ...broken(await bundle([`src/${door}.ts`], minify), rules)])
  for (const name of found) problems.push(`dist/${door}.js (${kind}): contains ${name}`)

  const others = ['build', 'noble', 'node']
  const control = [await bundle(others.map((other) => `dist/${other}.js`), minify), await bundle(others.map((other) => `src/${other}.ts`), minify)]
  const awake = new Set(control.flatMap((found) => broken(found, rules)))
  for (const [name] of [...rules.texts, ...rules.modules]) {
    if (!awake.has(name)) problems.push(`tools/leaks.mjs (${kind}): finds "${name}" not even in ${others.join(', ')}; mend the rule`)
  }
  return fromDist.bytes
}

if (!existsSync('dist/device.js')) {
  console.error('leaks: dist/device.js: is missing, run npm run build')
  process.exit(1)
}
const problems = []
const rulesOf = { device: { texts: TEXT_RULES, modules: MODULE_RULES }, manifest: { texts: TEXT_RULES, modules: MANIFEST_MODULE_RULES }, capgo: CAPGO_RULES }
const sizes = []
for (const [door, rules] of Object.entries(rulesOf)) {
  await check(door, rules, false)
  const minified = await check(door, rules, true)
  const limit = LIMITS[door]
  if (limit === undefined) continue
  const size = gzipSync(minified, { level: 9 }).length
  if (size > limit) problems.push(`dist/${door}.js: ${size} bytes min+gzip, the limit is ${limit}`)
  sizes.push(`dist/${door}.js is ${minified.length} bytes minified, ${size} gzipped (limit ${limit})`)
}
report('leaks', problems, sizes.join('; '))
