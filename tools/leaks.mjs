// What a device bundle must not contain; .size-limit.js says how large it may be. The same rules, held against what a
// publisher imports, must each find something: a rule that finds nothing there guards nothing here.
import { existsSync } from 'node:fs'
import { build } from 'esbuild'
import { report } from './util.mjs'

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

/** Without WebCrypto: nothing of ours that builds. What the libraries hold besides, in functions that do both, is theirs. */
const NOBLE_MODULE_RULES = [
  ['a module of the build side', /^src\/build\/|\/backend\/build-|\/crypto\/(noble-(build|passwords|capgo|rsa)|private-jwk)\./],
  ['a backend of another platform', /^src\/crypto\/node/],
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

/** The libraries of the pure-JS backend. */
const LIBRARIES = ['@noble/*', 'micro-rsa-dsa-dh/*']

/**
 * Bundles what an app imports of each door as a web app would: no condition `node`, so that #device-backend is the one for
 * browsers. From src, which names its modules, the backend is chosen here, since tsconfig.json's paths are those of Node.
 */
async function bundle(from, imports, { minify, external = [] }) {
  const lines = Object.entries(imports).map(([door, names]) => `export ${names} from './${from}/${door}.${from === 'src' ? 'ts' : 'js'}'`)
  const { outputFiles, metafile } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: '.' },
    alias: from === 'src' ? WEB_BACKENDS : {},
    tsconfigRaw: {},
    external: ['node:*', ...external],
    bundle: true, minify, write: false, metafile: true, legalComments: 'none',
    format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
  })
  // Only what is left of a module counts: its names alone are no part of the bundle.
  const { inputs } = Object.values(metafile.outputs)[0]
  return { text: outputFiles[0].text, modules: Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0) }
}

/** The rules that this bundle breaks, by name. */
function broken({ text, modules }, rules) {
  const texts = rules.texts.filter(([, pattern]) => pattern.test(text))
  const inputs = rules.modules.filter(([, pattern]) => modules.some((path) => pattern.test(path)))
  return [...texts, ...inputs].map(([name]) => name)
}

async function check(name, { imports, external, ...rules }, minify) {
  const kind = minify ? 'minified' : 'not minified'
  const found = new Set()
  const awake = new Set()
  for (const from of ['dist', 'src']) {
    for (const rule of broken(await bundle(from, imports, { minify, external }), rules)) found.add(rule)
    for (const rule of broken(await bundle(from, CONTROL, { minify, external }), rules)) awake.add(rule)
  }
  for (const rule of found) problems.push(`${name} (${kind}): contains ${rule}`)
  for (const [rule] of [...rules.texts, ...rules.modules]) {
    if (!awake.has(rule)) problems.push(`tools/leaks.mjs (${kind}): finds "${rule}" not even in ${Object.keys(CONTROL).join(', ')}; mend the rule`)
  }
}

/** What a publisher imports. */
const CONTROL = { build: '* as build', noble: '* as noble', node: '* as node' }

const BUNDLES = {
  'otaseal/device': { imports: { device: '*' }, texts: TEXT_RULES, modules: MODULE_RULES },
  'otaseal/device with nobleDeviceBackend': {
    imports: { device: '*', noble: '{ nobleDeviceBackend }' }, external: LIBRARIES, texts: TEXT_RULES, modules: NOBLE_MODULE_RULES,
  },
  'otaseal/device with nobleReader': {
    imports: { device: '*', noble: '{ nobleReader }' }, external: LIBRARIES, texts: TEXT_RULES, modules: NOBLE_MODULE_RULES,
  },
  'otaseal/manifest': { imports: { manifest: '*' }, texts: TEXT_RULES, modules: MANIFEST_MODULE_RULES },
  'otaseal/capgo': { imports: { capgo: '*' }, ...CAPGO_RULES },
}

if (!existsSync('dist/device.js')) {
  console.error('leaks: dist/device.js: is missing, run npm run build')
  process.exit(1)
}
const problems = []
for (const [name, rules] of Object.entries(BUNDLES)) {
  await check(name, rules, false)
  await check(name, rules, true)
}
report('leaks', problems, `${Object.keys(BUNDLES).length} bundles, from dist and from src`)
