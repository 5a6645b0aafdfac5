// A process of its own for capgo-memory.mjs: one call on a file, by its name. The fields of a release are printed, and passed back.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const [job, from, to, keyPath, fields = '{}'] = process.argv.slice(2)
const key = readFileSync(keyPath, 'utf8')
const jobs = { encryptFile, decryptFile, encryptStream, decryptStream }
console.log(JSON.stringify(await jobs[job](JSON.parse(fields))))

async function encryptFile() {
  const { encryptFileForCapgo } = await import('otaseal/node')
  return encryptFileForCapgo(from, to, { privateKey: key, checksumForm: 'V3', overwrite: true })
}

async function decryptFile({ sessionKey, checksum }) {
  const { decryptCapgoFile } = await import('otaseal/node')
  return decryptCapgoFile(from, to, { publicKey: key, sessionKey, checksum, overwrite: true })
}

async function encryptStream() {
  const { encryptForCapgoStream } = await import('otaseal/capgo')
  const { payload, checksum, ...names } = await encryptForCapgoStream(input(), { privateKey: key, checksumForm: 'V3' })
  await written(payload)
  return { ...names, checksum: await checksum }
}

async function decryptStream({ sessionKey, checksum }) {
  const { verifyAndDecryptCapgoStream } = await import('otaseal/capgo')
  const { unverified, sha256 } = await verifyAndDecryptCapgoStream(input(), { publicKey: key, sessionKey, checksum })
  await written(unverified)
  return { sha256: await sha256 }
}

function input() {
  return Readable.toWeb(createReadStream(from))
}

async function written(stream) {
  await pipeline(Readable.fromWeb(stream), createWriteStream(to))
}
