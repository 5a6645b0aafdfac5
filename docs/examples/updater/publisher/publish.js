// The publisher's commands; README.md explains them. The token and the private key come from the environment or from files.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { encryptForCapgo } from 'otaseal/capgo'
import { publisherOf } from './client.js'

const USAGE = `node publisher/publish.js COMMAND

  release FILE --app ID --version V --channel C --runtime R [--type T] [--percent N] [--expires DATE]
  rollout RELEASE_ID --percent N
  pause RELEASE_ID
  resume RELEASE_ID
  list --app ID
  trust UPDATE_FILE --app ID
  capgo FILE --app ID --version V --channel C --plugin-version P [--percent N]
  capgo-pause RELEASE_ID
  capgo-resume RELEASE_ID

PUBLISH_SERVER  address of the update server (http://localhost:8080)
PUBLISH_TOKEN   what the server asks for, or a file of it: PUBLISH_TOKEN_FILE
SIGNING_KEY     private key in PEM, or a file of it: SIGNING_KEY_FILE
READER_KEYS     files of the public keys of those who can read, with commas between
CAPGO_KEY_FILE, CAPGO_PUBLIC_KEY_FILE  key pair of a Capgo app`

const names = ['app', 'version', 'channel', 'runtime', 'type', 'percent', 'expires', 'plugin-version']
const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) })
const [command = 'help', subject] = positionals

const commands = {
  release: async (publisher) => publisher.publish(subject, await claims(), percent()),
  rollout: async (publisher) => publisher.setRollout(subject, { percent: Number(needed('percent')) }),
  pause: async (publisher) => publisher.setRollout(subject, { paused: true }),
  resume: async (publisher) => publisher.setRollout(subject, { paused: false }),
  list: async (publisher) => publisher.list(needed('app')),
  trust: async (publisher) => publisher.publishTrust(needed('app'), await readFile(subject, 'utf8')),
  capgo: publishForCapgo,
  'capgo-pause': async (publisher) => publisher.setCapgoRollout(subject, { paused: true }),
  'capgo-resume': async (publisher) => publisher.setCapgoRollout(subject, { paused: false }),
}

async function claims() {
  const readers = (process.env.READER_KEYS ?? '').split(',').filter((path) => path !== '')
  if (readers.length === 0) throw new Error('READER_KEYS is missing: without readers, the server could read what it delivers')
  return {
    signer: await secret('SIGNING_KEY'),
    readers: await Promise.all(readers.map(async (path) => readFile(path, 'utf8'))),
    app: needed('app'),
    version: needed('version'),
    channel: needed('channel'),
    runtime: needed('runtime'),
    type: flags.type ?? 'text/html',
    expires: flags.expires === undefined ? undefined : new Date(flags.expires),
  }
}

async function publishForCapgo(publisher) {
  const { payload, sessionKey, checksum, keyId } = await encryptForCapgo(await readFile(subject), {
    privateKey: await readFile(process.env.CAPGO_KEY_FILE, 'utf8'),
    publicKey: await readFile(process.env.CAPGO_PUBLIC_KEY_FILE, 'utf8'),
    pluginVersion: needed('plugin-version'),
  })
  const query = { version: needed('version'), channel: needed('channel'), sessionKey, checksum, keyId, percent: percent() }
  return publisher.upload(`/v1/capgo/apps/${needed('app')}/releases`, query, payload)
}

function percent() {
  return Number(flags.percent ?? 100)
}

function needed(name) {
  if (flags[name] === undefined) throw new Error(`--${name} is missing`)
  return flags[name]
}

async function secret(name) {
  const { [name]: text, [`${name}_FILE`]: path } = process.env
  if (text === undefined && path === undefined) throw new Error(`${name} or ${name}_FILE is missing`)
  return text ?? (await readFile(path, 'utf8')).trim()
}

const run = commands[command]
if (run === undefined) {
  console.error(USAGE)
  process.exit(2)
}
try {
  const publisher = publisherOf({ server: process.env.PUBLISH_SERVER ?? 'http://localhost:8080', token: await secret('PUBLISH_TOKEN') })
  console.log(JSON.stringify(await run(publisher), null, 2))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
