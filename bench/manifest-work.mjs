// The work of manifest.mjs: many small files as a release with one manifest, and by a scheme with an envelope for each file.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createManifest, encryptBundle } from 'otaseal/build'
import { verifyAndDecrypt } from 'otaseal/device'
import { applyManifest, memoryStorage, openManifest } from 'otaseal/manifest'
import { decryptFile, encryptFile, folderFetcher, folderFiles, folderObjects, folderStorage, nodeBackend } from 'otaseal/node'
import { check, sameBytes } from './util.mjs'
import { compareFiles, readFolder } from './web-app.mjs'

const claims = { app: 'com.example.bench', version: '1.0.0' }
const policy = { app: claims.app, channel: null, lastSequence: null }

const PUBLIC_KEY = ['sign', 'verify']

/**
 * The backend on node:crypto, which works synchronously, so that its time can be told from that of all else. Counts uses of
 * public-key cryptography.
 */
export function countingBackend() {
  const counts = { operations: 0, publicKeyMs: 0, symmetricMs: 0 }
  const watched = (object, names, key) => {
    const methods = names.map((name) => [name, (...args) => timedCall(object, name, args, key)])
    return Object.fromEntries(methods)
  }
  const timedCall = (object, name, args, key) => {
    const start = performance.now()
    const result = object[name](...args)
    counts[key] += performance.now() - start
    if (key === 'publicKeyMs') counts.operations++
    return result
  }
  const backend = {
    ...nodeBackend,
    ...watched(nodeBackend, PUBLIC_KEY, 'publicKeyMs'),
    ...watched(nodeBackend, ['sha256', 'hmac'], 'symmetricMs'),
    hasher: () => watched(nodeBackend.hasher(), ['update', 'digest'], 'symmetricMs'),
    gcmSealer: (key) => watched(timedCall(nodeBackend, 'gcmSealer', [key], 'symmetricMs'), ['seal'], 'symmetricMs'),
    gcmOpener: (key) => watched(timedCall(nodeBackend, 'gcmOpener', [key], 'symmetricMs'), ['open'], 'symmetricMs'),
  }
  return { backend, counts }
}

/** Writes random files, a hundred to a folder; gives them by path. */
export function makeFiles(folder, count, size) {
  const files = {}
  for (let i = 0; i < count; i++) {
    const path = `${Math.floor(i / 100)}/${i}.bin`
    if (i % 100 === 0) mkdirSync(join(folder, `${i / 100}`), { recursive: true })
    files[path] = crypto.getRandomValues(new Uint8Array(size))
    writeFileSync(join(folder, path), files[path])
  }
  return files
}

/**
 * The stages of each way, one after the other: `run` gets what the stage before gave, and `prove` what the last one gave. `against` is the
 * way with an envelope for each file that does as much.
 */
export function waysOf(files, source, place, keys) {
  const inputs = Object.entries(files).map(([path, bytes]) => ({ path, bytes }))
  const inFolder = ({ installed }) => compareFiles(readFolder(installed), files, 'folder')
  return {
    'manifest, memory': {
      stages: memoryStages(inputs, keys), against: 'each, memory',
      prove: ({ storage }) => compareFiles(Object.fromEntries(storage.contents()), files, 'memory'),
    },
    'each, memory': { stages: envelopeStages(inputs, keys), against: 'each, memory', prove: ({ opened }) => compareAll(opened, inputs) },
    'manifest, folders': { stages: folderStages(source, place, keys), against: 'each, files', prove: inFolder },
    'each, files': { stages: fileStages(inputs, source, place, keys), against: 'each, files', prove: inFolder },
  }
}

function memoryStages(inputs, { publicKey, privateKey }) {
  return {
    create: async ({ backend }) => ({ manifest: await createManifest(inputs, { ...claims, signer: privateKey, backend }) }),
    open: async ({ backend, manifest }) => ({ manifest, opened: await openManifest(manifest, { ...policy, trust: publicKey, backend }) }),
    apply: async ({ manifest, opened }) => {
      const objects = new Map(manifest.objects.map(({ name, bytes }) => [name, bytes]))
      const fetchObject = async ({ name, range: { start, end } }) => new Blob([objects.get(name).subarray(start, end)]).stream()
      const storage = memoryStorage()
      await applyManifest(opened, { storage, fetchObject })
      return { storage }
    },
  }
}

function folderStages(source, parent, { publicKey, privateKey }) {
  return {
    create: async ({ backend }) => {
      const place = mkdtempSync(join(parent, 'folders-'))
      const store = folderObjects(join(place, 'objects'))
      return { place, manifest: await createManifest(await folderFiles(source), { ...claims, signer: privateKey, backend, store }) }
    },
    open: async ({ backend, place, manifest }) => ({ place, opened: await openManifest(manifest, { ...policy, trust: publicKey, backend }) }),
    apply: async ({ place, opened }) => {
      const storage = folderStorage(join(place, 'device'))
      const { releaseId } = await applyManifest(opened, { storage, fetchObject: folderFetcher(join(place, 'objects')) })
      return { installed: storage.releasePath(releaseId), clean: () => rmSync(place, { recursive: true }) }
    },
  }
}

/** Each file is a release of its own, as where a scheme signs files one by one. */
function envelopeStages(inputs, { publicKey, privateKey }) {
  return {
    create: async ({ backend }) => {
      const envelopes = []
      for (const { bytes } of inputs) envelopes.push((await encryptBundle(bytes, { ...claims, signer: privateKey, backend })).toBytes())
      return { envelopes }
    },
    apply: async ({ backend, envelopes }) => {
      const opened = []
      for (const envelope of envelopes) opened.push((await verifyAndDecrypt(envelope, { ...policy, trust: publicKey, backend })).bundle)
      return { opened }
    },
  }
}

/** The same from file to file; as with folders, what is written outlasts a loss of power. */
function fileStages(inputs, source, parent, { publicKey, privateKey }) {
  return {
    create: async ({ backend }) => {
      const place = mkdtempSync(join(parent, 'files-'))
      for (const { path } of inputs) {
        mkdirSync(dirname(join(place, 'envelopes', path)), { recursive: true })
        await encryptFile(join(source, path), join(place, 'envelopes', path), { ...claims, signer: privateKey, backend })
      }
      return { place }
    },
    apply: async ({ backend, place }) => {
      const installed = join(place, 'device')
      for (const { path } of inputs) {
        mkdirSync(dirname(join(installed, path)), { recursive: true })
        await decryptFile(join(place, 'envelopes', path), join(installed, path), { ...policy, trust: publicKey, backend })
      }
      return { installed, clean: () => rmSync(place, { recursive: true }) }
    },
  }
}

function compareAll(opened, inputs) {
  check(opened.length === inputs.length, 'each, memory: files are missing')
  for (const [i, { bytes }] of inputs.entries()) check(sameBytes(opened[i], bytes), 'each, memory: a file came back changed')
}
