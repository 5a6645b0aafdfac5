// npm run demo: publishes a real web app, installs it with every backend, and tries to cheat the device. See bench/README.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EnvelopeError, encryptBundle, generateKeyPair, splitEnvelope, verifyAndDecrypt } from 'otaseal'
import { attacksOn } from './attacks.mjs'
import { backends } from '../../bench/backends.mjs'
import { timed } from '../../bench/measure.mjs'
import { check, printTable, runMain, sameBytes } from '../../bench/util.mjs'
import { appFolder, compareZip, readFolder, totalSize, zipFiles } from '../../bench/web-app.mjs'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const claims = { app: 'com.example.swagger', version: '5.35.0', channel: 'production', type: 'application/zip' }
const policy = { app: claims.app, channel: claims.channel, type: claims.type, lastSequence: 1_700_000_000 }

const folder = mkdtempSync(join(tmpdir(), 'otaseal-demo-'))
// Also where the demo is interrupted.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const files = readFolder(appFolder)
  step(`The app: swagger-ui-dist, ${Object.keys(files).length} files, ${totalSize(files)} bytes`)
  const byCommand = await publishByCommand(files)
  const release = await publishByApi(files)
  const times = { zip: release.times.zip, encrypt: release.times.encrypt, ...(await installEverywhere(release, files)) }
  const refusals = await refuseAttacks(release)
  console.log('')
  printTable([['size', 'bytes', ''], ...sizeRows(files, byCommand, release)])
  console.log('')
  printTable([['time, one run each', 'ms'], ...Object.entries(times).map(([name, ms]) => [name, ms.toFixed(1)])])
  console.log('')
  printTable([['attack', ...Object.keys(backends).map((name) => `refused by ${name}`)], ...refusals])
  console.log(`\nAll of it holds: ${Object.keys(files).length} files came back byte for byte, ${refusals.length} attacks were refused.`)
}

/** keygen and encrypt as a developer types them; the library then opens what they wrote. */
async function publishByCommand(files) {
  const otaseal = (...args) => execFileSync(process.execPath, [CLI, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  step('On the command line: otaseal keygen; otaseal encrypt swagger-ui-dist')
  otaseal('keygen')
  const flags = ['--key', '.otaseal_key', '--app', claims.app, '--bundle-version', claims.version, '--channel', claims.channel]
  otaseal('encrypt', appFolder, ...flags, '-o', 'swagger.otaseal')
  const envelope = new Uint8Array(readFileSync(join(folder, 'swagger.otaseal')))
  const trust = readFileSync(join(folder, '.otaseal_key.pub'), 'utf8')
  const { bundle } = await verifyAndDecrypt(envelope, { ...policy, trust })
  compareZip(bundle, files, 'command line')
  step('  ... signed with RSA-4096; the library opens it, and every file is the same')
  return { envelope, zip: bundle }
}

/** The same with the library, signed by an RSA-4096 and an Ed25519 key, each of which is enough for a device. */
async function publishByApi(files) {
  const keys = { rsa: await generateKeyPair('RSA-4096'), ed25519: await generateKeyPair('Ed25519') }
  const { result: bundle, ms: zip } = await timed(() => zipFiles(files))
  check(sameBytes(zipFiles(files), bundle), 'the same files gave another ZIP file')
  const signer = [keys.rsa.privateKey, keys.ed25519.privateKey]
  const { result: envelope, ms: encrypt } = await timed(() => encryptBundle(bundle, { ...claims, signer }))
  step('With the library: zipped, signed with RSA-4096 and Ed25519, encrypted')
  return { keys, bundle, envelope, times: { zip, encrypt } }
}

/** Times by backend and key. */
async function installEverywhere({ keys, bundle, envelope }, files) {
  const times = {}
  for (const [name, backend] of Object.entries(backends)) {
    for (const [type, { publicKey }] of Object.entries(keys)) {
      const open = () => verifyAndDecrypt(envelope.toBytes(), { ...policy, trust: publicKey, backend })
      const { result, ms } = await timed(open)
      check(sameBytes(result.bundle, bundle), `${name}, ${type}: another bundle came back`)
      compareZip(result.bundle, files, `${name}, ${type}`)
      times[`verify + decrypt, ${name}, ${type}`] = ms
    }
    step(`Verified and decrypted with ${name}: every file is the same`)
  }
  return times
}

/** A row for each attack: its name, and the code by each backend. */
async function refuseAttacks({ keys, bundle, envelope }) {
  const attacks = await attacksOn(envelope, { bundle, claims, signer: keys.rsa.privateKey })
  const rows = []
  for (const { name, code, envelope: hostile, policy: differing } of attacks) {
    const row = [name]
    for (const [backendName, backend] of Object.entries(backends)) {
      const got = await codeOf(hostile, { ...policy, trust: keys.rsa.publicKey, backend, ...differing })
      check(got === code, `${name}, ${backendName}: should be refused as ${code}, but was ${got}`)
      row.push(got)
    }
    rows.push(row)
  }
  step(`${attacks.length} attacks, each refused by every backend`)
  return rows
}

async function codeOf(envelope, options) {
  try {
    await verifyAndDecrypt(envelope, options)
    return 'ACCEPTED'
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code
    throw error
  }
}

function sizeRows(files, byCommand, { bundle, envelope }) {
  return [
    ['files', totalSize(files), ''],
    ...envelopeRows('command line, 1 signature', byCommand.zip.length, byCommand.envelope),
    ...envelopeRows('library, 2 signatures', bundle.length, envelope.toBytes()),
  ]
}

function envelopeRows(name, zip, envelope) {
  const overhead = envelope.length - zip
  return [
    [`${name}: zip`, zip, ''],
    [`${name}: envelope`, envelope.length, ''],
    [`${name}: overhead`, overhead, `${((100 * overhead) / zip).toFixed(3)} %`],
    [`${name}: head, part of it`, splitEnvelope(envelope).head.length, ''],
  ]
}

function step(text) {
  console.log(text)
}
