// Everything but heads that costs the most: trust stores and updates, payloads, manifests, keys with a passphrase, configurations. For bounds.mjs.
import { createHash, createPublicKey } from 'node:crypto'
import { encryptPrivateKey } from '../dist/build.js'
import { CHUNK, accepting, base64url, headOf, honest, jws, strangeRsaJwk } from './bounds-heads.mjs'
import { joined } from './util.mjs'

const STORE_MAX = 262_144
const CHUNKS_MAX = 1_048_576
const MANIFEST_MAX = 67_108_864
const FILES = 100_000
const MANIFEST_TYPE = 'application/vnd.otaseal.manifest+json'
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

export async function bodyCases({ signer, rsa }) {
  const trust = createPublicKey(signer.key).export({ type: 'spki', format: 'pem' })
  return [...(await trustRows(signer, rsa)), ...(await payloadRows(signer, trust)), ...(await manifestRows(signer, trust)), ...(await keyRows(signer)), ...configRows()]
}

/** A trust store of exactly so many bytes: 64 large keys, and scopes for the rest. */
function largeStore(keys, epoch, padding = {}) {
  const entries = [...keys, ...Array.from({ length: 64 - keys.length }, strangeRsaJwk)].map((key) => ({ key, status: 'active', ...padding }))
  const store = { epoch, threshold: 8, minSequence: 0, keys: entries }
  const left = () => STORE_MAX - JSON.stringify(store).length
  for (let i = 63; left() > 200; i--) {
    const apps = []
    entries[i].apps = apps
    while (apps.length < 64 && left() > 200) apps.push(`${apps.length}`.padStart(128, 'a'))
  }
  return store
}

/** White space from here to the largest text. */
const filled = (text, size) => text.replace('{', `{${' '.repeat(size - text.length)}`)

async function trustRows(signer, rsa) {
  const own = rsa.map(({ jwk }) => jwk)
  const plain = await honest(signer)
  const store = largeStore([signer.jwk, ...own.slice(1)], 1)
  const text = filled(JSON.stringify({ ...store, threshold: 1 }), STORE_MAX)
  const twice = filled(JSON.stringify({ ...store, keys: [...store.keys.slice(0, -1), { ...store.keys[0] }] }), STORE_MAX)
  const row = (what, trust, expected) => ({ what, job: 'open', input: plain.head, bytes: trust.length, expected, bound: '262,144 bytes, 64 keys', options: { ...accepting, trust }, isHead: true })
  const [old, next] = [largeStore(own, 1), largeStore(own, 2)]
  const payload = base64url(JSON.stringify(next))
  const updateRow = (what, expected, isWrong) => {
    const signatures = rsa.map((key) => jws('otaseal-trust-v2', payload, key, isWrong))
    const update = filled(JSON.stringify({ payload, signatures }), 2 * STORE_MAX)
    return { what, job: 'trust', input: update, bytes: update.length, expected, bound: '524,288 bytes, 64 keys, 8 signatures', options: { trust: JSON.stringify(old), now: 1_800_000_000 }, isHead: true }
  }
  return [
    row('largest trust store, 64 keys, 63 of them RSA-8192', text, 'accepted'),
    row('largest trust store, its last key a second time', twice, 'bad-trust-store'),
    updateRow('largest trust update, 8 signatures RSA-8192', 'accepted', false),
    updateRow('largest trust update, no signature holds', 'bad-signature', true),
  ]
}

async function payloadRows(signer, trust) {
  const made = await honest(signer, {}, new Uint8Array(2 * CHUNK))
  const options = { ...accepting, trust }
  const { salt, commitment } = made.header.body
  const start = made.header.bundle.size / CHUNK + 1
  const rest = made.payload.subarray(start * 32 + 56)
  const index = new Uint8Array(CHUNKS_MAX * 32)
  for (const i of [0, 1]) index.set(sha256(rest.subarray(i * (CHUNK + 16), (i + 1) * (CHUNK + 16))), i * 32)
  const block = joined([index, Buffer.from(salt, 'base64url'), Buffer.from(commitment, 'base64url')])
  const header = { ...made.header, bundle: { ...made.header.bundle, size: CHUNKS_MAX * CHUNK - 1 }, body: { ...made.header.body, index: base64url(sha256(block)) } }
  const head = headOf(header, [signer], made.keys)
  const more = headOf({ ...header, bundle: { ...header.bundle, size: CHUNKS_MAX * CHUNK } }, [signer], made.keys)
  const chunks = rest.subarray(0, 2 * (CHUNK + 16))
  const begun = joined([block, chunks])
  const bound = '1,048,576 chunks: index of 32 MiB'
  const row = (what, job, input, [bytes, expected, limit = bound]) => ({ what, job, input, bytes, expected, bound: limit, options })
  const shortest = { head: made.head, payload: made.payload }
  return [
    row('most chunks, one call, the payload ends after the index', 'decrypt', { head, payload: block }, [block.length, 'truncated']),
    row('one chunk more', 'decrypt', { head: more, payload: block }, [block.length, 'limit-exceeded']),
    row('most chunks, stream that ends after 3 bytes', 'stream', { head, parts: [block.subarray(0, 3)] }, [3, 'truncated']),
    row('most chunks, stream that ends after the index and two chunks', 'stream', { head, parts: [begun] }, [begun.length, 'truncated']),
    row('most chunks, an index that is not signed', 'stream', { head, parts: [new Uint8Array(block.length)] }, [block.length, 'bad-index']),
    row('honest envelope, then a stream without an end', 'stream', { head: shortest.head, parts: [shortest.payload], endless: 2 ** 16 }, [Infinity, 'trailing-data', 'what is signed, and one piece']),
    row('a head of white space without an end', 'stream', { parts: [Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a, 0, 4, 0, 0)], endless: 2 ** 16 }, [Infinity, 'malformed-head', '262,144 bytes of head']),
    row('file of 4 GiB, all of it claimed as head', 'file', { start: Uint8Array.of(0x89, 0x4f, 0x54, 0x41, 0x56, 0x32, 0x0a, 0x1a, 255, 255, 255, 255), size: 2 ** 32 }, [2 ** 32, 'limit-exceeded', '262,144 bytes of head']),
    row('64 MiB, one call, honest', 'decrypt', await large(signer), [64 * 2 ** 20, 'accepted', 'payload and bundle']),
    row('64 MiB, one call, the last chunk is changed', 'decrypt', await large(signer, true), [64 * 2 ** 20, 'bad-chunk', 'payload and bundle']),
  ]
}

