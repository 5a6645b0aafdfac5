import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { expect } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { describeEachBackend } from '../backends.js'
import { openC2sp } from '../envelope/c2sp.js'
import { CHUNK, accepting, sameAs } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { caseName, hexMember, wycheproofTest } from '../wycheproof.js'
import { modes, outcomeOf } from './matrix.js'
import { envelopeAround } from './matrix-c2sp.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend } from '../../src/index.js'
import type { WycheproofCase, WycheproofGroup } from '../wycheproof.js'
import type { Mode, Released } from './matrix.js'

const FILE = 'c2sp_chunked_encryption_aes_256_gcm_test.json'
const signer = freshEd25519()
const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')

const vectorsOf = (groups: readonly WycheproofGroup[]): readonly WycheproofCase[] => groups.flatMap(({ tests }) => tests)
const ciphertextOf = (vector: WycheproofCase): Bytes => copyBytes(inflateSync(hexMember(vector, 'ct')))
const isLong = ({ flags }: WycheproofCase): boolean => flags.includes('CounterRollover')

/**
 * The context of an envelope with 16 KiB chunks is empty. So a vector for another context is one for the wrong context here;
 * and the one whose ciphertext is opened with the wrong context is opened with the right one, which is empty.
 */
function isValid({ ctx, result, flags }: WycheproofCase): boolean {
  if (flags.includes('WrongContext')) return true
  return result === 'valid' && ctx === ''
}

/** The longest start of the message that is sealed validly; Wycheproof names its length and digest. */
function expectValidStart(released: readonly Released[], vector: WycheproofCase, { name, kind }: Mode): void {
  const { msgLength = 0, msgSha512 } = vector as { msgLength?: number; msgSha512?: string }
  const title = `${caseName(vector)}, ${name}`
  const start = Buffer.concat(released.filter(({ at }) => at < msgLength).map(({ bytes }) => bytes))
  const beyond = released.filter(({ at, bytes }) => at >= msgLength && bytes.length > 0)
  if (start.length > 0 || kind === 'stream') {
    expect(start, title).toHaveLength(msgLength)
    expect(msgLength === 0 || sha512(start) === msgSha512, title).toBe(true)
  }
  // A last chunk that is valid where it stands opens in random access, and only there.
  expect(beyond.length === 0 || (kind === 'random' && vector.flags.includes('ValidFinalChunk')), title).toBe(true)
  expect(beyond.every(({ bytes }) => bytes.length < CHUNK), title).toBe(true)
}

async function expectVerdict(vector: WycheproofCase, backend: Backend): Promise<boolean> {
  const [key, ciphertext] = [hexMember(vector, 'key'), ciphertextOf(vector)]
  const plaintext = await openC2sp(nodeBackend, key, new Uint8Array(0), ciphertext)
  const envelope = await envelopeAround(signer, key, ciphertext, plaintext)
  const codes = new Set<string | undefined>()
  for (const mode of modes) {
    const outcome = await outcomeOf(mode, envelope, accepting(signer, { backend }))
    codes.add(outcome.code)
    if (outcome.code === undefined) expect(outcome.bundle, `${caseName(vector)}, ${mode.name}`).toSatisfy(sameAs(plaintext as Bytes))
    else if (mode.kind === 'whole') expect(outcome.released).toEqual([])
    else if (vector.result === 'invalid') expectValidStart(outcome.released, vector, mode)
    else expect(outcome.released).toEqual([])
  }
  expect([...codes], caseName(vector)).toHaveLength(1)
  expect(codes.has(undefined), caseName(vector)).toBe(isValid(vector))
  if (isValid(vector) && vector.result === 'valid') expect(sha512(plaintext as Bytes), caseName(vector)).toBe(vector['msgSha512'])
  return codes.has(undefined)
}

async function verdictsOf(vectors: readonly WycheproofCase[], backend: Backend): Promise<{ accepted: number; refused: number }> {
  const counts = { accepted: 0, refused: 0 }
  for (const vector of vectors) counts[(await expectVerdict(vector, backend)) ? 'accepted' : 'refused']++
  return counts
}

describeEachBackend('R29, R31, R36, R41: C2SP ciphertexts as the bodies of signed envelopes, in every mode', (backend) => {
  wycheproofTest('the 33 short Wycheproof cases', FILE, async (groups) => {
    const vectors = vectorsOf(groups).filter((vector) => !isLong(vector))
    expect(await verdictsOf(vectors, backend)).toEqual({ accepted: 7, refused: 26 })
  })

  for (const [n, full] of [256, 257].entries()) {
    wycheproofTest(`the case of ${full} full chunks and a short one`, FILE, async (groups) => {
      const vector = vectorsOf(groups).filter(isLong)[n] as WycheproofCase
      expect(vector.comment).toMatch(`${full} full chunks`)
      expect(await verdictsOf([vector], backend)).toEqual({ accepted: 1, refused: 0 })
    })
  }
})
