/*
 * The backend of docs/backends.md for React Native, as it is, on node:crypto, whose interface the module mirrors: a phone is not
 * needed for that, nor does it show what only a phone can. tools/adapters.mjs checks it against the module's own types.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { encryptBundle, generateKeyPair, verifyAndDecrypt, verifyAndDecryptStream } from '../../src/index.js'
import { backendTests, checkBackend } from '../../src/testing.js'
import { temporaryFolder } from '../cli/cli.js'
import type { DeviceBackend } from '../../src/device.js'

const folder = temporaryFolder()
const module = join(folder, 'node-crypto.mjs')
writeFileSync(module, "export * from 'node:crypto'\nexport { Buffer } from 'node:buffer'\n")
const outfile = join(folder, 'react-native.mjs')
await build({
  entryPoints: [fileURLToPath(new URL('../../docs/adapters/react-native.ts', import.meta.url))],
  alias: { 'react-native-quick-crypto': module },
  bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error',
})
const { quickCryptoBackend } = (await import(pathToFileURL(outfile).href)) as { readonly quickCryptoBackend: DeviceBackend }

describe('the backend for React Native, on node:crypto,', () => {
  for (const { name, run } of backendTests(quickCryptoBackend)) test(name, run)

  test('leaves out nothing but the release of memory', async () => {
    expect(await checkBackend(quickCryptoBackend)).toMatchObject({ passed: true, notTested: ['release'] })
  })

  test.each(['RSA-4096', 'Ed25519'] as const)('opens a bundle that an %s key signed, for a reader of each curve', async (type) => {
    const { publicKey, privateKey } = await generateKeyPair(type)
    for (const curve of ['X25519', 'P-256'] as const) {
      const reader = await generateKeyPair(curve)
      const bundle = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)
      const envelope = await encryptBundle(bundle, { signer: privateKey, app: 'com.example.app', version: '1.0.0', readers: [reader.publicKey] })
      const options = { trust: publicKey, app: 'com.example.app', channel: null, lastSequence: null, reader: reader.privateKey, backend: quickCryptoBackend }
      expect((await verifyAndDecrypt(envelope.toBytes(), options)).bundle).toEqual(bundle)
      const stream = await verifyAndDecryptStream(new Blob([envelope.toBytes()]).stream(), options)
      const pieces: Uint8Array[] = []
      for await (const piece of stream.bundle) pieces.push(piece)
      expect(Buffer.concat(pieces).equals(bundle)).toBe(true)
    }
  })
})
