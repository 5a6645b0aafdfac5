// Bundled as for a web app and run without crypto.subtle: what each front function does by itself, and with the backend that helps.
import * as core from '../../dist/index.js'
import * as capgo from '../../dist/capgo.js'
import { applyManifest, memoryStorage, openManifest, verifyManifestSet } from '../../dist/manifest.js'
import { nobleBackend, nobleCapgoBackend } from '../../dist/noble.js'
import { checkChunks } from '../../dist/resume.js'

const timesAskedByImports = globalThis.timesAsked

/** Of a pair of RSA-2048, which pure JavaScript makes none of. */
const capgoKey = process.env.CAPGO_KEY
const noble = { backend: nobleBackend }
const nobleCapgo = { backend: nobleCapgoBackend }
const passphrase = 'correct horse battery'
const secret = new Uint8Array(32).fill(9)
const bundle = new Uint8Array(20_000).fill(7)

const stream = (bytes) => new Blob([bytes]).stream()

async function collect(pieces) {
  for await (const piece of pieces) if (piece === undefined) throw new Error('a piece is missing')
}

const root = await core.generateKeyPair('Ed25519', noble)
const key = await core.generateKeyPair('Ed25519', noble)
const signing = { app: 'com.example.app', channel: 'production', version: '1.0.0', sequence: 1000, signer: key.privateKey }
const device = { app: 'com.example.app', channel: 'production', lastSequence: null, trust: key.publicKey }
const reading = { trust: key.publicKey, reader: secret }
const { jwk } = await core.publicJwk(root.publicKey, noble)
const { store } = await core.checkTrustStore({ epoch: 1, threshold: 1, minSequence: 0, keys: [{ key: jwk, status: 'active' }] }, noble)
const update = await core.signTrustUpdate({ ...store, epoch: 2 }, { signer: root.privateKey, ...noble })
const locked = await core.encryptPrivateKey(key.privateKey, passphrase, { iterations: 10_000, ...noble })
const envelope = await core.encryptBundle(bundle, { ...signing, ...noble })
const secretly = await core.encryptBundle(bundle, { ...signing, readers: [secret], ...noble })
const opened = await core.openEnvelope(envelope.head, { ...device, ...noble })
await opened.setIndex(envelope.payload.slice(0, opened.indexRange.end))
const files = [{ path: 'index.html', bytes: bundle }]
const manifest = await core.createManifest(files, { ...signing, ...noble })
const objects = new Map(manifest.objects.map(({ name, bytes }) => [name, bytes]))
const publishing = { privateKey: capgoKey, checksumForm: 'V3' }
const release = await capgo.encryptForCapgo(bundle, { ...publishing, ...nobleCapgo })
const { sessionKey } = release
const receiving = { publicKey: process.env.CAPGO_PUBLIC_KEY, sessionKey, checksum: release.checksum }
const capgoFiles = []
for await (const file of (await capgo.encryptManifestForCapgo(files, { ...publishing, sessionKey, compress: false, ...nobleCapgo })).files) capgoFiles.push(file)

/** What the front functions do, with a backend or without. */
const calls = {
  generateKeyPair: (backend) => core.generateKeyPair('Ed25519', backend),
  checkKeyPair: (backend) => core.checkKeyPair(key.privateKey, key.publicKey, backend),
  publicJwk: (backend) => core.publicJwk(key.publicKey, backend),
  encryptPrivateKey: (backend) => core.encryptPrivateKey(key.privateKey, passphrase, { iterations: 10_000, ...backend }),
  decryptPrivateKey: (backend) => core.decryptPrivateKey(locked, passphrase, backend),
  encryptBundle: (backend) => core.encryptBundle(bundle, { ...signing, ...backend }),
  encryptBundleStream: async (backend) => collect((await core.encryptBundleStream(stream(bundle), { ...signing, ...backend })).body),
  addReaders: (backend) => core.addReaders(secretly.head, { ...reading, readers: [new Uint8Array(32)], ...backend }),
  readerKid: (backend) => core.readerKid(secret, backend),
  delegate: (backend) => core.delegate(key.publicKey, { signer: root.privateKey, notAfter: new Date(Date.now() + 86_400_000), ...backend }),
  checkTrustStore: (backend) => core.checkTrustStore(store, backend),
  signTrustUpdate: (backend) => core.signTrustUpdate(store, { signer: root.privateKey, ...backend }),
  createManifest: (backend) => core.createManifest(files, { ...signing, ...backend }),
  openEnvelope: (backend) => core.openEnvelope(envelope.head, { ...device, ...backend }),
  verifyEnvelope: (backend) => core.verifyEnvelope(envelope, { trust: key.publicKey, ...backend }),
  verifyAndDecrypt: (backend) => core.verifyAndDecrypt(envelope, { ...device, ...backend }),
  verifyAndDecryptStream: async (backend) => collect((await core.verifyAndDecryptStream(stream(envelope.toBytes()), { ...device, ...backend })).bundle),
  verifyTrustUpdate: (backend) => core.verifyTrustUpdate(update, { trust: store, ...backend }),
  checkChunks: (backend) => checkChunks(opened, ({ start, end }) => bundle.slice(start, end), backend),
  openManifest: (backend) => openManifest(manifest, { ...device, ...backend }),
  applyManifest: async (backend) => applyManifest(await openManifest(manifest, { ...device, ...backend }), { storage: memoryStorage(), fetchObject: async ({ name }) => stream(objects.get(name)) }),
  verifyManifestSet: (backend) => verifyManifestSet(manifest, manifest.objectList, (name) => objects.get(name), { trust: key.publicKey, ...backend }),
}

const capgoCalls = {
  encryptForCapgo: (backend) => capgo.encryptForCapgo(bundle, { ...publishing, ...backend }),
  encryptForCapgoStream: async (backend) => collect((await capgo.encryptForCapgoStream(stream(bundle), { ...publishing, ...backend })).payload),
  verifyAndDecryptCapgo: (backend) => capgo.verifyAndDecryptCapgo(release.payload, { ...receiving, ...backend }),
  verifyAndDecryptCapgoStream: async (backend) => collect((await capgo.verifyAndDecryptCapgoStream(stream(release.payload), { ...receiving, ...backend })).unverified),
  encryptManifestForCapgo: async (backend) => collect((await capgo.encryptManifestForCapgo(files, { ...publishing, compress: false, ...backend })).files),
  verifyAndDecryptCapgoManifest: async (backend) => collect(capgo.verifyAndDecryptCapgoManifest(capgoFiles, { ...receiving, ...backend })),
  checkCapgoKeyPair: (backend) => capgo.checkCapgoKeyPair(capgoKey, receiving.publicKey, backend),
  checkCapgoRelease: (backend) => capgo.checkCapgoRelease({ payload: release.payload, sessionKey, checksum: release.checksum }, { publicKey: receiving.publicKey, ...backend }),
}

/** `undefined` where the call went well. */
async function outcome(call, backend) {
  return call(backend).then(() => undefined, ({ name, code, message }) => ({ name, code, message }))
}

async function outcomes(named, help) {
  const rows = []
  for (const [name, call] of Object.entries(named)) rows.push({ name, alone: await outcome(call, {}), helped: await outcome(call, help) })
  return rows
}

const tells = { timesAskedByImports, core: await outcomes(calls, noble), capgo: await outcomes(capgoCalls, nobleCapgo) }
console.log(JSON.stringify({ ...tells, timesAsked: globalThis.timesAsked }))
