// What engines load: the suite bundled with the built package as a web app has it, or beside the package as it is installed.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { dependencies, name: PACKAGE } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const WYCHEPROOF = fileURLToPath(new URL('../../../shared/vectors/wycheproof/', import.meta.url))
const VECTORS = [
  'aes_gcm_test', 'aes_wrap_test', 'ecdh_secp256r1_ecpoint_test', 'ed25519_test', 'hkdf_sha256_test', 'hkdf_sha512_test',
  'rsa_pss_4096_sha256_mgf1_32_test', 'rsa_pss_misc_test', 'x25519_test',
]

/** The suite for an engine of this name, as a program that hands its report to `tell` and each test's name to `begin`. */
const suiteFor = (suite, ending) => `
  import { ${suite} } from './test/engines/suites.ts'
  import { vectors } from 'vectors:wycheproof'
  ${ending}`

/**
 * A program with the package as a web app bundles it: without the condition `node`, so that it has WebCrypto. `ending` calls
 * the function `suite` of suites.ts, and has `vectors`.
 */
export async function bundleForWeb(suite, ending, format = 'esm') {
  const text = await bundle(suiteFor(suite, ending), (module) => ({ path: join(ROOT, 'dist', `${module}.js`) }), { format, platform: 'browser' })
  if (/from ?["']node:/.test(text)) throw new Error('the bundle imports from node:, so it is not what a browser would load')
  return text
}

/** Makes a folder in which the package is installed, and beside it the same as `suite.mjs`. */
export async function installSuite(folder, suite, ending) {
  const installed = join(folder, 'node_modules', PACKAGE)
  for (const path of ['package.json', 'dist']) cpSync(join(ROOT, path), join(installed, path), { recursive: true })
  for (const name of Object.keys(dependencies)) {
    cpSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true, dereference: true })
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: { [PACKAGE]: '*' } }))
  const text = await bundle(suiteFor(suite, ending), (module) => ({ path: specifierOf(module), external: true }), { format: 'esm', platform: 'node', external: [PACKAGE, `${PACKAGE}/*`] })
  writeFileSync(join(folder, 'suite.mjs'), text)
}

/** Doors by their public names; what is behind no door by its file, so that both are one copy. */
function specifierOf(module) {
  if (module.includes('/')) return `./node_modules/${PACKAGE}/dist/${module}.js`
  return module === 'index' ? PACKAGE : `${PACKAGE}/${module}`
}

async function bundle(contents, built, { format, platform, external = [] }) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    plugins: [{ name: 'built', setup: (build) => setUp(build, built) }],
    tsconfigRaw: {}, external: ['node:*', ...external], bundle: true, write: false, legalComments: 'none',
    format, platform, conditions: [], target: 'es2022', logLevel: 'error',
  })
  return outputFiles[0].text
}

/** Imports of a source become imports of what was built of it: nothing of src itself is run. */
function setUp(build, built) {
  build.onResolve({ filter: /^(\.\.\/)+src\/.*\.js$/ }, ({ path }) => {
    const module = path.replace(/^(\.\.\/)+src\/(.*)\.js$/, '$2')
    if (existsSync(join(ROOT, 'dist', `${module}.js`))) return built(module)
    return { errors: [{ text: `${path} is part of nothing that is built by itself: the suite runs on dist` }] }
  })
  build.onResolve({ filter: /^vectors:/ }, ({ path }) => ({ path, namespace: 'vectors' }))
  build.onLoad({ filter: /./, namespace: 'vectors' }, () => ({ contents: `export const vectors = JSON.parse(${JSON.stringify(wycheproof())})` }))
}

/** Groups of each file of Wycheproof by its name; none where this copy of the repository has no such data beside it. */
function wycheproof() {
  const files = VECTORS.filter((file) => existsSync(join(WYCHEPROOF, `${file}.json`)))
  return JSON.stringify(Object.fromEntries(files.map((file) => [file, JSON.parse(readFileSync(join(WYCHEPROOF, `${file}.json`), 'utf8')).testGroups])))
}
