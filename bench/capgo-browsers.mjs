// node bench/capgo-browsers.mjs: the format of deployed Capgo plugins in Chromium, Firefox and WebKitGTK. See README.md.
import { constants, createCipheriv, createHash, generateKeyPairSync, privateEncrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { browserNames } from './browser/launch.mjs'
import { runBehaviours } from './browser/run-behaviours.mjs'
import { printTable, runMain } from './util.mjs'

await runMain(main)

async function main() {
  const { values } = parseArgs({
    options: {
      browsers: { type: 'string', default: browserNames.join() },
      size: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '7' },
    },
  })
  const settings = { mib: Number(values.size), rounds: Number(values.rounds), published: publishedByNode(), v1: releaseOfV1() }
  await runBehaviours('capgo-page.mjs', values.browsers.split(','), settings, ({ speeds }) =>
    printTable([[`${values.size} MiB of random bytes, median of ${values.rounds}`, 'MB/s'], ...Object.entries(speeds).map(([row, speed]) => [row, speed.toFixed(0)])]))
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
