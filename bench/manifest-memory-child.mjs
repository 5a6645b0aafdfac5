// A process of its own for manifest-memory.mjs: publishes a folder, or installs a release from a server.
import { readFileSync, writeFileSync } from 'node:fs'

const APP = 'com.example.bench'
const [job, ...args] = process.argv.slice(2)
await { keys, publish, apply }[job](...args)

async function keys() {
  const { generateKeyPair } = await import('otaseal/build')
  const { publicKey, privateKey } = await generateKeyPair('Ed25519')
  writeFileSync('public.pem', publicKey)
  writeFileSync('private.pem', privateKey)
}

async function publish(source, compress) {
  const { createManifest } = await import('otaseal/build')
  const { folderFiles, folderObjects } = await import('otaseal/node')
  const manifest = await createManifest(await folderFiles(source), {
    ...{ signer: readFileSync('private.pem', 'utf8'), app: APP, version: '1.0.0' },
    compress: compress === 'none' ? undefined : compress,
    store: folderObjects('server/objects'),
  })
  writeFileSync('server/manifest.otaseal', manifest.toBytes())
  console.log(JSON.stringify({ objects: manifest.objects.length, bytes: manifest.objects.reduce((sum, { size }) => sum + size, 0) }))
}

async function apply(url) {
  const { applyManifest, httpFetcher, openManifest } = await import('otaseal/manifest')
  const { folderStorage } = await import('otaseal/node')
  const response = await fetch(`${url}/manifest.otaseal`)
  const manifest = await openManifest(new Uint8Array(await response.arrayBuffer()), {
    trust: readFileSync('public.pem', 'utf8'), app: APP, channel: null, lastSequence: null,
  })
  const storage = folderStorage('device')
  const { releaseId, fetchedBytes } = await applyManifest(manifest, { storage, fetchObject: httpFetcher(`${url}/objects`) })
  console.log(JSON.stringify({ installed: storage.releasePath(releaseId), fetchedBytes }))
}
