import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineConfig } from 'tsup'
import type { Options } from 'tsup'

const doors = entries('index', 'build', 'device', 'noble', 'node', 'resume', 'manifest', 'capgo', 'testing')
/** In files of their own: a bundler that follows `sideEffects` leaves out those that an app doesn't import. */
const noble = entries('crypto/noble', 'crypto/noble-agree', 'crypto/noble-build', 'crypto/noble-capgo')
const backends = entries(
  ...['device', 'build', 'capgo', 'manifest', 'compression'].flatMap((name) => [`backend/${name}-node`, `backend/${name}-web`]),
)

/** `clean` is off: both builds write to dist at once, and tools/build.mjs empties it before. */
const common: Options = {
  format: 'esm',
  target: 'es2022',
  outDir: 'dist',
  clean: false,
  silent: true,
  removeNodeProtocol: false,
  // Constants of bytes: a bundler leaves out those that an app doesn't need.
  pure: ['Uint8Array.of'],
}

export default defineConfig([
  {
    ...common,
    name: 'library',
    entry: { ...doors, ...backends, ...noble },
    platform: 'neutral',
    // One copy of each module, so that EnvelopeError is one class whichever door it came through.
    splitting: true,
    // package.json's "imports" choose the backend where the library is used, not here.
    external: [/^#/, /^node:/],
    esbuildPlugins: [{ name: 'few-files', setup: setUpFewFiles }],
    dts: { entry: doors, compilerOptions: { ignoreDeprecations: '6.0' } },
  },
  {
    ...common,
    name: 'cli',
    entry: { cli: 'src/cli/main.ts' },
    platform: 'node',
    splitting: false,
    // For tools/licenses.mjs, which removes it again.
    metafile: true,
    // The bundled packages are CommonJS and call require for Node's own modules.
    banner: { js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);" },
    esbuildPlugins: [{ name: 'cli', setup: setUpCli }],
  },
])

function entries(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]))
}

/**
 * Makes one file of what every backend needs, and one of what the device door needs besides: entries import all of it, so that
 * esbuild finds nothing to split. A file costs Node a millisecond or two, more than the code in it. They are two, since a door
 * imports its backend: in one file, the backend would find the constants that it is made of not made yet.
 */
function setUpFewFiles(build: PluginBuild): void {
  const [base, core] = [resolve('src/crypto/web.ts'), resolve('src/device.ts')]
  const ofDoors = new Set(pathsOf(doors))
  const ofEntries = new Set(pathsOf({ ...doors, ...backends, ...noble }))
  build.onResolve({ filter: /^\.{0,2}\// }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path).replace(/\.js$/, '.ts'), sideEffects: true }))
  build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
    if (!ofEntries.has(path)) return undefined
    const shared = ofDoors.has(path) && path !== core ? [base, core] : [base]
    const lines = shared.map((module) => `import ${JSON.stringify(module)}`)
    return { contents: [...lines, await readFile(path, 'utf8')].join('\n'), loader: 'ts' }
  })
}

function pathsOf(entry: Record<string, string>): readonly string[] {
  return Object.values(entry).map((path) => resolve(path))
}

type PluginBuild = Parameters<NonNullable<Options['esbuildPlugins']>[number]['setup']>[0]

/** Imports of a door become imports of the built door beside cli.js; the entry gets its `#!` line. */
function setUpCli(build: PluginBuild): void {
  const built = new Map(Object.keys(doors).map((door) => [resolve('src', `${door}.js`), `./${door}.js`]))
  build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
    const door = built.get(resolve(resolveDir, path))
    return door === undefined ? undefined : { path: door, external: true }
  })
  build.onLoad({ filter: /cli[\\/]main\.ts$/ }, async ({ path }) => {
    const source = (await readFile(path, 'utf8')).replace(/^#!.*\n/, '')
    return { contents: `#!/usr/bin/env node\n${source}`, loader: 'ts' }
  })
}
