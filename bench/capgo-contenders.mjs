// What is timed of the format of deployed Capgo plugins: the library, and the same work on node:crypto as the Capgo CLI does it.
import { constants, createCipheriv, createDecipheriv, createHash, generateKeyPairSync, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto'
import { encryptForCapgo, encryptForCapgoStream, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from 'otaseal/capgo'
import { nodeCapgoBackend } from 'otaseal/node'
import { nobleCapgoBackend } from 'otaseal/noble'
// No door exports WebCrypto's backend: it is what package.json's "imports" choose where the platform isn't Node.
import { capgoBackend as webCapgoBackend } from '../dist/backend/capgo-web.js'
import { drain, streamOf } from './measure.mjs'
import { check } from './util.mjs'

const PIECE = 64 * 1024
const CBC = 'aes-128-cbc'
const RSA = { padding: constants.RSA_PKCS1_PADDING }
const ENCRYPT_FLOOR = 'node:crypto, encrypt'
const DECRYPT_FLOOR = 'node:crypto, decrypt and compare'
const REQUIRED = 0.9

/** Both directions, each with the direct work as its floor; then pure JavaScript, of which nothing is required. */
export function capgoGroups(bundle) {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const release = directEncrypt(bundle, keys)
  const sealed = { floor: ENCRYPT_FLOOR, direct: sealing(async () => directEncrypt(bundle, keys), keys), ...encryptRows(bundle, keys) }
  const opened = { floor: DECRYPT_FLOOR, direct: { run: (take) => take(directDecrypt(release, keys)) }, ...decryptRows(release, keys) }
  const groupsOf = (name, rows) => [sealed, opened].map(({ floor, direct, [rows]: others }) => ({ name, floor, contenders: { [floor]: direct, ...others } }))
  return [...groupsOf('capgo', 'once'), ...groupsOf('capgo-other', 'others'), ...groupsOf('capgo-noble', 'pure')]
}

function encryptRows(bundle, keys) {
  const options = (backend) => ({ privateKey: keys.privateKey, checksumForm: 'V3', backend })
  const once = (backend) => sealing(async () => encryptForCapgo(bundle, options(backend)), keys)
  const stream = async () => {
    const { payload, checksum, ...fields } = await encryptForCapgoStream(streamOf(bundle, PIECE), options(nodeCapgoBackend))
    const pieces = []
    await drain(payload, (piece) => pieces.push(piece))
    return { payload: pieces, checksum: await checksum, ...fields }
  }
  return {
    once: { 'encryptForCapgo, node': { ...once(nodeCapgoBackend), required: REQUIRED } },
    others: {
      'encryptForCapgo, web': once(webCapgoBackend),
      'encryptForCapgoStream, node, pieces of 64 KiB': sealing(stream, keys),
    },
    pure: { 'encryptForCapgo, noble': once(nobleCapgoBackend) },
  }
}

function decryptRows({ payload, sessionKey, checksum }, { publicKey }) {
  const options = (backend) => ({ publicKey, sessionKey, checksum, backend })
  const once = (backend) => async (take) => take((await verifyAndDecryptCapgo(payload, options(backend))).bundle)
  const stream = async (take) => {
    const { unverified, sha256 } = await verifyAndDecryptCapgoStream(streamOf(payload, PIECE), options(nodeCapgoBackend))
    await drain(unverified, take)
    await sha256
  }
  return {
    once: { 'verifyAndDecryptCapgo, node': { run: once(nodeCapgoBackend), required: REQUIRED } },
    others: {
      'verifyAndDecryptCapgo, web': { run: once(webCapgoBackend) },
      'verifyAndDecryptCapgoStream, node, pieces of 64 KiB': { run: stream },
    },
    pure: { 'verifyAndDecryptCapgo, noble': { run: once(nobleCapgoBackend) } },
  }
}

/** Gives a release: the direct work must open it, and refuse it with a changed bit. */
function sealing(run, keys) {
  const prove = async () => {
    const { payload, ...fields } = await run()
    const bytes = Buffer.concat([payload].flat())
    const bundle = directDecrypt({ payload: bytes, ...fields }, keys)
    bytes[0] ^= 1
    let refused = false
    try {
      directDecrypt({ payload: bytes, ...fields }, keys)
    } catch {
      refused = true
    }
    check(refused, 'the direct work should refuse a changed payload')
    return [bundle]
  }
  return { run, prove }
}

/** The digest of the ZIP, a signed session key, AES-128-CBC in one call and its end put behind it, the signed digest. */
function directEncrypt(bundle, { privateKey: key }) {
  const digest = createHash('sha256').update(bundle).digest('hex')
  const [iv, secret] = [randomBytes(16), randomBytes(16)]
  const sessionKey = `${iv.toString('base64')}:${privateEncrypt({ key, ...RSA }, secret).toString('base64')}`
  const cipher = createCipheriv(CBC, secret, iv)
  const payload = Buffer.concat([cipher.update(bundle), cipher.final()])
  return { payload, sessionKey, checksum: privateEncrypt({ key, ...RSA }, Buffer.from(digest, 'hex')).toString('hex') }
}

/** The reverse, and the comparison that the CLI leaves to its caller. */
function directDecrypt({ payload, sessionKey, checksum }, { publicKey: key }) {
  const [iv, signed] = sessionKey.split(':').map((part) => Buffer.from(part, 'base64'))
  const decipher = createDecipheriv(CBC, publicDecrypt({ key, ...RSA }, signed), iv)
  const bundle = Buffer.concat([decipher.update(payload), decipher.final()])
  const digest = createHash('sha256').update(bundle).digest('hex')
  check(publicDecrypt({ key, ...RSA }, Buffer.from(checksum, 'hex')).toString('hex') === digest, 'the checksum is of other content')
  return bundle
}
