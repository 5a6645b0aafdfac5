// Engines without WebCrypto, as bare as they come: what runs a program in each, and in what form it takes one.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RUNTIMES = join(ROOT, '.ci/runtimes/node_modules')
const runtime = (path) => (existsSync(join(RUNTIMES, path)) ? join(RUNTIMES, path) : undefined)
const versionOf = (name) => `${name} ${JSON.parse(readFileSync(join(RUNTIMES, name, 'package.json'), 'utf8')).version}`

const jsc = () => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'jsc')).find((path) => existsSync(path))
const hermes = () => runtime('@babel/core') && runtime('@babel/preset-env') && runtime('hermes-engine-cli/linux64-bin/hermes')
const quickjs = () => runtime('quickjs-emscripten')

/** The program and its arguments before the name of a file, what it is called, and what becomes of a source before. */
export const shellPrograms = {
  jsc: { find: jsc, command: () => [jsc(), '-m'], version: jscVersion },
  'jsc-interpreter': { find: jsc, command: () => [jsc(), '--useJIT=0', '-m'], version: () => `${jscVersion()} without JIT` },
  quickjs: {
    find: quickjs,
    command: () => [process.execPath, join(ROOT, 'test/engines/quickjs-shell.mjs')],
    version: () => versionOf('quickjs-emscripten'),
  },
  hermes: { find: hermes, command: () => [hermes(), '-w'], version: () => versionOf('hermes-engine-cli'), compile: toES5 },
}

/** The shell doesn't say its own: what Debian has installed. */
function jscVersion() {
  try {
    const version = execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'libjavascriptcoregtk-4.0-bin'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return `JavaScriptCore ${version.replace(/-.*/, '')}`
  } catch {
    return 'JavaScriptCore'
  }
}

/**
 * A program for a shell, with the built package as a web app bundles it, and no polyfill. What it imports as `otaseal/...` is this
 * package, and paths begin at the root of the repository.
 */
export async function programFor({ compile = (text) => text }, contents, more = {}) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    plugins: [{ name: 'json', setup: jsonAsText }],
    // Without it esbuild takes the paths of tsconfig.json, which lead to src.
    tsconfigRaw: {},
    bundle: true, write: false, format: 'iife', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error', ...more,
  })
  return compile(outputFiles[0].text)
}

/** Quicker to compile than an object of as many bytes. */
function jsonAsText(build) {
  build.onLoad({ filter: /\.json$/ }, ({ path }) => {
    const text = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')))
    return { contents: `export default JSON.parse(${JSON.stringify(text)})` }
  })
}

/** What Hermes lacks of the syntax, as React Native has it compiled; it knows BigInt and its `**`. */
async function toES5(text) {
  const require = createRequire(join(RUNTIMES, 'package.json'))
  const env = [require.resolve('@babel/preset-env'), { targets: 'ie 11', modules: false, exclude: ['transform-exponentiation-operator'] }]
  const options = { configFile: false, babelrc: false, compact: false, presets: [env] }
  return (await require('@babel/core').transformAsync(text, options)).code
}
