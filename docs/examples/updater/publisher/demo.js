import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkTrustStore, generateKeyPair, publicJwk } from 'otaseal/build'
import { generateCapgoKeyPair } from 'otaseal/capgo'

export const APP = 'com.example.updater'
const RUNTIME = 'web-1'

/**
 * What three parties have before anything is published, each in a folder of its own: the publisher's keys and token, the trust store and the
 * Capgo public key that the server checks with, and what the app embeds.
 */
export async function createDemo(folder) {
  const [publisher, apps] = [join(folder, 'publisher'), join(folder, 'server/apps')]
  for (const path of [publisher, apps]) await mkdir(path, { recursive: true, mode: 0o700 })
  const [signing, reading, capgo] = [await generateKeyPair('Ed25519'), await generateKeyPair('P-256'), await generateCapgoKeyPair()]
  const { jwk } = await publicJwk(signing.publicKey)
  const now = Math.floor(Date.now() / 1000)
  const { store } = await checkTrustStore({ epoch: 1, threshold: 1, minSequence: now - 1, keys: [{ key: jwk, status: 'active' }] })
  const builtIn = { version: 'built-in', sequence: now - 1, html: demoBundle('built-in', '#57606a') }
  const config = { app: APP, runtime: RUNTIME, type: 'text/html', trust: store, reader: reading.privateKey, builtIn, patience: 15 }

  await writeFile(join(apps, `${APP}.trust.json`), JSON.stringify(store, null, 2))
  await writeFile(join(apps, `${APP}.capgo.pem`), capgo.publicKey)
  await secretFile(join(publisher, 'signing.pem'), signing.privateKey)
  await secretFile(join(publisher, 'capgo.pem'), capgo.privateKey)
  await writeFile(join(publisher, 'capgo.pub'), capgo.publicKey)
  await writeFile(join(publisher, 'reader.pub'), reading.publicKey)
  await secretFile(join(folder, 'app-config.json'), JSON.stringify(config))
  // Last: where it is, all of the above is.
  await secretFile(join(publisher, 'token'), randomBytes(32).toString('base64url'))
  return readDemo(folder)
}

/** What a publisher of the demo signs with, and what the app is built with. */
export async function readDemo(folder) {
  const text = async (name) => readFile(join(folder, name), 'utf8')
  return {
    token: await text('publisher/token'),
    signer: await text('publisher/signing.pem'),
    readers: [await text('publisher/reader.pub')],
    config: JSON.parse(await text('app-config.json')),
  }
}

/** The claims of a release of the demo's app. */
export function demoClaims({ signer, readers, config: { app, runtime, type } }, more) {
  return { signer, readers, app, runtime, type, channel: 'production', ...more }
}

/** A bundle is one page here; a real app would take a ZIP and unpack it. */
export function demoBundle(version, colour) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${version}</title>
<style>
  body { margin: 0; height: 100vh; display: grid; place-content: center; text-align: center; font: 1.1rem/1.5 system-ui, sans-serif; color: #fff; background: ${colour} }
  h1 { margin: 0; font-size: 2rem }
</style>
<h1>${version}</h1>
<p id="clock"></p>
<script>
  const clock = document.getElementById('clock')
  const tick = () => (clock.textContent = 'running, ' + new Date().toLocaleTimeString())
  tick()
  setInterval(tick, 1000)
</script>
</html>
`
}

async function secretFile(path, text) {
  await writeFile(path, text, { mode: 0o600 })
}
