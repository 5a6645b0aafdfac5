import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'

interface Outcome { readonly name: string; readonly code?: string; readonly message: string }
interface Row { readonly name: string; readonly alone?: Outcome; readonly helped?: Outcome }
interface Tells { readonly timesAskedByImports: number; readonly timesAsked: number; readonly core: Row[]; readonly capgo: Row[] }

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'otaseal-insecure-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The built package as a web app has it, so that its default is WebCrypto; and Node as such a page, so that there is none. */
const program = join(folder, 'program.mjs')
await build({
  entryPoints: [here('program.mjs')], outfile: program, bundle: true, format: 'esm', platform: 'browser', conditions: [],
  target: 'es2022', tsconfigRaw: {}, logLevel: 'error',
})
const form = { type: 'pkcs1', format: 'pem' } as const
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: form, privateKeyEncoding: form })
const env = { ...process.env, CAPGO_KEY: privateKey, CAPGO_PUBLIC_KEY: publicKey }
const tells = JSON.parse(execFileSync(process.execPath, ['--import', here('without-subtle.mjs'), program], { env, encoding: 'utf8' })) as Tells

/** Checks nothing but RSA without padding, which WebCrypto lacks anyway. */
const WITHOUT_WEBCRYPTO = ['checkCapgoKeyPair']

const rows = [...tells.core, ...tells.capgo]

test('nothing that is imported asks for crypto.subtle', () => {
  expect(tells.timesAskedByImports).toBe(0)
  expect(tells.timesAsked).toBeGreaterThan(rows.length - 10)
})

test.each(rows.filter(({ name }) => !WITHOUT_WEBCRYPTO.includes(name)))('$name ends with backend-unavailable and names the import that helps', ({ name, alone }) => {
  expect(alone).toMatchObject({ name: 'EnvelopeError', code: 'backend-unavailable' })
  expect(alone?.message).toContain("from 'otaseal/noble'")
  expect(alone?.message).toContain(tells.capgo.some((row) => row.name === name) ? 'nobleCapgoBackend' : 'nobleBackend')
})

test.each(rows)('$name works with the noble backend', ({ helped }) => {
  expect(helped).toBeUndefined()
})
