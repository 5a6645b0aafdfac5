// A process of its own for memory.mjs: reads an envelope, perhaps decrypts it, and prints what memory that took.
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { encryptBundle, generateKeyPair, verifyAndDecrypt } from 'otaseal'
import { backends } from './backends.mjs'
import { MIB } from './util.mjs'

const [job, folder, argument] = process.argv.slice(2)
const paths = { envelope: `${folder}/bundle.otaseal`, key: `${folder}/public.pem` }
const jobs = { make, load, decrypt }
await jobs[job](argument)

async function make(mib) {
  const { publicKey, privateKey } = await generateKeyPair('Ed25519')
  const bundle = new Uint8Array(mib * MIB)
  for (let i = 0; i < bundle.length; i += 65_536) crypto.getRandomValues(bundle.subarray(i, i + 65_536))
  const envelope = await encryptBundle(bundle, { signer: privateKey, app: 'com.example.bench', version: '1.0.0' })
  writeFileSync(paths.envelope, envelope.toBytes())
  writeFileSync(paths.key, publicKey)
}

async function load() {
  const before = process.memoryUsage.rss()
  const input = readWhole(paths.envelope)
  report({ before, input: input.length, output: 0 })
}

async function decrypt(backend) {
  const trust = readFileSync(paths.key, 'utf8')
  const before = process.memoryUsage.rss()
  const input = readWhole(paths.envelope)
  const policy = { trust, app: 'com.example.bench', channel: null, lastSequence: null, backend: backends[backend] }
  const { bundle } = await verifyAndDecrypt(input, policy)
  report({ before, input: input.length, output: bundle.length })
}

/** Into one buffer of the right size, so that reading costs the memory of the file once. */
function readWhole(path) {
  const file = openSync(path)
  const bytes = new Uint8Array(fstatSync(file).size)
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done)
    if (read === 0) throw new Error(`${path} ends early`)
    done += read
  }
  closeSync(file)
  return bytes
}

function report(figures) {
  console.log(JSON.stringify({ ...figures, peak: process.resourceUsage().maxRSS * 1024 }))
}
