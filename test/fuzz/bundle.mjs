// Bundles TypeScript of this folder as CommonJS, which is what can be instrumented; what comes from packages stays outside.
import { build } from 'esbuild'

const backends = Object.fromEntries(['device', 'build', 'capgo', 'manifest'].map((door) => [`#${door}-backend`, `./src/backend/${door}-node.ts`]))

/** @param plants texts of source files that are replaced: `{ file, find, replace }` */
export async function bundle(entry, outfile, plants = []) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    tsconfig: 'tsconfig.test.json',
    alias: { ...backends, '#compression': './src/backend/compression-node.ts' },
    external: ['@noble/*', 'micro-rsa-dsa-dh', 'commander'],
    plugins: [planting(plants)],
  })
}

function planting(plants) {
  return {
    name: 'planted',
    setup: ({ onLoad }) => {
      for (const { file, find, replace } of plants) {
        onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, async ({ path }) => {
          const { readFile } = await import('node:fs/promises')
          const text = await readFile(path, 'utf8')
          if (!text.includes(find)) throw new Error(`${file} does not hold: ${find}`)
          return { contents: text.replace(find, () => replace), loader: 'ts' }
        })
      }
    },
  }
}
