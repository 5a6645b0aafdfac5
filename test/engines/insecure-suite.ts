import * as everything from '../../src/index.js'
import * as build from '../../src/build.js'
import * as capgo from '../../src/capgo.js'
import * as device from '../../src/device.js'
import * as manifest from '../../src/manifest.js'
import * as resume from '../../src/resume.js'
import { nobleBackend, nobleCapgoBackend, nobleDeviceBackend } from '../../src/noble.js'
import { check, refused, same } from './assert.js'
import { CHUNK, pattern } from './data.js'
import { deviceSuite } from './device-suite.js'
import { claims, once } from './fixtures.js'
import { collect, streamOf } from './streams.js'
import { prefixed, watchedReport } from './watched.js'
import type { EngineReport, EngineTest } from './contract.js'
import type { Running } from './watched.js'

const BUNDLE = pattern(CHUNK + 7)

/** What a publisher makes where there is no WebCrypto: keys and an envelope in pure JavaScript. */
const made = once(async () => {
  const [pair, other] = [await build.generateKeyPair('Ed25519', { backend: nobleBackend }), await build.generateKeyPair('Ed25519', { backend: nobleBackend })]
  const signed = { signer: pair.privateKey, ...claims, backend: nobleBackend }
  const { jwk } = await build.publicJwk(pair.publicKey, { backend: nobleBackend })
  const store = { epoch: 2, threshold: 1, minSequence: 0, keys: [{ key: jwk, status: 'active' as const }] }
  return {
    pair,
    other,
    store,
    envelope: await build.encryptBundle(BUNDLE, signed),
    release: await build.createManifest([{ path: 'index.html', bytes: BUNDLE }], signed),
    update: await build.signTrustUpdate(store, { signer: pair.privateKey, backend: nobleBackend }),
    accepting: { trust: pair.publicKey, app: claims.app, channel: claims.channel, lastSequence: 999 },
  }
})

type Made = Awaited<ReturnType<typeof made>>

/** Each function that needs cryptography, called without a backend. */
const calls: Readonly<Record<string, (made: Made) => unknown>> = {
  generateKeyPair: () => build.generateKeyPair(),
  'generateKeyPair of X25519': () => build.generateKeyPair('X25519'),
  checkKeyPair: ({ pair }) => build.checkKeyPair(pair.privateKey, pair.publicKey),
  encryptPrivateKey: ({ pair }) => build.encryptPrivateKey(pair.privateKey, 'passphrase', { iterations: 1 }),
  publicJwk: ({ pair }) => build.publicJwk(pair.publicKey),
  checkTrustStore: ({ store }) => build.checkTrustStore(store),
  readerKid: () => build.readerKid(pattern(32)),
  encryptBundle: ({ pair }) => build.encryptBundle(BUNDLE, { signer: pair.privateKey, ...claims }),
  encryptBundleStream: ({ pair }) => build.encryptBundleStream(streamOf(BUNDLE), { signer: pair.privateKey, ...claims }),
  createManifest: ({ pair }) => build.createManifest([], { signer: pair.privateKey, ...claims }),
  delegate: ({ pair, other }) => build.delegate(other.publicKey, { signer: pair.privateKey, notAfter: new Date(Date.now() + 1e9) }),
  signTrustUpdate: ({ pair, store }) => build.signTrustUpdate(store, { signer: pair.privateKey }),
  addReaders: ({ envelope, pair }) => build.addReaders(envelope.head, { trust: pair.publicKey, readers: [pattern(32)] }),
  verifyAndDecrypt: ({ envelope, accepting }) => device.verifyAndDecrypt(envelope, accepting),
  'verifyAndDecrypt of bytes': ({ envelope, accepting }) => device.verifyAndDecrypt(envelope.toBytes(), accepting),
  verifyAndDecryptStream: ({ envelope, accepting }) => device.verifyAndDecryptStream(streamOf(envelope.toBytes()), accepting),
  verifyEnvelope: ({ envelope, pair }) => device.verifyEnvelope(envelope, { trust: pair.publicKey }),
  openEnvelope: ({ envelope, accepting }) => device.openEnvelope(envelope.head, accepting),
  verifyTrustUpdate: ({ update, store }) => device.verifyTrustUpdate(update, { trust: { ...store, epoch: 1 } }),
  openManifest: ({ release, accepting }) => manifest.openManifest(release, accepting),
  verifyManifestSet: ({ release, pair }) => manifest.verifyManifestSet(release, release.objectList, () => undefined, { trust: pair.publicKey }),
  checkChunks: async ({ envelope, accepting }) => {
    const opened = await device.openEnvelope(envelope.head, { ...accepting, backend: nobleDeviceBackend })
    await opened.setIndex(envelope.payload.subarray(0, opened.indexRange.end))
    return resume.checkChunks(opened, () => BUNDLE.subarray(0, CHUNK))
  },
  generateCapgoKeyPair: () => capgo.generateCapgoKeyPair(),
}

