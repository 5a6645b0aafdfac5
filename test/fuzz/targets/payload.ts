import { splitEnvelope } from '../../../src/format/container.js'
import { nobleDeviceBackend } from '../../../src/crypto/noble.js'
import { openEnvelope, verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from '../../../src/device.js'
import { checkChunks, planRanges } from '../../../src/resume.js'
import { attempt, codeOf, drain, edited, must, mustAgree, streamOf, textOf } from '../oracle.js'
import { decoded, demands, fixtures } from '../fixtures.js'
import type { OpenedEnvelope } from '../../../src/device.js'
import type { Outcome, Target } from '../oracle.js'

const options = () => ({ trust: fixtures.keys.a.publicKey, ...demands })
const payloadOf = (head: string): string => (JSON.parse(head) as { readonly payload: string }).payload

/** By what a publisher signed: the bundle that it is of. */
const honest = (): ReadonlyMap<string, Uint8Array> =>
  new Map([...fixtures.envelopes, fixtures.large].map(({ bytes, bundle }) => [payloadOf(splitEnvelope(decoded(bytes)).head), decoded(bundle)]))

/** The bundle that a head is of, whoever else signed or can read it. */
async function bundleOf(file: Uint8Array): Promise<Uint8Array | undefined> {
  const split = await attempt(() => splitEnvelope(file))
  const payload = split.code === undefined ? await attempt(() => payloadOf(JSON.stringify(parsed(split.value.head)))) : undefined
  return payload?.value === undefined ? undefined : honest().get(payload.value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** What a stream gives of a file, and the code that it ends with. */
async function streamed(file: Uint8Array, sizes: readonly number[]): Promise<{ readonly given: Uint8Array; readonly code: string | undefined }> {
  const opened = await attempt(() => verifyAndDecryptStream(streamOf(file, sizes), { ...options(), checksum: true }))
  if (opened.code !== undefined) return { given: new Uint8Array(0), code: opened.code }
  const { given, error } = await drain(opened.value.bundle)
  return { given, code: error === undefined ? undefined : codeOf(error) }
}

/** One file, in every way: nothing but what the publisher sealed comes out, and all ways agree. */
async function judge(file: Uint8Array, sizes: readonly number[]): Promise<void> {
  const [whole, noble] = [await attempt(() => verifyAndDecrypt(file, options())), await attempt(() => verifyAndDecrypt(file, { ...options(), backend: nobleDeviceBackend }))]
  mustAgree(noble, whole, 'both backends judge alike')
  const bundle = await bundleOf(file)
  if (whole.code === undefined) mustAgree(whole.value.bundle, bundle, 'the bundle is what the publisher sealed')
  const { given, code } = await streamed(file, sizes)
  must(Buffer.from(given).equals((bundle ?? Buffer.alloc(0)).subarray(0, given.length)), 'a stream gives only what the publisher sealed')
  must(code !== undefined || given.length === bundle?.length, 'a stream that ends well has given all')
  must(given.length % 16_384 === 0 || given.length === bundle?.length, 'a stream gives whole chunks')
  // The length is looked at first where all is at hand, and last in a stream.
  const isLength = whole.code === 'truncated' || whole.code === 'trailing-data'
  must(isLength ? code !== undefined : code === whole.code, `a stream ends as the whole does: ${code ?? 'well'} and ${whole.code ?? 'well'}`)
  const server = await attempt(() => verifyEnvelope(file, { trust: fixtures.keys.a.publicKey, ...demands }))
  must(whole.code !== undefined || server.code === undefined, 'a server takes what a device takes')
}

export const envelope: Target = {
  name: 'envelope',
  seeds: () => fixtures.envelopes.flatMap(({ bytes }) => [decoded(bytes), Buffer.concat([decoded(bytes), Buffer.alloc(2)])]),
  run: async (input) => judge(input, [1 + ((input[30] ?? 0) % 60), 1000]),
}

/** The number of a script: pieces of a stream are so long. */
const sizesOf = (script: Uint8Array): readonly number[] => [1 + (script[0] ?? 0) * 90, 1 + (script[1] ?? 0) * 150, 16_000]

export const payload: Target = {
  name: 'payload',
  maxSize: 64,
  seeds: () => [[9, 9], [9, 9, 1, 0, 0, 5, 1], [200, 3, 5, 0, 0, 152, 1], [1, 1, 2, 0, 99, 0, 0], [7, 200, 6, 0, 0, 0, 16], [3, 3, 4, 0, 120, 0, 9]].map((bytes) => Uint8Array.from(bytes)),
  run: async (script) => {
    const { head, payload: sealed } = splitEnvelope(decoded(fixtures.large.bytes))
    const bytes = edited(sealed, script.subarray(2))
    await judge(Buffer.concat([decoded(fixtures.large.bytes).subarray(0, -sealed.length), bytes]), sizesOf(script))
    await randomAccess(await openEnvelope(head, options()), bytes)
  },
}

/** Each chunk for itself, and all of them as a stream. */
async function randomAccess(opened: OpenedEnvelope, bytes: Uint8Array): Promise<void> {
  const bundle = decoded(fixtures.large.bundle)
  const index = await attempt(() => opened.setIndex(bytes.subarray(0, opened.indexRange.end)))
  if (index.code !== undefined) return
  const chunks: Outcome<Uint8Array>[] = []
  for (let i = opened.chunks - 1; i >= 0; i--) {
    const { start, end } = opened.chunkRange(i)
    chunks[i] = await attempt(() => opened.decryptChunk(i, bytes.subarray(start, end)))
    if (chunks[i]?.code === undefined) mustAgree(chunks[i]?.value, bundle.subarray(i * 16_384, (i + 1) * 16_384), 'a chunk is what the publisher sealed')
  }
  const firstBad = chunks.findIndex(({ code }) => code !== undefined)
  const good = firstBad < 0 ? opened.chunks : firstBad
  let given = 0
  const reading = await attempt(async () => {
    for await (const { i, plaintext } of opened.decryptChunks({ first: 0, count: opened.chunks }, streamOf(bytes.subarray(opened.indexRange.end), [999]))) {
      mustAgree(plaintext, chunks[i]?.value, 'a chunk of a stream is that of random access')
      given++
    }
  })
  must(given === good || (reading.code === 'trailing-data' && given <= good), `a stream of chunks gives all before the first bad one: ${given} of ${good}`)
}

export const resume: Target = {
  name: 'resume',
  maxSize: 64,
  seeds: () => [[0], [5], [7, 1, 0, 0, 5, 1], [1, 2, 0, 99, 0, 0]].map((bytes) => Uint8Array.from(bytes)),
  run: async (script) => {
    const { head, payload: sealed } = splitEnvelope(decoded(fixtures.large.bytes))
    const bundle = decoded(fixtures.large.bundle)
    const opened = await openEnvelope(head, options())
    await opened.setIndex(sealed.subarray(0, opened.indexRange.end))
    const disk = edited(bundle, script.subarray(1))
    const found = await checkChunks(opened, ({ start, end }) => (start < disk.length ? disk.subarray(start, end) : undefined))
    for (let i = 0; i < opened.chunks; i++) {
      const [have, want] = [disk, bundle].map((bytes) => Buffer.from(bytes.subarray(i * 16_384, Math.min((i + 1) * 16_384, bundle.length))))
      must(found.has(i) === want?.equals(have ?? Buffer.alloc(0)), 'just those chunks are found that are right')
    }
    const have = new Set([0, 1, 2].filter((i) => ((script[0] ?? 0) >> i) & 1))
    const spans = planRanges(opened, have)
    const planned = spans.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
    mustAgree([...planned, ...have].sort(), [0, 1, 2], 'what is not there is fetched, once')
    must(spans.every(({ first, count, start, end }) => start === opened.chunkRange(first).start && end === opened.chunkRange(first + count - 1).end), 'ranges are those of the chunks')
    must(textOf(script).length >= 0 && spans.every(({ first }, i) => i === 0 || !planned.includes(first - 1)), 'neighbours are fetched together')
  },
}
