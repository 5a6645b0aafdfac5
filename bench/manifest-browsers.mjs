// node bench/manifest-browsers.mjs: releases of many files in Chromium, Firefox and WebKitGTK. See README.md.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createManifest, generateKeyPair } from '../dist/build.js'
import { browserNames } from './browser/launch.mjs'
import { serveObjects } from './browser/object-server.mjs'
import { runBehaviours } from './browser/run-behaviours.mjs'
import { runMain } from './util.mjs'

const CLAIMS = { app: 'com.example.bench', version: '1.0.0' }
const POLICY = { app: CLAIMS.app, channel: null, lastSequence: null }

await runMain(main)

async function main() {
  const { values } = parseArgs({ options: { browsers: { type: 'string', default: browserNames.join() } } })
  const { releases, objects, trust } = await publish()
  const server = await serveObjects(objects)
  const settings = { releases, policy: { ...POLICY, trust }, url: server.url }
  try {
    await runBehaviours('manifest-page.mjs', values.browsers.split(','), settings, ({ brotli }) => {
      console.log(`Brotli: ${brotli}\nRequests for leave to ask another origin: ${server.counts.preflights}`)
      server.forget()
      server.counts.preflights = 0
    })
  } finally {
    server.close()
  }
}

/** Releases by name, in base64, and all their objects. */
async function publish() {
  const { publicKey, privateKey } = await generateKeyPair('Ed25519')
  const files = { 'index.html': Buffer.from('<p>hello</p>'.repeat(2000)), 'assets/large.bin': randomBytes(900_001), 'assets/text.js': Buffer.from('let a = 1\n'.repeat(70_000)), 'empty.txt': Buffer.alloc(0) }
  const releases = {}
  const objects = new Map()
  const make = async (name, changed, more) => {
    const inputs = Object.entries({ ...files, ...changed }).map(([path, bytes]) => ({ path, bytes }))
    const manifest = await createManifest(inputs, { ...CLAIMS, sequence: Object.keys(releases).length + 1, signer: privateKey, ...more })
    for (const object of manifest.objects) objects.set(object.name, object.bytes)
    releases[name] = Buffer.from(manifest.toBytes()).toString('base64')
    return manifest.toBytes()
  }
  await make('plain', {}, {})
  const manifest = await make('gzip', {}, { compress: 'gzip' })
  await make('next', { 'index.html': Buffer.from('<p>world</p>') }, { compress: 'gzip', previous: { manifest, trust: publicKey } })
  await make('br', {}, { compress: 'br' })
  return { releases, objects, trust: publicKey }
}
