import { createPrivateKey } from 'node:crypto'
import { chunkContext, chunkNonce, deriveBodyKeys } from '../../src/crypto/chunked.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { openSlot, secretReader } from '../../src/keys/slots.js'
import { memberBytes } from '../envelope/attacker.js'
import { pattern } from '../envelope/helpers.js'
import { rawHead, rawHeader } from '../envelope/hostile.js'
import { keepSecretBytes } from '../envelope/secrets.js'
import { signerOf } from '../envelope/signers.js'
import { CHUNK, sealed } from './world.js'
import type { Envelope, EnvelopeParts } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { Answer, Attack } from './front.js'
import type { World } from './world.js'

/** What a hostile server has: every envelope ever published, all that is in the app, and, of the tests, the publisher's key for claims that are wrong but signed. */
export interface Stage {
  readonly world: World
  readonly publisher: TestSigner
  /** A release that the device would take, and another one of the same form. */
  readonly fresh: Envelope
  readonly other: Envelope
  /** An unsigned byte of the attacker's own where chunk `i` of `fresh` belongs, with a tag that holds. */
  readonly forged: (i: number) => Promise<Uint8Array>
}

export const CHUNKS = 6
export const INDEX = 32 * CHUNKS
/** Where the chunks begin. */
export const BODY = INDEX + 56
export const SEALED = CHUNK + 16
/** Known to the attacker, as a key that is in every install of an app. */
const secret = pattern(32, 815)
keepSecretBytes('reader secret', secret)

export async function setStage(world: World): Promise<Stage> {
  const options = { size: CHUNKS * CHUNK - 100, readers: [world.reader, secret] }
  const [fresh, other] = [await sealed(world, 'fresh', options), await sealed(world, 'other', options)]
  return { world, publisher: signerOf('Ed25519', createPrivateKey(world.signer)), fresh, other, forged: async (i) => forgedChunk(fresh.head, i) }
}

async function forgedChunk(head: string, i: number): Promise<Uint8Array> {
  const reader = await secretReader(secret, nodeBackend)
  const opened = await Promise.all(rawHead(head).keys.map(async (slot) => openSlot(slot, [reader], nodeBackend)))
  const sessionKey = opened.find((key) => key !== undefined)
  if (sessionKey === undefined) throw new Error('no slot is for the attacker')
  keepSecretBytes('session key', sessionKey)
  const { salt, chunk } = rawHeader(head).body
  const { key, baseNonce } = await deriveBodyKeys(nodeBackend, sessionKey, memberBytes(salt), chunkContext(chunk))
  return (await nodeBackend.gcmSealer(key)).seal(chunkNonce(baseNonce, i), pattern(CHUNK))
}

export const CORS: Answer['headers'] = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'content-range, etag' }
export const PAYLOAD = `/v1/payloads/${'a'.repeat(64)}`

export function jsonAnswer(value: unknown): Answer {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { status: 200, headers: { ...CORS, 'content-type': 'application/json' }, body }
}

/** The bytes of a range, as an honest server would answer if this were the payload. */
export function rangeAnswer(payload: Uint8Array, range: string | undefined): Answer {
  const [start = 0, last = 0] = (range ?? '').replace('bytes=', '').split('-').map(Number)
  const body = Buffer.from(payload.subarray(start, last + 1))
  return { status: 206, headers: { ...CORS, 'content-range': `bytes ${start}-${last}/${payload.length}` }, body }
}

/** Answers a question for a release with these parts; of the payload `part` may make something else. */
export function offering({ head, payload }: EnvelopeParts, part = async (answer: Answer): Promise<Answer | undefined> => answer): Attack {
  return async ({ path, range, honest }) => {
    if (path === '/v1/update') return jsonAnswer({ release: { head: JSON.parse(head) as unknown, payload: PAYLOAD } })
    if (path === PAYLOAD) return part(rangeAnswer(payload, range))
    return honest()
  }
}

/** Answers in place of one address, and passes all else. */
export function answering(matches: (path: string) => boolean, given: Answer | Attack): Attack {
  return async (passing) => {
    if (!matches(passing.path)) return passing.honest()
    return typeof given === 'function' ? given(passing) : given
  }
}
