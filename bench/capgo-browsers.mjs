// node bench/capgo-browsers.mjs: the format of deployed Capgo plugins in Chromium, Firefox and WebKitGTK. See README.md.
import { constants, createCipheriv, createHash, generateKeyPairSync, privateEncrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { browserNames } from './browser/launch.mjs'
import { runPage } from './browser/run-page.mjs'
import { check, printTable, runMain } from './util.mjs'

const PAGE = fileURLToPath(new URL('browser/capgo-page.mjs', import.meta.url))

// Browsers are ended also where this is interrupted.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await runMain(main)

async function main() {
  const { values } = parseArgs({
    options: {
      browsers: { type: 'string', default: browserNames.join() },
      size: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '7' },
    },
  })
  const scripts = await bundlePage()
  const settings = { mib: Number(values.size), rounds: Number(values.rounds), published: publishedByNode(), v1: releaseOfV1() }
  for (const name of values.browsers.split(',')) {
    const result = await runPage(name, scripts, settings)
    if (result === undefined) {
      console.log(`\n${name}: skipped: not installed`)
      continue
    }
    check(result.error === undefined, `${name}: ${result.error}`)
    const broken = result.behaviours.filter(({ problem }) => problem !== undefined)
    console.log(`\n${name}: ${result.userAgent}\nBehaviours that hold: ${result.behaviours.length - broken.length} of ${result.behaviours.length}`)
    for (const { name: behaviour, problem } of broken) console.log(`FAILED in ${name}: ${behaviour}: ${problem}`)
    printTable([[`${values.size} MiB of random bytes, median of ${values.rounds}`, 'MB/s'], ...Object.entries(result.speeds).map(([row, speed]) => [row, speed.toFixed(0)])])
    if (broken.length > 0) process.exitCode = 1
  }
}

/** The page as a web app bundles it: without the condition `node`, so that it has WebCrypto. */
async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [PAGE], write: false, bundle: true, external: ['node:*'], tsconfigRaw: {},
    format: 'esm', platform: 'browser', conditions: [], target: 'es2022', logLevel: 'error',
  })
  const [{ text }] = outputFiles
  check(!/from ?["']node:/.test(text), 'the page imports from node:, so it is not what a browser would load')
  return { '/page.js': text }
}

/** A release as the Capgo CLI makes it. */
function publishedByNode() {
  const { publicKey, privateKey } = keyPair()
  const [bundle, secret, iv] = [randomBytes(300_000), randomBytes(16), randomBytes(16)]
  const sign = (value) => privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, value)
  const checksum = sign(createHash('sha256').update(bundle).digest()).toString('hex')
  const fields = { sessionKey: `${iv.toString('base64')}:${sign(secret).toString('base64')}`, checksum }
  return { bundle: bundle.toString('base64'), payload: encrypted(bundle, secret, iv).toString('base64'), publicKey, fields }
}

/** A release of the older format: the session key is encrypted with the public key, the checksum is the CRC32. */
function releaseOfV1() {
  const { publicKey, privateKey } = keyPair()
  const [secret, iv] = [randomBytes(16), randomBytes(16)]
  const key = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, secret)
  const fields = { sessionKey: `${iv.toString('base64')}:${key.toString('base64')}`, checksum: 'cbf43926' }
  const text = '123456789'
  return { text, payload: encrypted(text, secret, iv).toString('base64'), privateKey, fields }
}

function encrypted(bundle, secret, iv) {
  const cipher = createCipheriv('aes-128-cbc', secret, iv)
  return Buffer.concat([cipher.update(bundle), cipher.final()])
}

function keyPair() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
}