/** What pure JavaScript does in their place. */
const instead: readonly EngineTest[] = [
  {
    name: 'every door that a browser can import is there',
    run: () => {
      const doors = [everything, build, device, manifest, resume, capgo]
      same(doors.every((door) => Object.keys(door).length > 0), true, 'each has exports')
      same([everything.EnvelopeError, build.EnvelopeError, manifest.EnvelopeError, capgo.EnvelopeError].every((one) => one === device.EnvelopeError), true, 'one class of errors')
    },
  },
  {
    name: 'what was built with noble is opened with noble, as bytes, as a stream and as a release',
    run: async () => {
      const { envelope, release, accepting, store, update } = await made()
      const noble = { ...accepting, backend: nobleDeviceBackend }
      same((await device.verifyAndDecrypt(envelope, noble)).bundle, BUNDLE, 'as bytes')
      same((await collect((await device.verifyAndDecryptStream(streamOf(envelope.toBytes(), [99]), noble)).bundle)).bytes, BUNDLE, 'as a stream')
      same((await manifest.openManifest(release, noble)).files.length, 1, 'files of a release')
      same((await device.verifyTrustUpdate(update, { trust: { ...store, epoch: 1 }, backend: nobleDeviceBackend })).changed, true, 'a trust update')
    },
  },
  {
    name: 'a head is read, and an envelope taken apart, which takes no cryptography',
    run: async () => {
      const { envelope } = await made()
      const { head } = device.splitEnvelope(envelope.toBytes())
      same(device.decodeHead(head).header.sequence, claims.sequence, 'the sequence')
    },
  },
  {
    name: 'the format of deployed Capgo plugins has a backend too',
    run: () => same(typeof nobleCapgoBackend.cbc, 'function', 'its cipher'),
  },
]

/** All that must hold where an engine has no WebCrypto, though `crypto.getRandomValues` may be there. */
export async function insecureReport(engine: string, _: unknown, running: Running): Promise<EngineReport> {
  const { crypto, isSecureContext } = globalThis as { readonly crypto?: { readonly subtle?: unknown }; readonly isSecureContext?: boolean }
  const premise: EngineTest = {
    name: 'crypto.subtle is missing',
    run: () => {
      check(crypto?.subtle === undefined, 'it is there')
      check(!engine.endsWith('-insecure') || isSecureContext === false, 'the page is secure')
    },
  }
  const refusing = Object.entries(calls).map(([name, call]): EngineTest => ({
    name: `${name} says that there is no WebCrypto, and names the import that helps`,
    run: async () => {
      await refused(async () => call(await made()), 'backend-unavailable', /import \{ \w+ \} from 'otaseal\/noble'/)
    },
  }))
  const tests = [premise, ...refusing, ...instead, ...prefixed('device on noble', deviceSuite(nobleDeviceBackend)), ...prefixed('device', deviceSuite())]
  return watchedReport(engine, { tests, skipped: [] }, running)
}
