// A process of its own for bounds.mjs: makes the inputs, or gives one of them to the library and prints what that cost.
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'

const [job, folder, number, backendName] = process.argv.slice(2)
console.log(JSON.stringify(await (job === 'make' ? make() : work(job === 'idle'))))

async function make() {
  const { headCases, makeKeys } = await import('./bounds-heads.mjs')
  const { bodyCases } = await import('./bounds-bodies.mjs')
  const keys = makeKeys()
  const rows = [...(await headCases(keys)), ...(await bodyCases(keys))]
  rows.forEach((row, i) => writeFileSync(`${folder}/${i}`, serialize(row)))
  return rows.map(({ what, bytes, expected, bound, isHead, job: call }) => ({ what, bytes: Number.isFinite(bytes) ? bytes : 'endless', expected, bound, isHead, call }))
}

/** All that a call takes is there before it begins; an idle process ends there. */
async function work(isIdle) {
  const row = deserialize(readFileSync(`${folder}/${number}`))
  const call = await callOf(row)
  const before = process.cpuUsage()
  const start = performance.now()
  const result = isIdle ? undefined : await outcome(call)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { result, ms, cpuMs: (user + system) / 1000, peak: process.resourceUsage().maxRSS * 1024 }
}

async function outcome(call) {
  try {
    await call()
    return 'accepted'
  } catch (error) {
    if (error.code === undefined) throw error
    return error.code
  }
}

async function callOf({ job: call, input, options: plain }) {
  const device = await import('../dist/device.js')
  const options = { ...plain, ...(backendName === 'noble' && { backend: await nobleFor(call) }) }
  const calls = {
    open: () => device.openEnvelope(input, options),
    trust: () => device.verifyTrustUpdate(input, options),
    decrypt: () => device.verifyAndDecrypt(input, options),
    stream: () => drain(device, input, options),
    file: fileCall,
    manifest: async () => {
      const { openManifest } = await import('../dist/manifest.js')
      return () => openManifest(input, options)
    },
    objects: async () => {
      const { verifyManifestSet } = await import('../dist/manifest.js')
      return () => verifyManifestSet(input, input.list, () => undefined, options)
    },
    key: async () => {
      const { decryptPrivateKey } = await import('../dist/build.js')
      return () => decryptPrivateKey(input, 'passphrase', options)
    },
    config: async () => {
      const { readCapgoConfig } = await import('../dist/capgo.js')
      return () => readCapgoConfig(input.text, input.name)
    },
  }
  return ['file', 'manifest', 'objects', 'key', 'config'].includes(call) ? calls[call](input, options) : calls[call]
}

async function nobleFor(call) {
  const { nobleBackend, nobleDeviceBackend } = await import('../dist/noble.js')
  return call === 'key' ? nobleBackend : nobleDeviceBackend
}

async function drain(device, { head, parts, endless }, options) {
  const waiting = [...parts]
  const payload = new ReadableStream({
    pull: (controller) => {
      const part = waiting.shift()
      if (part !== undefined) controller.enqueue(part)
      else if (endless === undefined) controller.close()
      else controller.enqueue(new Uint8Array(endless).fill(0x20))
    },
  }, { highWaterMark: 0 })
  const { bundle } = await device.verifyAndDecryptStream(head === undefined ? payload : { head, payload }, options)
  for await (const chunk of bundle) if (chunk.length === 0) throw new Error('an empty piece')
}

/** Sparse: it takes no room on the disk. */
async function fileCall({ start, size }, options) {
  const { verifyFile } = await import('../dist/node.js')
  const path = `${folder}/sparse`
  const file = openSync(path, 'w')
  writeSync(file, start)
  ftruncateSync(file, size)
  closeSync(file)
  return () => verifyFile(path, options)
}
