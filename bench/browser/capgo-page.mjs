// What capgo-browsers.mjs lets each browser do with the format of deployed Capgo plugins: releases that the page makes, and one by node:crypto.
import { zipSync } from 'fflate'
import {
  checkCapgoRelease, decryptCapgoV1, encryptForCapgo, encryptForCapgoStream, encryptManifestForCapgo, generateCapgoKeyPair, identifyRelease,
  verifyAndDecryptCapgo, verifyAndDecryptCapgoManifest, verifyAndDecryptCapgoStream,
} from '../../dist/capgo.js'
import { nobleCapgoBackend } from '../../dist/noble.js'
import { streamOf, timed } from '../measure.mjs'
import { check, fromBase64, report } from './outcomes.mjs'
import { demand, errorOf, joined, randomBytes, sameBytes } from './release.mjs'

const MIB = 2 ** 20
const PIECE = 65_536
const OTHER_SIZES = [1, 15, 16, 17, 524_287, 524_288, 524_289]

await report(async (settings) => {
  const behaviours = { ...ownReleases(), ...otherForms(settings) }
  return { userAgent: navigator.userAgent, behaviours: await check(behaviours), speeds: await speedsOf(settings) }
})

function ownReleases() {
  const keys = generateCapgoKeyPair()
  const bundle = randomBytes(700_001)
  const encrypt = async (bytes, checksumForm) => encryptForCapgo(bytes, { privateKey: (await keys).privateKey, checksumForm })
  const open = async ({ payload, sessionKey, checksum }) => verifyAndDecryptCapgo(payload, { publicKey: (await keys).publicKey, sessionKey, checksum })
  return {
    'a key pair is made': async () => demand((await keys).keyId.length === 20, 'no key id'),
    ...Object.fromEntries(['V2', 'V3'].map((form) => [`a release round-trips in ${form}`, async () => {
      const opened = await open(await encrypt(bundle, form))
      demand(sameBytes(opened.bundle, bundle) && opened.checksumForm === form, 'another bundle or form')
    }])),
    'so do bundles of sizes at each border': async () => {
      for (const size of OTHER_SIZES) demand(sameBytes((await open(await encrypt(bundle.subarray(0, size), 'V3'))).bundle, bundle.subarray(0, size)), `${size} bytes`)
    },
    'streams round-trip': async () => {
      const { privateKey, publicKey } = await keys
      const { payload, checksum, sessionKey } = await encryptForCapgoStream(streamOf(bundle, PIECE), { privateKey, checksumForm: 'V3' })
      const encrypted = await bytesOf(payload)
      const fields = { publicKey, sessionKey, checksum: await checksum }
      const { unverified, sha256 } = await verifyAndDecryptCapgoStream(streamOf(encrypted, PIECE), fields)
      demand(sameBytes(await bytesOf(unverified), bundle) && (await sha256).length === 64, 'another bundle')
    },
    'a changed payload is refused': async () => {
      const release = await encrypt(bundle, 'V3')
      release.payload[0] ^= 1
      demand((await errorOf(open(release))).code === 'bad-checksum', 'another refusal')
    },
  }
}

function otherForms({ published, v1 }) {
  const keys = generateCapgoKeyPair()
  const bundle = randomBytes(300_000)
  return {
    'the delta form round-trips, uncompressed': async () => {
      const { privateKey, publicKey } = await keys
      const { files, sessionKey } = await encryptManifestForCapgo([{ path: 'a/b.js', bytes: bundle }], { privateKey, checksumForm: 'V3', compress: false })
      const opened = await all(verifyAndDecryptCapgoManifest(await all(files), { publicKey, sessionKey }))
      demand(opened.length === 1 && opened[0].path === 'a/b.js' && sameBytes(opened[0].bytes, bundle), 'another file')
    },
    'a release is checked and recognised': async () => {
      const { publicKey, privateKey } = await keys
      const release = await encryptForCapgo(zipSync({ 'index.html': bundle.subarray(0, 100) }), { privateKey, checksumForm: 'V3' })
      const { kind } = await identifyRelease({ ...release, publicKey })
      demand(kind === 'capgo-v2' && (await checkCapgoRelease(release, { publicKey })).ok, `it is ${kind}, or not ok`)
    },
    'a release by node:crypto is read': async () => {
      const { bundle: expected, payload, publicKey, fields } = published
      const opened = await verifyAndDecryptCapgo(fromBase64(payload), { publicKey, ...fields })
      demand(sameBytes(opened.bundle, fromBase64(expected)), 'another bundle')
    },
    'a release of the format V1 is read': async () => {
      const { unauthenticated } = await decryptCapgoV1(fromBase64(v1.payload), { privateKey: v1.privateKey, ...v1.fields })
      demand(new TextDecoder().decode(unauthenticated) === v1.text, 'another bundle')
    },
  }
}

/** Median million bytes in a second, by what is done. */
async function speedsOf({ mib, rounds }) {
  const { privateKey, publicKey } = await generateCapgoKeyPair()
  const speeds = {}
  for (const [backend, name] of [[undefined, 'WebCrypto'], [nobleCapgoBackend, 'noble']]) {
    const bundle = randomBytes(mib * MIB)
    const times = { [`encryptForCapgo, ${name}`]: [], [`verifyAndDecryptCapgo, ${name}`]: [] }
    for (let round = 0; round < rounds; round++) {
      const { result, ms } = await timed(() => encryptForCapgo(bundle, { privateKey, checksumForm: 'V3', backend }))
      const decrypted = await timed(() => verifyAndDecryptCapgo(result.payload, { publicKey, ...result, backend }))
      demand(sameBytes(decrypted.result.bundle, bundle), 'another bundle')
      Object.values(times)[0].push(ms)
      Object.values(times)[1].push(decrypted.ms)
    }
    for (const [what, all] of Object.entries(times)) speeds[what] = bundle.length / 1000 / all.sort((a, b) => a - b)[rounds >> 1]
  }
  return speeds
}

async function bytesOf(stream) {
  const reader = stream.getReader()
  const parts = []
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) parts.push(value)
  return joined(parts)
}

async function all(items) {
  const found = []
  for await (const item of items) found.push(item)
  return found
}
