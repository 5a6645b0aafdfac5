// An app in the field with @capgo/capacitor-updater, as far as updates go: it asks, downloads, decrypts and unpacks as the plugin does.
// Written with node:crypto and fflate alone, since deployed plugins know nothing of otaseal.
import { constants, createDecipheriv, createHash, createPublicKey, publicDecrypt } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { unzipSync } from 'fflate'

const PLUGIN = '8.51.14'

/**
 * Asks for an update and installs it; gives what the endpoint answered, or throws and leaves what is installed as it is.
 *
 * @param config `updateUrl`, `appId` and `publicKey` as in the Capacitor config, `deviceId`, and `folder` for bundles
 * @param options `pluginVersion`, and the `fetch` that the platform has
 */
export async function updateAsPlugin(config, { pluginVersion = PLUGIN, fetch = globalThis.fetch } = {}) {
  const current = await currentVersion(config.folder)
  const response = await fetch(config.updateUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      platform: 'android', device_id: config.deviceId, app_id: config.appId, custom_id: '', version_build: '1.0.0', version_code: '1', version_os: '14',
      version_name: current, plugin_version: pluginVersion, is_emulator: false, is_prod: true, defaultChannel: config.defaultChannel ?? '',
      key_id: keyId(config.publicKey),
    }),
  })
  if (response.status !== 200) throw new Error(`response error ${response.status}`)
  const answer = await response.json()
  if ('error' in answer || 'kind' in answer || answer.version === current) return answer
  const download = await fetch(answer.url)
  if (download.status !== 200) throw new Error(`download failed ${download.status}`)
  const zip = decrypt(Buffer.from(await download.arrayBuffer()), answer, config.publicKey)
  await install(config.folder, answer.version, zip)
  return answer
}

/** The version that the app starts with. */
export async function currentVersion(folder) {
  return readFile(join(folder, 'current'), 'utf8').catch(() => 'builtin')
}

function keyId(publicKey) {
  return publicKey.replace(/-----[^-]+-----|\s/g, '').slice(0, 20)
}

/** Session key and checksum are signed apart; the content is compared when all of it was decrypted. */
function decrypt(payload, { session_key, checksum }, publicKey) {
  const [iv, signedKey] = session_key.split(':').map((text) => Buffer.from(text, 'base64'))
  const key = signedValue(signedKey, publicKey)
  const decipher = createDecipheriv('aes-128-cbc', key, iv)
  const zip = Buffer.concat([decipher.update(payload), decipher.final()])
  const expected = signedValue(Buffer.from(checksum, 'hex'), publicKey)
  if (!createHash('sha256').update(zip).digest().equals(expected)) throw new Error('checksum_fail')
  return zip
}

function signedValue(signed, publicKey) {
  return publicDecrypt({ key: createPublicKey(publicKey), padding: constants.RSA_PKCS1_PADDING }, signed)
}

/** Unpacks beside what is there; the last step is which version the app starts with. */
async function install(folder, version, zip) {
  const target = join(folder, 'versions', version)
  await rm(target, { recursive: true, force: true })
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const path = normalize(join(target, name))
    if (!path.startsWith(target + sep)) throw new Error(`the ZIP has a path that leads out of it: ${name}`)
    if (name.endsWith('/')) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
  await writeFile(join(folder, 'current.new'), version)
  await rename(join(folder, 'current.new'), join(folder, 'current'))
}
