// What timing.mjs times: comparisons of secrets or digests, each with two classes of inputs.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openEnvelope, verifyAndDecrypt } from '../dist/device.js'
import { accepting, ed25519, headOf, honest } from './bounds-heads.mjs'

/** Inputs of each class: one alone could differ from others by more than its class. */
const POOL = 256
const SIZE = 32

export async function subjects() {
  const signer = ed25519()
  return [...compared('a comparison that stops at the first difference', leaky, true), ...compared('equalBytes', await equalBytes(), false), ...(await slots(signer)), ...(await bodies(signer))]
}

/** The positive control. */
function leaky(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The source, since the package does not export it. */
async function equalBytes() {
  const { build } = await import('esbuild')
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-timing-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const entry = fileURLToPath(new URL('../src/bytes.ts', import.meta.url))
  await build({ entryPoints: [entry], outfile: `${folder}/bytes.mjs`, bundle: true, format: 'esm', target: 'node20', logLevel: 'error' })
  return (await import(`${folder}/bytes.mjs`)).equalBytes
}

function compared(what, equal, expected) {
  const pairs = Array.from({ length: POOL }, () => {
    const first = new Uint8Array(randomBytes(SIZE))
    const at = (place) => [first, first.map((byte, i) => (i === place ? byte ^ 0x55 : byte))]
    return { first: at(0), last: at(SIZE - 1), equal: at(SIZE) }
  })
  // Both classes lie in the same memory, written before the clock starts: where it lies would tell them apart too.
  const memory = [new Uint8Array(SIZE), new Uint8Array(SIZE)]
  const placed = (pair) => {
    memory.forEach((bytes, i) => bytes.set(pair[i]))
    return memory
  }
  const row = (one, other) => ({
    what, classes: [`${one} byte differs`, other === 'equal' ? 'equal' : `${other} byte differs`], expected, repeat: 8,
    inputs: [one, other].map((name) => (i) => placed(pairs[i % POOL][name])),
    work: ([a, b]) => void equal(a, b),
  })
  return [row('first', 'last'), row('last', 'equal'), row('first', 'first')].filter(({ classes: [one, other] }) => one !== other || !expected)
}

const pooled = (made) => (i) => made[i % made.length]

async function many(make) {
  const made = []
  for (let i = 0; i < 64; i++) made.push(await make(i))
  return made
}

const settled = (promise) => promise.then(() => undefined, () => undefined)

function changed(text, place) {
  const bytes = Buffer.from(text, 'base64url')
  bytes[place < 0 ? bytes.length + place : place] ^= 0x55
  return bytes.toString('base64url')
}

/** Eight slots for the device: which of them fits, everyone may see; where a commitment differs, nobody should. */
async function slots(signer) {
  const secret = randomBytes(SIZE)
  const readers = [new Uint8Array(secret)]
  const others = (await many(async () => (await honest(signer, { readers })).keys[0])).slice(0, 7)
  const own = await many(async () => honest(signer, { readers }))
  const options = { ...accepting, trust: [signer.jwk], reader: new Uint8Array(secret) }
  const heads = (build) => pooled(own.map(build))
  const work = (head) => settled(openEnvelope(head, options))
  const place = (i) => ({ header, keys }) => headOf(header, [signer], [...others.slice(0, i), ...keys, ...others.slice(i)])
  const none = ({ header }) => headOf(header, [signer], others)
  const commitment = (at) => ({ header, keys }) => headOf({ ...header, body: { ...header.body, commitment: changed(header.body.commitment, at) } }, [signer], keys)
  const row = (what, classes, [one, other], expected) => ({ what, classes, inputs: [heads(one), heads(other)], work, isSlow: true, expected })
  return [
    row('openEnvelope, 8 slots', ['the first fits', 'the last fits'], [place(0), place(7)], true),
    row('openEnvelope, 8 slots', ['the last fits', 'none fits'], [place(7), none]),
    row('openEnvelope, the commitment', ['first byte differs', 'last byte differs'], [commitment(0), commitment(-1)], false),
  ]
}

async function bodies(signer) {
  const made = await many(async () => honest(signer))
  const options = { ...accepting, trust: [signer.jwk] }
  const checksum = (at) => ({ header, keys, payload }) => ({ head: headOf({ ...header, bundle: { ...header.bundle, checksum: changed(header.bundle.checksum, at) } }, [signer], keys), payload })
  return [{
    what: 'verifyAndDecrypt, the checksum', classes: ['first byte differs', 'last byte differs'], isSlow: true, expected: false,
    inputs: [0, -1].map((at) => pooled(made.map(checksum(at)))),
    work: (envelope) => settled(verifyAndDecrypt(envelope, options)),
  }]
}
