import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import type { BackendReport } from '../../src/testing.js'

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** The conformance test and a backend, as one script. */
async function bundled(): Promise<{ readonly text: string; readonly modules: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `import { checkBackend } from ${JSON.stringify(source('testing.ts'))}
        import { nobleDeviceBackend } from ${JSON.stringify(source('crypto/noble.ts'))}
        export const found = checkBackend(nobleDeviceBackend)`,
      resolveDir: source('.'),
    },
    bundle: true, write: false, metafile: true, format: 'iife', globalName: 'bare', platform: 'neutral', target: 'es2022', mainFields: ['module', 'main'],
  })
  return { text: outputFiles[0]?.text ?? '', modules: Object.keys(metafile.inputs) }
}

test('runs in an engine that has nothing but the language', async () => {
  const { text, modules } = await bundled()
  expect(modules.filter((path) => /crypto\/(node|web)|node:/.test(path))).toEqual([])
  const context = createContext({})
  expect(runInContext('delete globalThis.console; [typeof console, typeof setTimeout, typeof TextEncoder, typeof crypto].join()', context)).toBe('undefined,undefined,undefined,undefined')
  const report = (await runInContext(`${text}; bare.found`, context)) as BackendReport
  expect(report.failures).toEqual([])
  expect(report.tests).toBeGreaterThan(45)
  expect([...report.notTested]).toEqual(['release'])
})
