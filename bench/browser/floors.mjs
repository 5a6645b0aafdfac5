// The cryptography that nobody can leave out, with WebCrypto alone: no format, no signature, nothing compared.
import { streamOf } from '../measure.mjs'
import { CHUNK, PIECE, randomBytes } from '../util.mjs'

const LANES = 4
const TAG = 16
const shared = { package: 'WebCrypto', kind: 'floor' }

export const STREAM_FLOOR = 'floor: digest + decrypt per 256 KiB'

/**
 * The floor of streams finds all bytes in memory. The second reads them as any stream has to be read, in pieces of 64 KiB that are copied
 * into chunks.
 */
export const contenders = [
  { ...shared, name: 'floor: GCM + 2 SHA-256', flow: 'one-shot', keys: makeKey, setup: whole },
  { ...shared, name: STREAM_FLOOR, flow: 'stream', keys: makeKey, setup: (key) => chunked(key, inMemory) },
  { ...shared, name: 'the same, read from a stream', flow: 'stream', keys: makeKey, setup: (key) => chunked(key, fromStream) },
]

/** One message. The digest of its ciphertext needn't be waited for before it is decrypted. */
function whole(key) {
  const { subtle } = crypto
  return {
    seal: async (bundle, take) => {
      const algorithm = { name: 'AES-GCM', iv: randomBytes(12) }
      const [sealed] = await Promise.all([subtle.encrypt(algorithm, key, bundle), subtle.digest('SHA-256', bundle)])
      await subtle.digest('SHA-256', sealed)
      take(new Uint8Array(sealed))
      return algorithm
    },
    open: async ({ body, meta }, take) => {
      const [opened] = await Promise.all([subtle.decrypt(meta, key, body), subtle.digest('SHA-256', body)])
      await subtle.digest('SHA-256', opened)
      take(new Uint8Array(opened))
    },
  }
}

/** Messages of 256 KiB, four in flight, in any order. */
function chunked(key, lane) {
  const { subtle } = crypto
  return {
    seal: async (bundle, take) => {
      const algorithms = Array.from({ length: Math.ceil(bundle.length / CHUNK) }, () => ({ name: 'AES-GCM', iv: randomBytes(12) }))
      await inLanes(lane(bundle, CHUNK), async (part, i) => {
        const sealed = new Uint8Array(await subtle.encrypt(algorithms[i], key, part))
        await subtle.digest('SHA-256', sealed)
        take(sealed, i)
      })
      return algorithms
    },
    open: async ({ body, meta: algorithms }, take) => inLanes(lane(body, CHUNK + TAG), async (part, i) => {
      await subtle.digest('SHA-256', part)
      take(new Uint8Array(await subtle.decrypt(algorithms[i], key, part)), i)
    }),
  }
}

/** `next` gives chunk after chunk, each with its number, into memory that only its lane uses. */
async function inLanes(next, work) {
  await Promise.all(Array.from({ length: LANES }, async () => {
    const memory = {}
    for (let chunk = await next(memory); chunk !== undefined; chunk = await next(memory)) await work(chunk.part, chunk.i)
  }))
}

function inMemory(bytes, size) {
  let i = 0
  return () => (i * size < bytes.length ? { i, part: bytes.subarray(i * size, ++i * size) } : undefined)
}

function fromStream(bytes, size) {
  const reader = streamOf(bytes, PIECE).getReader()
  let [i, left, turn] = [0, new Uint8Array(0), Promise.resolve()]
  const read = async (memory) => {
    if (i * size >= bytes.length) return undefined
    const part = (memory.bytes ??= new Uint8Array(size)).subarray(0, bytes.length - i * size)
    for (let done = 0; done < part.length;) {
      if (left.length === 0) left = (await reader.read()).value
      const piece = left.subarray(0, part.length - done)
      part.set(piece, done)
      done += piece.length
      left = left.subarray(piece.length)
    }
    return { i: i++, part }
  }
  return (memory) => (turn = turn.then(() => read(memory)))
}

async function makeKey() {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
