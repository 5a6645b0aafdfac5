// Heads that cost a device the most, and the keys to make them with. For bounds.mjs.
import { execFileSync } from 'node:child_process'
import { constants, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { encryptBundle } from '../dist/build.js'

const HEAD_MAX = 262_144
const NOW = 1_800_000_000
export const CHUNK = 16_384
export const accepting = { app: null, channel: null, lastSequence: null, now: NOW }

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
export const textOf = (part) => Buffer.from(part, 'base64url').toString()

/** A key that signs, by what node:crypto has of it. */
function signerOf(key) {
  const { kty, crv, x, n, e } = createPublicKey(key).export({ format: 'jwk' })
  const [alg, jwk, hashed] = kty === 'RSA' ? ['PS256', { kty, n, e }, { e, kty, n }] : ['Ed25519', { kty, crv, x }, { crv, kty, x }]
  return { alg, jwk, kid: createHash('sha256').update(JSON.stringify(hashed)).digest('base64url'), pem: key.export({ type: 'pkcs8', format: 'pem' }), key }
}

export const ed25519 = () => signerOf(generateKeyPairSync('ed25519').privateKey)
/** Of five primes, which nobody sees from outside: made in seconds, where two primes take minutes. */
const rsa8192 = () => signerOf(createPrivateKey(execFileSync('openssl', ['genrsa', '-primes', '5', '8192'], { stdio: ['ignore', 'pipe', 'ignore'] })))
/** Passes every check of a public key. Nobody has its private one. */
export function strangeRsaJwk() {
  const n = randomBytes(1024)
  n[0] |= 0x80
  n[1023] |= 1
  return { kty: 'RSA', n: base64url(n), e: 'AQAB' }
}

/** `protected` and `signature` of a JWS. */
export function jws(typ, payload, { alg, kid, key }, isWrong = false) {
  const header = base64url(JSON.stringify({ alg, kid, typ }))
  const message = Buffer.from(`${header}.${payload}`)
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signature = alg === 'PS256' ? sign('sha256', message, { key, ...padding }) : sign(null, message, key)
  // In the middle, so that it stays below the modulus and the group order.
  if (isWrong) signature[signature.length >> 2] ^= 1
  return { protected: header, signature: base64url(signature) }
}

export function headOf(header, signers, keys, { chain, isWrong = false } = {}) {
  const payload = base64url(typeof header === 'string' ? header : JSON.stringify(header))
  const signatures = signers.map((signer) => jws('otaseal-head-v2', payload, signer, isWrong))
  return JSON.stringify({ payload, signatures, keys, ...(chain && { chain }) })
}

export function makeKeys() {
  const signer = ed25519()
  return { signer, strange: ed25519(), rsa: Array.from({ length: 8 }, rsa8192) }
}

/** An honest envelope of an empty bundle, in parts to be put together otherwise. */
export async function honest(signer, more = {}, bundle = new Uint8Array(0)) {
  const envelope = await encryptBundle(bundle, { signer: signer.pem, app: 'a', version: '1', sequence: 1, chunkSize: CHUNK, ...more })
  const { payload, keys } = JSON.parse(envelope.head)
  return { ...envelope, header: JSON.parse(textOf(payload)), keys }
}

/** White space up to the largest head. */
const filled = (head, size = HEAD_MAX) => head.replace('{', `{${' '.repeat(size - Buffer.byteLength(head))}`)

const storeOf = (keys, threshold) => JSON.stringify({ epoch: 1, threshold, minSequence: 0, keys: keys.map((key) => ({ key, status: 'active' })) })

export async function headCases(keys) {
  const { signer } = keys
  const trust = createPublicKey(signer.key).export({ type: 'spki', format: 'pem' })
  const plain = await honest(signer)
  const row = (what, head, expected, bound, options = {}) => ({ what, job: 'open', input: head, bytes: Buffer.byteLength(head), expected, bound, options: { ...accepting, trust, ...options }, isHead: true })
  const size = '262,144 bytes of head'
  return [
    row('an honest head, to compare', plain.head, 'accepted', ''),
    row('white space', filled(plain.head), 'accepted', size),
    row('white space, one byte more', filled(plain.head, HEAD_MAX + 1), 'limit-exceeded', size),
    row('lists nested 131,072 deep', '['.repeat(HEAD_MAX / 2) + ']'.repeat(HEAD_MAX / 2), 'malformed-head', '32 levels'),
    row('objects nested 43,690 deep', '{"a":'.repeat(43_690) + '1' + '}'.repeat(43_690), 'malformed-head', '32 levels'),
    row('escapes', filledWith('{"payload":"', '\\u0041', '"}'), 'malformed-head', 'no escapes'),
    row('characters of three bytes', filledWith('{"payload":"', '\u20ac', '"}'), 'malformed-head', size),
    row('numbers, in a list', filledWith('[0', ',0', ']'), 'malformed-head', size),
    row('members, all unknown', `{${Array.from({ length: 23_000 }, (_, i) => `"${i.toString(36).padStart(4, '0')}":0`).join(',')}}`, 'unsupported', size),
    ...metaRows(plain, signer, row),
    ...(await slotRows(plain, signer, row)),
    ...signatureRows(plain, keys, row),
    ...chainRows(plain, keys, row),
  ]
}

function filledWith(start, unit, end) {
  const room = HEAD_MAX - start.length - end.length
  return start + unit.repeat(Math.floor(room / Buffer.byteLength(unit))) + end
}

function metaRows({ header, keys }, signer, row) {
  const limit = '16,384 bytes of meta'
  const many = {}
  for (let i = 0; JSON.stringify(many).length < CHUNK - 9; i++) many[i.toString(36)] = ''
  const first = Object.keys(many)[0]
  many[first] = 'x'.repeat(CHUNK - JSON.stringify(many).length)
  const wide = { e: '\u0001'.repeat(2729) }
  const more = { ...many, [first]: `${many[first]}x` }
  return [
    row('meta of many members', headOf({ ...header, meta: many }, [signer], keys), 'accepted', limit),
    row('meta of one byte more', headOf({ ...header, meta: more }, [signer], keys), 'limit-exceeded', limit),
    row('meta of control characters', headOf({ ...header, meta: wide }, [signer], keys), 'accepted', limit),
    row('a header of 190,000 bytes, nested', headOf(`{"app":${'['.repeat(95_000)}${']'.repeat(95_000)}}`, [signer], keys), 'malformed-head', '32 levels'),
  ]
}

/** Well-formed slots for the device, of other envelopes: each costs the agreement, both unwrappings and the derivation, and then does not fit. */
async function slotRows(plain, signer, row) {
  const rows = []
  for (const [name, type, options] of [['X25519', 'x25519', {}], ['P-256', 'ec', { namedCurve: 'P-256' }]]) {
    const pair = generateKeyPairSync(type, options)
    const readers = [pair.publicKey.export({ type: 'spki', format: 'pem' })]
    const reader = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
    const others = await Promise.all(Array.from({ length: 64 }, async () => (await honest(signer, { readers })).keys[0]))
    const own = await honest(signer, { readers })
    const bound = '64 slots, each tried once for each reader'
    rows.push(
      row(`64 slots for the device's ${name} key, none fits`, filled(headOf(own.header, [signer], others)), 'no-reader-key', bound, { reader }),
      row(`64 slots for the device's ${name} key, the last fits`, filled(headOf(own.header, [signer], [...others.slice(1), own.keys[0]])), 'accepted', bound, { reader }),
    )
  }
  const large = `${base64url(`{"alg":${'['.repeat(1490)}${']'.repeat(1490)}}`)}.`
  const broken = Array.from({ length: 64 }, (_, i) => large + String(i))
  return [...rows, row('64 slots of 4,000 characters, all broken', headOf(plain.header, [signer], broken), 'no-reader-key', '64 slots')]
}

function signatureRows({ header, keys }, { rsa }, row) {
  const trust = storeOf([...rsa.map(({ jwk }) => jwk), ...Array.from({ length: 56 }, strangeRsaJwk)], 8)
  const reader = new Uint8Array(32)
  const [what, bound] = ['8 signatures, RSA-8192, trust store of 64 keys RSA-8192', '8 signatures, 64 keys, 8,192 bits']
  return [
    // Its slot is for another key: the signatures are what is measured.
    row(`${what}: all hold`, headOf(header, rsa, keys), 'no-reader-key', bound, { trust, reader }),
    row(`${what}: none holds`, headOf(header, rsa, keys, { isWrong: true }), 'bad-signature', bound, { trust, reader }),
  ]
}

function chainRows({ header, keys }, { rsa, strange }, row) {
  const [root, delegate] = rsa
  const linkOf = (more, isWrong) => {
    const claims = { key: delegate.jwk, notBefore: 0, notAfter: 2 * NOW, ...more }
    const payload = base64url(JSON.stringify(claims))
    const made = jws('otaseal-link-v2', payload, root, isWrong)
    return `${made.protected}.${payload}.${made.signature}`
  }
  const trust = storeOf([root.jwk, strange.jwk], 1)
  const chain = [...Array.from({ length: 7 }, () => linkOf({ apps: ['another'] }, false)), linkOf({}, false)]
  const forged = Array.from({ length: 8 }, () => linkOf({}, true))
  const eight = Array.from({ length: 8 }, () => delegate)
  const options = { trust, reader: new Uint8Array(32) }
  return [
    row('8 links for the key that signed, RSA-8192, the last counts', headOf(header, [delegate], keys, { chain }), 'no-reader-key', '8 links', options),
    row('8 forged links and 8 signatures, all RSA-8192', headOf(header, eight, keys, { chain: forged }), 'bad-signature', '8 links, 8 signatures', options),
    row('8 links and 8 signatures, all RSA-8192, of one key', headOf(header, eight, keys, { chain }), 'bad-signature', '8 links, 8 signatures', options),
  ]
}
