import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const PAGE = fileURLToPath(new URL('page/', import.meta.url))

/**
 * Writes the app into a folder, as its maker does before it goes to the store: with the update server's address, whom it trusts,
 * the key by which it reads, and the sequence of what is built in.
 */
export async function buildApp(folder, config) {
  await mkdir(folder, { recursive: true })
  await build({
    entryPoints: [join(PAGE, 'main.ts')],
    outfile: join(folder, 'main.js'),
    define: { CONFIG: JSON.stringify(config) },
    bundle: true, minify: true, charset: 'utf8', legalComments: 'none', logLevel: 'error',
    format: 'esm', platform: 'browser', target: 'es2022',
    // Not the settings of a repository around it.
    tsconfigRaw: {},
  })
  for (const name of ['index.html', 'style.css', 'frame.html']) await copyFile(join(PAGE, name), join(folder, name))
}
