// What an update of a real web app moves: as one bundle, and as a manifest with objects. See README.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createManifest, encryptBundle, generateKeyPair } from 'otaseal/build'
import { applyManifest, httpFetcher, openManifest } from 'otaseal/manifest'
import { folderFiles, folderObjects, folderStorage } from 'otaseal/node'
import { serveFolder } from './manifest-server.mjs'
import { printTable, runMain } from './util.mjs'
import { appFolder, compareFiles, previousAppFolder, readFolder, totalSize, zipFiles } from './web-app.mjs'

const APP = 'com.example.bench'
const MANIFEST = 'manifest.otaseal'
const LIST = 'manifest.otaseal.objects.json'

const folder = mkdtempSync(join(tmpdir(), 'otaseal-web-app-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const { from, to, check: mustHold } = readOptions()
  const releases = [from, to].map((path) => ({ path, files: readFolder(path) }))
  const keys = await generateKeyPair('Ed25519')
  describe(releases)
  const rows = [
    await bundleRow('one ZIP, stored', releases, keys, 0),
    await bundleRow('one ZIP, deflated', releases, keys),
    await manifestRow('manifest', releases, keys),
    await manifestRow('manifest, gzip', releases, keys, 'gzip'),
    await manifestRow('manifest, br', releases, keys, 'br'),
  ]
  console.log('\nBytes; the server counts what is downloaded. Of ZIP: download of the second release / that of the deflated ZIP')
  const zip = rows[1].second.downloaded
  printTable([
    ['', '1st: up', '1st: down', '2nd: up', '2nd: down', 'requests', 'of ZIP'],
    ...rows.map(({ name, first, second }) => [
      name, first.uploaded, first.downloaded, second.uploaded, second.downloaded, second.requests, (second.downloaded / zip).toFixed(3),
    ]),
  ])
  console.log('After each release all files were compared with the publisher\'s, byte for byte.')
  const problems = problemsOf(rows)
  for (const problem of problems) console.log(problem)
  if (mustHold && problems.length > 0) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: previousAppFolder },
      to: { type: 'string', default: appFolder },
      check: { type: 'boolean', default: false },
    },
  })
  return values
}

function describe([{ files: from }, { files: to }]) {
  const same = Object.keys(to).filter((name) => from[name] !== undefined && Buffer.compare(from[name], to[name]) === 0)
  const sameSize = same.reduce((sum, name) => sum + to[name].length, 0)
  console.log(`First release: ${Object.keys(from).length} files, ${totalSize(from)} bytes`)
  console.log(`Second release: ${Object.keys(to).length} files, ${totalSize(to)} bytes; unchanged: ${same.length} files, ${sameSize} bytes`)
}

/** The whole of each release as one envelope. */
async function bundleRow(name, releases, { privateKey }, level) {
  const moved = []
  for (const [i, { files }] of releases.entries()) {
    const zip = zipFiles(files, level)
    const envelope = await encryptBundle(zip, { signer: privateKey, app: APP, version: `${i + 1}.0.0`, type: 'application/zip' })
    const { length } = envelope.toBytes()
    moved.push({ uploaded: length, downloaded: length, requests: 1 })
  }
  return { name, first: moved[0], second: moved[1] }
}

/** Publishes both releases to a folder that is served, and has one device install them, one after the other. */
async function manifestRow(name, releases, keys, compress) {
  const place = mkdtempSync(join(folder, 'release-'))
  const published = join(place, 'server')
  mkdirSync(published)
  const server = await serveFolder(published)
  const storage = folderStorage(join(place, 'device'))
  const moved = []
  for (const { path, files } of releases) {
    const uploaded = await publish(path, published, moved.length, keys, compress)
    const { requests, bytes } = { ...server.counts }
    const installed = await install(server.url, storage, keys)
    compareFiles(readFolder(installed), files, name)
    moved.push({ uploaded, downloaded: server.counts.bytes - bytes, requests: server.counts.requests - requests })
  }
  await server.close()
  return { name, first: moved[0], second: moved[1] }
}

async function publish(path, published, before, { privateKey, publicKey }, compress) {
  const previous = before > 0 ? { manifest: readFileSync(join(published, MANIFEST)), trust: publicKey } : undefined
  const claims = { signer: privateKey, app: APP, version: `${before + 1}.0.0`, sequence: before + 1 }
  const manifest = await createManifest(await folderFiles(path), { ...claims, compress, previous, store: folderObjects(join(published, 'objects')) })
  const bytes = manifest.toBytes()
  writeFileSync(join(published, LIST), manifest.objectList)
  writeFileSync(join(published, MANIFEST), bytes)
  return bytes.length + manifest.objectList.length + manifest.objects.reduce((sum, { size }) => sum + size, 0)
}

/** Gives the folder of the installed files. */
async function install(url, storage, { publicKey }) {
  const response = await fetch(`${url}/${MANIFEST}`)
  const { sequence = null } = (await storage.installed()) ?? {}
  const policy = { trust: publicKey, app: APP, channel: null, lastSequence: sequence }
  const manifest = await openManifest(new Uint8Array(await response.arrayBuffer()), policy)
  const { releaseId } = await applyManifest(manifest, { storage, fetchObject: httpFetcher(`${url}/objects`) })
  return storage.releasePath(releaseId)
}

/** A first release may take more than a ZIP, since each file is compressed by itself; an update must take less. */
function problemsOf(rows) {
  const zip = rows[1].second.downloaded
  const [, , plain, gzip, br] = rows
  return [
    ...[plain, gzip, br].filter(({ first, second }) => second.downloaded >= first.downloaded).map(({ name }) => `NOTHING SAVED: ${name}`),
    ...[gzip, br].filter(({ second }) => second.downloaded >= zip).map(({ name }) => `NOT LESS THAN THE ZIP: ${name}`),
  ]
}
