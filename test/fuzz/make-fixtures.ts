import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from '../../src/capgo/crc32.js'
import { encryptForCapgo, encryptManifestForCapgo, generateCapgoKeyPair } from '../../src/capgo.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { createManifest, delegate, encryptBundle, encryptPrivateKey, generateKeyPair, openManifest, publicJwk, signTrustUpdate, splitEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { openSlot } from '../../src/keys/slots.js'
import { openAuditLog } from '../../src/node.js'
import { demands } from './fixtures.js'
import { slotReaders } from './slot-readers.js'
import type { EncryptOptions, KeyPairType } from '../../src/index.js'
import type { Fixtures, HonestEnvelope } from './fixtures.js'

/*
 * Makes the honest keys, envelopes and releases anew: `node test/fuzz/run.mjs --fixtures`. They have new keys then, so that what is saved
 * in corpus/ fits them no more.
 */

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const pattern = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).map((_, i) => (i * 7 + (i >> 8)) & 0xff)

type Keys = Fixtures['keys']['a']

async function keyPair(type: KeyPairType): Promise<Keys> {
  const { publicKey, privateKey, kid } = await generateKeyPair(type)
  return { publicKey, privateKey, kid, jwk: (await publicJwk(publicKey)).jwk }
}

/** As small as they may be. */
async function rsaPair(): Promise<Keys> {
  const pair = generateKeyPairSync('rsa', { modulusLength: 3072 })
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { publicKey, privateKey: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), kid: '', jwk: (await publicJwk(publicKey)).jwk }
}

const options = (signer: string): EncryptOptions => ({ signer, app: demands.app, version: '1.4.0', sequence: 1000, channel: demands.channel, chunkSize: 16_384 })

async function sealed(bundle: Uint8Array, signer: string, more: Partial<EncryptOptions> = {}): Promise<HonestEnvelope> {
  return { bytes: base64((await encryptBundle(bundle, { ...options(signer), ...more })).toBytes()), bundle: base64(bundle) }
}

const slotsOf = ({ bytes }: HonestEnvelope): readonly string[] => (JSON.parse(splitEnvelope(new Uint8Array(Buffer.from(bytes, 'base64'))).head) as { readonly keys: string[] }).keys

async function release(signer: string, trust: string): Promise<Fixtures['manifest']> {
  const files = [['index.html', pattern(50)], ['js/app.js', pattern(400)], ['img/é.png', pattern(33_000)]] as const
  const made = await createManifest(files.map(([path, bytes]) => ({ path, bytes })), { ...options(signer) })
  const envelope = made.toBytes()
  const { bundle } = await verifyAndDecrypt(envelope, { trust, ...demands })
  const opened = await openManifest(envelope, { trust, ...demands })
  const objects = opened.files.map(({ path, object: { name } }, i) => ({
    path, object: base64(made.objects.find((object) => object.name === name)?.bytes ?? new Uint8Array(0)), file: base64(files[i]?.[1] ?? new Uint8Array(0)),
  }))
  return { bytes: base64(envelope), json: base64(bundle), objects }
}

async function capgo(): Promise<Fixtures['capgo']> {
  const { publicKey, privateKey } = await generateCapgoKeyPair()
  const bundle = Buffer.concat([Buffer.from('PK\u0003\u0004'), pattern(60)])
  const releases = await Promise.all((['V3', 'V2'] as const).map(async (checksumForm) => {
    const { payload, sessionKey, checksum } = await encryptForCapgo(bundle, { privateKey, checksumForm })
    return { sessionKey, checksum, payload: base64(payload), bundle: base64(bundle) }
  }))
  const { sessionKey, files } = await encryptManifestForCapgo([{ path: 'index.html', bytes: Buffer.from('<p>'.repeat(40)) }, { path: 'a/b.js', bytes: pattern(30) }], { privateKey, pluginVersion: '7.30.1' })
  const entries: Fixtures['capgo']['files']['entries'][number][] = []
  const contents = [base64(Buffer.from('<p>'.repeat(40))), base64(pattern(30))]
  for await (const { file_name, file_hash, payload } of files) entries.push({ file_name, file_hash, payload: base64(payload), bytes: contents[entries.length] ?? '' })
  return { publicKey, privateKey, releases, v1: v1Release(bundle, publicKey), files: { sessionKey, entries } }
}

