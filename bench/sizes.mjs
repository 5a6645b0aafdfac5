// What each costs a web page: the code that verifies and decrypts, as esbuild bundles and minifies it, and gzip packs it. See README.md.
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { commandOf, provenance, writeResults } from './results.mjs'
import { printTable, runMain } from './util.mjs'

const LEVEL = 9

/** What a page imports of each. WebAssembly that a package carries in its scripts counts. */
const ROWS = [
  row('otaseal, one call', 'otaseal', "export { verifyAndDecrypt } from 'otaseal/device'"),
  row('otaseal, stream', 'otaseal', "export { verifyAndDecryptStream } from 'otaseal/device'"),
  row('otaseal, noble', 'otaseal', "export { verifyAndDecrypt } from 'otaseal/device'; export { nobleDeviceBackend } from 'otaseal/noble'"),
  row('age-encryption', 'age-encryption', "export { Decrypter } from 'age-encryption'"),
  row('openpgp', 'openpgp', "export { decrypt, readKey, readMessage, readPrivateKey } from 'openpgp'"),
  row('jose', 'jose', "export { flattenedDecrypt, flattenedVerify, importJWK } from 'jose'"),
  row('libsodium', 'libsodium-wrappers-sumo', "export { default } from 'libsodium-wrappers-sumo'"),
  row('tweetnacl', 'tweetnacl', "export { default } from 'tweetnacl'"),
  row('node-forge', 'node-forge', "export { default } from 'node-forge'"),
  { name: 'AWS Encryption SDK', package: '@aws-crypto/client-node', skipped: 'it needs node:crypto' },
]

await runMain(async () => {
  const { values } = parseArgs({ options: { json: { type: 'string' } } })
  const rows = []
  for (const { source, ...of } of ROWS) rows.push(source === undefined ? of : { ...of, ...(await sizesOf(source)) })
  printTable([['', 'minified', 'gzip'], ...rows.map(({ name, minified, gzip, skipped }) => [name, minified ?? '-', gzip ?? skipped])])
  const { version } = await import('esbuild')
  if (values.json) writeResults(values.json, { ...provenance(`esbuild ${version}`, commandOf('node bench/sizes.mjs')), gzipLevel: LEVEL, rows })
})

function row(name, of, source) {
  return { name, package: of, source }
}

async function sizesOf(source) {
  const { outputFiles: [{ contents }] } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', target: 'es2022', legalComments: 'none',
    // Of Node, which a page hasn't; some packages ask whether it is there.
    external: ['node:*', 'crypto', 'fs', 'path', 'module'],
    tsconfigRaw: {}, logLevel: 'error',
  })
  return { minified: contents.length, gzip: gzipSync(contents, { level: LEVEL }).length }
}