async function large(signer, isChanged = false) {
  const { head, payload } = await honest(signer, {}, new Uint8Array(64 * 2 ** 20 - 1))
  if (isChanged) payload[payload.length - 1] ^= 1
  return { head, payload }
}

const digestText = (i) => base64url(sha256(String(i)))

function fileOf(path, i) {
  return { path, size: i, sha256: digestText(`s${i}`), object: { index: digestText(`i${i}`), key: digestText(`k${i}`), chunk: CHUNK } }
}

async function manifestRows(signer, trust) {
  const options = { ...accepting, trust }
  const rowOf = async (what, files, expected) => {
    const bytes = Buffer.from(JSON.stringify({ files }))
    const { head, payload } = await honest(signer, { type: MANIFEST_TYPE }, bytes)
    return { what, job: 'manifest', input: { head, payload }, bytes: bytes.length, expected, bound: '67,108,864 bytes, 100,000 files and folders', options }
  }
  const names = Array.from({ length: FILES }, (_, i) => `f${i}`)
  const most = names.map(fileOf)
  const deep = deepPaths()
  const worst = deep.map(fileOf)
  const first = [...most.slice(0, -1), fileOf('F0', FILES)]
  return [
    await rowOf('manifest of 100,000 files', most, 'accepted'),
    await rowOf('manifest of 100,000 files, the last path differs from the first in case', first, 'bad-manifest'),
    await rowOf('one file more', [...most, fileOf('last', FILES)], 'bad-manifest'),
    await rowOf(`manifest of ${deep.length.toLocaleString('en')} files with the longest paths, as large as they get`, worst, 'accepted'),
    await rowOf('one path whose accents are out of order', [fileOf(`e${'\u0301\u0323'.repeat(254)}`, 0)], 'bad-manifest'),
    await listRow(signer, trust, true),
    await listRow(signer, trust, false),
  ]
}

/** 64 parts, most of letters whose case takes three characters, up to 1,024 bytes; a folder of its own for each file. */
function deepPaths() {
  const folders = Array.from({ length: 62 }, () => '\u0390'.repeat(6)).join('/')
  const pathOf = (i) => `${folders}/${String(i).padStart(6, '0')}/`.padEnd(folders.length + 8 + 105, '\u0390')
  const count = Math.floor((MANIFEST_MAX - 20) / (Buffer.byteLength(JSON.stringify(fileOf(pathOf(0), 999_999))) + 1))
  return Array.from({ length: count }, (_, i) => pathOf(i))
}

async function listRow(signer, trust, isHonest) {
  const names = Array.from({ length: FILES }, (_, i) => sha256(String(i)).toString('hex')).sort()
  if (!isHonest) names[FILES - 1] = names[FILES - 2]
  const list = JSON.stringify({ objects: names })
  const bundle = Buffer.from(JSON.stringify({ files: [] }))
  const { head, payload } = await honest(signer, { type: MANIFEST_TYPE, meta: { 'otaseal-objects': base64url(sha256(list)) } }, bundle)
  const what = `object list of 100,000 names${isHonest ? '' : ', the last twice'}`
  return { what, job: 'objects', input: { head, payload, list }, bytes: list.length, expected: isHonest ? 'accepted' : 'bad-manifest', bound: '6,700,013 bytes', options: { ...accepting, trust } }
}

async function keyRows(signer) {
  const most = await encryptPrivateKey(signer.pem, 'passphrase', { iterations: 10_000_000 })
  const der = Buffer.from(most.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const place = der.indexOf(Buffer.from('0203989680', 'hex'))
  der[place + 4]++
  const more = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ENCRYPTED PRIVATE KEY-----\n`
  const row = (what, pem, expected) => ({ what, job: 'key', input: pem, bytes: pem.length, expected, bound: '10,000,000 iterations', options: {}, isHead: true })
  return [row('passphrase, 10,000,000 iterations', most, 'accepted'), row('passphrase, one iteration more', more, 'bad-key')]
}

function configRows() {
  const rows = []
  const most = 262_144
  for (const [name, start, end] of [['capacitor.config.json', '{"a":[', ']}'], ['capacitor.config.ts', 'export default {a:[', ']}']]) {
    const room = most - start.length - end.length - 2
    const text = `${start}[]${',[]'.repeat(Math.floor(room / 3))}`.padEnd(most - end.length, ' ') + end
    const row = (what, input, expected) => ({ what: `${name} ${what}`, job: 'config', input: { text: input, name }, bytes: input.length, expected, bound: '262,144 characters', options: {} })
    rows.push(row('of empty lists', text, 'accepted'), row('of one character more', `${text} `, 'too-large'))
    rows.push(row('that nests', `${start}${'['.repeat(room >> 1)}${']'.repeat(room >> 1)}${end}`, 'accepted'))
  }
  return rows
}
