// Writes the files of vectors: `node test/vectors/make.mjs [FAMILY...]`, all where none is named. Run again, it gives the same bytes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(root, 'test/vectors/.made-'))
try {
  const outfile = join(folder, 'made.mjs')
  await build({
    entryPoints: [join(root, 'test/vectors/make/families.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: Object.fromEntries([
      ...['device', 'build', 'manifest', 'capgo'].map((side) => [`#${side}-backend`, join(root, `src/backend/${side}-node.ts`)]),
      ['#compression', join(root, 'src/backend/compression-node.ts')],
    ]),
  })
  const { familyNames, textOfFamily } = await import(pathToFileURL(outfile))
  const named = process.argv.slice(2)
  for (const name of named.length > 0 ? named : familyNames) {
    const text = await textOfFamily(name)
    writeFileSync(join(root, 'test/vectors', `${name}.json`), text)
    console.log(`${name}.json: ${JSON.parse(text).vectors.length} vectors, ${text.length} bytes`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
