// Has the stand-in of a deployed Capgo plugin update once: node capgo/run.js --app ID --key PUBLIC_KEY_FILE --folder FOLDER
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { currentVersion, updateAsPlugin } from './device.js'

const names = ['app', 'key', 'folder', 'server', 'channel', 'plugin-version']
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) })
const { app, key, folder, server = 'http://localhost:8080', channel, 'plugin-version': pluginVersion } = values

await mkdir(folder, { recursive: true })
const config = {
  updateUrl: 'https://updates.example.com/v1/capgo/updates',
  appId: app,
  publicKey: await readFile(key, 'utf8'),
  deviceId: await deviceId(),
  defaultChannel: channel,
  folder,
}
const outcome = await updateAsPlugin(config, { pluginVersion, fetch: throughProxy }).then((answer) => ({ answer }), (error) => ({ failed: error.message }))
console.log(JSON.stringify({ ...outcome, current: await currentVersion(folder) }, null, 2))

/** Plugins take addresses of https alone; in the place of a proxy that ends TLS, all of them lead to the server. */
async function throughProxy(url, init) {
  return fetch(new URL(new URL(url).pathname, server), init)
}

async function deviceId() {
  const path = join(folder, 'device-id')
  const known = await readFile(path, 'utf8').catch(() => undefined)
  const id = known ?? randomUUID()
  if (known === undefined) await writeFile(path, id)
  return id
}
