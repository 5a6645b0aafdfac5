// Peak memory of encrypting and decrypting large files for deployed Capgo plugins: by the functions for files, by streams, and by the
// command line. Needs GNU time. See README.md.
import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkRoom, digestOf, runNode, workFolder, writeRandom } from './files.mjs'
import { MIB, check, printTable, runMain } from './util.mjs'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const CHILD = fileURLToPath(new URL('capgo-memory-child.mjs', import.meta.url))
const LIMIT = 128 * MIB
const RELEASE = ['--key', '.capgo_key_v2', '--checksum-form', 'V3']

await runMain(main)

function main() {
  const { sizes, folder: parent, mustHold } = readOptions()
  const folder = workFolder(parent)
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  writeFileSync(join(folder, '.capgo_key_v2'), privateKey, { mode: 0o600 })
  writeFileSync(join(folder, '.capgo_key_v2.pub'), publicKey)
  const results = sizes.flatMap((mb) => measureSize(folder, mb))
  console.log('\nPeak resident memory of one process for each call, which ends with exit code 0, as /usr/bin/time counts it')
  printTable([
    ['', 'MB', 'peak MiB', 'required', 'seconds', 'MB/s'],
    ...results.map(({ name, mb, peak, seconds }) => [
      name, mb, (peak / MIB).toFixed(1), `${peak > LIMIT ? 'ABOVE' : 'ok'} (<= ${LIMIT / MIB})`, seconds.toFixed(1), (mb / seconds).toFixed(0),
    ]),
  ])
  if (mustHold && results.some(({ peak }) => peak > LIMIT)) process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      mb: { type: 'string', default: '600' },
      // Not the system's folder for temporary files, which may lie in memory.
      folder: { type: 'string', default: '.' },
      check: { type: 'boolean', default: false },
    },
  })
  const sizes = values.mb.split(',').map(Number)
  check(sizes.every((mb) => mb > 0), 'usage: --mb 600,2400 --folder DIR --check')
  return { sizes, folder: values.folder, mustHold: values.check }
}

/** Every way there and back, of a file of so many million bytes. Each decrypted file is compared and removed. */
function measureSize(folder, mb) {
  const size = Math.round(mb * 1e6)
  checkRoom(folder, size)
  const digest = writeRandom(join(folder, 'bundle'), size)
  const ways = { 'file functions': byJobs('File'), streams: byJobs('Stream'), 'command line': byCommands(), 'command line, pipes': byPipes() }
  const rows = Object.entries(ways).flatMap(([way, { encrypt, decrypt }]) => {
    const encrypted = encrypt(folder)
    const decrypted = decrypt(folder, JSON.parse(encrypted.stdout))
    check(digestOf(join(folder, 'decrypted')) === digest, `${way}: decrypting gave another file`)
    for (const name of ['payload', 'decrypted']) rmSync(join(folder, name))
    return [{ name: `encrypt, ${way}`, mb, ...encrypted }, { name: `decrypt, ${way}`, mb, ...decrypted }]
  })
  rmSync(join(folder, 'bundle'))
  return rows
}

function byJobs(kind) {
  return {
    encrypt: (folder) => runNode(folder, [CHILD, `encrypt${kind}`, 'bundle', 'payload', '.capgo_key_v2']),
    decrypt: (folder, fields) => runNode(folder, [CHILD, `decrypt${kind}`, 'payload', 'decrypted', '.capgo_key_v2.pub', JSON.stringify(fields)]),
  }
}

function byCommands() {
  return {
    encrypt: (folder) => fieldsOf(runNode(folder, [CLI, 'capgo', 'encrypt', 'bundle', ...RELEASE, '-o', 'payload'])),
    decrypt: (folder, fields) => runNode(folder, [CLI, ...decryptArguments('payload', fields), '-o', 'decrypted']),
  }
}

function byPipes() {
  return {
    encrypt: (folder) => fieldsOf(runNode(folder, [CLI, 'capgo', 'encrypt', '-', ...RELEASE, '-o', '-'], { from: 'bundle', to: 'payload' })),
    decrypt: (folder, fields) => runNode(folder, [CLI, ...decryptArguments('-', fields), '-o', '-'], { from: 'payload', to: 'decrypted' }),
  }
}

function decryptArguments(input, { sessionKey, checksum }) {
  return ['capgo', 'decrypt', input, sessionKey, '--checksum', checksum, '--key', '.capgo_key_v2.pub']
}

/** What the command tells people: on the standard error, where the payload goes to the standard output. */
function fieldsOf({ stdout, stderr, ...figures }) {
  const [, sessionKey] = /^ *ivSessionKey +(\S+)$/m.exec(stdout + stderr)
  const [, checksum] = /^ *checksum +(\S+)$/m.exec(stdout + stderr)
  return { ...figures, stdout: JSON.stringify({ sessionKey, checksum }) }
}
