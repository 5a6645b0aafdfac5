// Writes test/vectors/device.json: `node test/engines/make-vectors.mjs`. Run again, it gives the same bytes.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))
const path = join(root, 'test/vectors/device.json')
if (!existsSync(path)) writeFileSync(path, '{"vectors":[],"trustUpdates":[]}')

const folder = mkdtempSync(join(root, 'test/engines/.made-'))
try {
  const outfile = join(folder, 'made.mjs')
  await build({
    entryPoints: [join(root, 'test/engines/vectors-made.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: Object.fromEntries(['device', 'build'].map((side) => [`#${side}-backend`, join(root, `src/backend/${side}-node.ts`)])),
  })
  const { madeVectors, rsaSignatures } = await import(pathToFileURL(outfile))
  writeFileSync(path, await madeVectors(rsaSignatures(JSON.parse(readFileSync(path, 'utf8')))))
} finally {
  rmSync(folder, { recursive: true })
}