/** As the Capgo CLI made it, with node:crypto alone. */
function v1Release(bundle: Uint8Array, publicKey: string): Fixtures['capgo']['v1'] {
  const [key, iv, sum] = [randomBytes(16), randomBytes(16), crc32()]
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  const payload = Buffer.concat([cipher.update(bundle), cipher.final()])
  const encryptedKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key)
  sum.update(bundle)
  return { payload: base64(payload), sessionKey: `${base64(iv)}:${base64(encryptedKey)}`, checksum: Buffer.from(sum.digest()).toString('hex'), bundle: base64(bundle) }
}

async function auditLog(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-'))
  const log = await openAuditLog(join(folder, 'log'))
  const claims = { app: demands.app, version: '1.4.0', sequence: 1000 }
  log.onEvent({ event: 'head-verified', time: demands.now, ...claims, signers: ['kid'] })
  log.onEvent({ event: 'bundle-accepted', time: demands.now + 1, ...claims })
  await log.close()
  const text = readFileSync(join(folder, 'log'))
  rmSync(folder, { recursive: true })
  return base64(text)
}

async function main(): Promise<void> {
  const [a, b, revoked, rsa] = [await keyPair('Ed25519'), await keyPair('Ed25519'), await keyPair('Ed25519'), await rsaPair()]
  const readers = { x25519: await generateKeyPair('X25519'), p256: await generateKeyPair('P-256') }
  const secret = randomBytes(32)
  const link = await delegate(b.publicKey, { signer: a.privateKey, notBefore: new Date('2020-01-01'), notAfter: new Date('2100-01-01') })
  const envelopes = await Promise.all([
    sealed(pattern(0), a.privateKey),
    sealed(pattern(300), a.privateKey, { runtime: 'ios-7', expires: new Date('2100-01-01'), meta: { commit: 'abc', note: 'é' } }),
    sealed(pattern(20), a.privateKey, { signer: [a.privateKey, b.privateKey] }),
    sealed(pattern(20), b.privateKey, { chain: [link], roots: [a.publicKey] }),
    sealed(pattern(40), a.privateKey, { readers: [readers.x25519.publicKey, readers.p256.publicKey, new Uint8Array(secret)] }),
  ])
  const slots = [envelopes[4], envelopes[0]].flatMap(slotsOf)
  const opened = await slotReaders({ trusted: a.publicKey, secret, keys: [readers.x25519.privateKey, readers.p256.privateKey] }, nodeBackend)
  const slotKeys = await Promise.all(slots.map(async (slot) => base64((await openSlot(slot, opened, nodeBackend)) ?? new Uint8Array(0))))
  const store: Fixtures['store'] = {
    epoch: 1,
    threshold: 2,
    minSequence: 0,
    keys: [
      { key: a.jwk, status: 'active' },
      { key: b.jwk, status: 'active' },
      { key: revoked.jwk, status: 'revoked' },
      { key: rsa.jwk, status: 'retired', lastSequence: 5, channels: ['beta'] },
    ],
  }
  const newStore = { ...store, epoch: 2, minSequence: 7 }
  const made: Fixtures = {
    keys: { a, b, revoked, rsa },
    readers,
    secret: base64(secret),
    encrypted: [await encryptPrivateKey(a.privateKey, 'fuzz', { iterations: 2 }), await encryptPrivateKey(readers.p256.privateKey, 'fuzz', { iterations: 3 })],
    passphrase: 'fuzz',
    link,
    envelopes,
    large: await sealed(pattern(40_000), a.privateKey),
    slots,
    slotKeys,
    store,
    newStore,
    update: await signTrustUpdate(newStore, { signer: [a.privateKey, b.privateKey] }),
    manifest: await release(a.privateKey, a.publicKey),
    capgo: await capgo(),
    audit: await auditLog(),
  }
  writeFileSync('test/fuzz/fixtures.json', `${JSON.stringify(made, null, 1)}\n`)
}
void main()
