/*
 * The adapters of docs/signers.md, as they are, against stand-ins of the services: digest, salt and encoding are proven here, types
 * by tools/adapters.mjs.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { encryptBundle, verifyAndDecrypt } from '../../src/index.js'
import { temporaryFolder } from '../cli/cli.js'
import { expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { setKey } from './services/service.js'
import type { Signer } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'

type MakeSigner = (...args: readonly string[]) => Signer

const root = fileURLToPath(new URL('../..', import.meta.url))
const adapters = join(root, 'docs/adapters')
const rsa = freshRsa(4096)
const ed25519 = freshEd25519()
const others: Readonly<Record<string, TestSigner>> = { PS256: freshRsa(4096), Ed25519: freshEd25519() }
const bundle = pattern(1000)
const made = new Map<string, MakeSigner>()

const stands = {
  '@aws-sdk/client-kms': 'aws',
  '@google-cloud/kms': 'google',
  '@azure/identity': 'azure-identity',
  '@azure/keyvault-keys': 'azure-keys',
  'graphene-pk11': 'pkcs11',
}

beforeAll(async () => {
  const outdir = temporaryFolder()
  const alias = Object.fromEntries(Object.entries(stands).map(([name, file]) => [name, join(root, `test/signers/services/${file}.ts`)]))
  const isSigner = (name: string): boolean => name.endsWith('.ts') && !name.endsWith('-storage.ts') && name !== 'react-native.ts'
  const entryPoints = readdirSync(adapters).filter(isSigner)
  const options = { bundle: true, format: 'esm', platform: 'node', outExtension: { '.js': '.mjs' }, tsconfigRaw: '{}' } as const
  await build({ absWorkingDir: adapters, entryPoints, outdir, alias, ...options })
  for (const name of entryPoints) {
    const exported = (await import(pathToFileURL(join(outdir, name.replace(/ts$/, 'mjs'))).href)) as Record<string, MakeSigner>
    expect(Object.keys(exported)).toHaveLength(1)
    made.set(name, Object.values(exported)[0] as MakeSigner)
  }
})

const adapterOf = (name: string): MakeSigner => made.get(name) as MakeSigner
const version = 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1'
const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const vault = 'https://vault.vault.azure.net/keys/release/0123456789abcdef0123456789abcdef'

const rows: readonly (readonly [string, string, TestSigner, string, (publicKey: string) => readonly string[]])[] = [
  ['aws-kms.ts', 'PS256', rsa, arn, (publicKey) => [arn, 'PS256', publicKey]],
  ['aws-kms.ts', 'Ed25519', ed25519, arn, (publicKey) => [arn, 'Ed25519', publicKey]],
  ['google-kms.ts', 'PS256', rsa, version, (publicKey) => [version, 'PS256', publicKey]],
  ['google-kms.ts', 'Ed25519', ed25519, version, (publicKey) => [version, 'Ed25519', publicKey]],
  ['azure-key-vault.ts', 'PS256', rsa, vault, (publicKey) => [vault, publicKey]],
  ['pkcs11.ts', 'PS256', rsa, 'release', (publicKey) => ['softhsm.so', '1234', 'release', publicKey]],
]

const release = { app: 'com.example.app', version: '1.4.0' }
// More than a service takes undigested.
const meta = { notes: 'x'.repeat(8000) }

test('every adapter is shown in docs/signers.md, and run here', () => {
  const shown = [...readFileSync(join(root, 'docs/signers.md'), 'utf8').matchAll(/^<!-- example: adapter (\S+) -->$/gm)].map(([, name]) => name)
  expect(shown.sort()).toEqual([...made.keys()].sort())
  expect([...new Set(rows.map(([name]) => name))].sort()).toEqual([...made.keys()].sort())
})

describe.each(rows)('%s with a key for %s', (name, alg, key, id, argumentsOf) => {
  test('signs what a device accepts; an RSA key is asked twice at first and once from then on', async () => {
    const requests = setKey({ id, key: key.keyObject })
    const signer = adapterOf(name)(...argumentsOf(key.publicKey))
    for (let i = 0; i < 2; i++) {
      const envelope = await encryptBundle(bundle, { signer, ...release, ...(alg === 'PS256' && { meta }) })
      const opened = await verifyAndDecrypt(envelope, { trust: key.publicKey, app: release.app, channel: null, lastSequence: null })
      expect(opened.bundle).toSatisfy(sameAs(bundle))
      expect(opened.signers).toEqual([key.kid])
    }
    expect(requests).toHaveLength(alg === 'PS256' ? 3 : 2)
  })

  test('with the public key of another pair gives nothing out, and is named', async () => {
    setKey({ id, key: key.keyObject })
    const signer = adapterOf(name)(...argumentsOf(others[alg]?.publicKey ?? ''))
    const message = new RegExp(`the signer ${id} gave a signature that its public key does not verify`)
    await expectRefused(async () => encryptBundle(bundle, { signer, ...release }), 'signer-failed', message)
  })

  test('fails where the service does, whose error is the cause', async () => {
    setKey({ id: 'another key', key: key.keyObject })
    const signer = adapterOf(name)(...argumentsOf(key.publicKey))
    const error: unknown = await encryptBundle(bundle, { signer, ...release }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'signer-failed', cause: { message: expect.stringContaining('NotFoundException') as string } })
  })
})

test('the stand-ins refuse what the services refuse, so that the tests above can fail', async () => {
  setKey({ id: arn, key: ed25519.keyObject })
  const signer = adapterOf('aws-kms.ts')(arn, 'Ed25519', ed25519.publicKey)
  await expectRefused(async () => encryptBundle(bundle, { signer, ...release, meta }), 'signer-failed')
  const token = adapterOf('pkcs11.ts')('softhsm.so', '0000', 'release', rsa.publicKey)
  const error: unknown = await encryptBundle(bundle, { signer: token, ...release }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'signer-failed', cause: { message: 'CKR_PIN_INCORRECT' } })
})
