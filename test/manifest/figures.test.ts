/* What bench/manifest*.mjs measure, as far as it does not depend on the machine. */
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createManifest, encryptBundle } from '../../src/build.js'
import { verifyAndDecrypt } from '../../src/index.js'
import { applyManifest, memoryStorage, openManifest } from '../../src/manifest.js'
import { folderFetcher, folderFiles, folderObjects, folderStorage, nodeBackend } from '../../src/node.js'
import { temporaryFolder } from '../cli/cli.js'
import { pattern } from '../envelope/helpers.js'
import { serverOf } from './applying.js'
import { inputs, opening, publisher, publishing } from './helpers.js'
import type { Backend } from '../../src/build.js'
import type { AppliedRelease } from '../../src/manifest.js'

/** The backend of Node, and how often it was asked to sign or to verify. */
function counting(): { readonly backend: Backend; readonly taken: () => number } {
  let operations = 0
  const backend: Backend = {
    ...nodeBackend,
    sign: async (...args) => (operations++, nodeBackend.sign(...args)),
    verify: async (...args) => (operations++, nodeBackend.verify(...args)),
  }
  const taken = (): number => {
    const count = operations
    operations = 0
    return count
  }
  return { backend, taken }
}

test('a release of 200 files takes one signature, which a device verifies once; an envelope for each file takes 200', async () => {
  const files = inputs(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}.bin`, pattern(400, i)])))
  const { backend, taken } = counting()
  const manifest = await createManifest(files, publishing({ backend }))
  const published = taken()
  const opened = await openManifest(manifest, opening({ backend }))
  expect(taken()).toBe(1)
  const { fetchedObjects } = await applyManifest(opened, { storage: memoryStorage(), fetchObject: serverOf([manifest]).fetchObject })
  expect([fetchedObjects, taken()]).toEqual([200, 0])
  const { app, version, sequence, channel } = publishing()
  for (const { bytes } of files) {
    const envelope = await encryptBundle(bytes as Uint8Array, { signer: publisher.privateKey, app, version, sequence, channel, backend })
    await verifyAndDecrypt(envelope, opening({ backend }))
  }
  expect(taken()).toBe(200 * (published + 1))
})

const require = createRequire(import.meta.url)

/** The files of a folder by path, in base64. */
function contentsOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const places = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(places.map((place) => [place.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(place, 'base64')]))
}

test('two versions of a web app are installed byte for byte, the second one with its changed files alone', async () => {
  const [from, to] = ['swagger-ui-dist-previous', 'swagger-ui-dist'].map((name) => dirname(require.resolve(`${name}/package.json`))) as [string, string]
  const [objects, storage] = [temporaryFolder(), folderStorage(temporaryFolder())]
  const publish = async (folder: string, more = {}): ReturnType<typeof createManifest> =>
    createManifest(await folderFiles(folder), publishing({ compress: 'gzip', store: folderObjects(objects), ...more }))
  const install = async (manifest: Awaited<ReturnType<typeof publish>>): Promise<AppliedRelease> =>
    applyManifest(await openManifest(manifest, opening()), { storage, fetchObject: folderFetcher(objects) })
  const first = await publish(from)
  const installed = await install(first)
  expect(contentsOf(storage.releasePath(installed.releaseId))).toEqual(contentsOf(from))
  const second = await publish(to, { sequence: 1001, previous: { manifest: first, trust: publisher.publicKey } })
  const after = contentsOf(to)
  const there = new Set(Object.values(contentsOf(from)))
  const fresh = new Set(Object.values(after).filter((content) => !there.has(content)))
  expect(fresh.size).toBeLessThan(Object.keys(after).length / 2)
  expect(second.objects).toHaveLength(fresh.size)
  const updated = await install(second)
  expect(updated.fetchedBytes).toBe(second.objects.reduce((sum, { size }) => sum + size, 0))
  expect(updated.fetchedBytes).toBeLessThan(0.7 * installed.fetchedBytes)
  expect(contentsOf(storage.releasePath(updated.releaseId))).toEqual(after)
})
