import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as node from '../../src/backend/compression-node.js'
import * as web from '../../src/backend/compression-web.js'
import { concatBytes } from '../../src/bytes.js'
import { expectRefused, pattern, sameAs } from '../envelope/helpers.js'
import type { Bytes } from '../../src/bytes.js'
import type { Encoding } from '../../src/compression.js'

type Decompress = typeof node.decompress

/** Text that compresses, of which no piece is like the other. */
const text: Bytes = new Uint8Array(Buffer.from(Array.from({ length: 40_000 }, (_, i) => `line ${i * 7919}\n`).join('')))
const compressed = { br: brotliCompressSync(text), gzip: gzipSync(text) } as const

/** What is decoded where: this Node's DecompressionStream may lack Brotli. */
const decoders: readonly (readonly [string, Encoding, Decompress])[] = [
  ['node', 'br', node.decompress],
  ['node', 'gzip', node.decompress],
  ['web', 'gzip', web.decompress],
]

async function* cut(bytes: Uint8Array, length: number, left: () => void = () => undefined): AsyncGenerator<Bytes, void, undefined> {
  try {
    for (let start = 0; start < bytes.length; start += length) yield new Uint8Array(bytes.subarray(start, start + length))
  } finally {
    left()
  }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Bytes> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(new Uint8Array(piece))
  return concatBytes(...parts)
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe.each(decoders)('decompress in the way of %s, %s', (way, encoding, decompress) => {
  it.each([1, 1000, 16_384, 262_144, 10_000_000])('gives back what was compressed, in pieces of %i bytes', async (length) => {
    const input = length === 1 ? gzipOrBrotli(encoding, text.subarray(0, 5000)) : compressed[encoding]
    const wanted = length === 1 ? text.subarray(0, 5000) : text
    expect(await all(decompress(encoding, cut(input, length)))).toSatisfy(sameAs(wanted))
  })

  it('gives back nothing of nothing', async () => {
    expect(await all(decompress(encoding, cut(gzipOrBrotli(encoding, new Uint8Array(0)), 9)))).toHaveLength(0)
  })

  // What comes out then is no less refused: the size and the digest of each file are signed.
  const takesCut = 'Deno' in globalThis && way === 'node' && encoding === 'br'
  const note = takesCut ? ' (not in Deno, whose node:zlib takes cut Brotli for whole)' : ''
  it.skipIf(takesCut).each([0, 1, 100, -1000, -9, -1])(`fails where the input is cut at %i${note}`, async (end) => {
    await expect(all(decompress(encoding, cut(compressed[encoding].subarray(0, end), 5000)))).rejects.toThrow()
  })

  it('fails at garbage', async () => {
    await expect(all(decompress(encoding, cut(pattern(50_000, 3), 5000)))).rejects.toThrow()
  })

  it('gives never more than what was compressed, whatever follows it', async () => {
    const decoded: Uint8Array[] = []
    const follow = async (): Promise<void> => {
      for await (const piece of decompress(encoding, cut(concatBytes(compressed[encoding], pattern(999)), 5000))) decoded.push(new Uint8Array(piece))
    }
    await follow().catch(() => undefined)
    const got = concatBytes(...decoded)
    expect(got).toSatisfy(sameAs(text.subarray(0, got.length)))
  })

  it('fails with what the input fails with', async () => {
    const failure = new Error('the line is dead')
    const failing = async function* (): AsyncGenerator<Bytes, void, undefined> {
      yield new Uint8Array(compressed[encoding].subarray(0, 1000))
      throw failure
    }
    await expect(all(decompress(encoding, failing()))).rejects.toBe(failure)
  })

  it('ends the input when the loop is left, and reads no further than what was asked for', async () => {
    let given = 0
    const endless = async function* (): AsyncGenerator<Bytes, void, undefined> {
      try {
        for (;;) {
          given++
          yield* cut(compressed[encoding], 4096)
        }
      } finally {
        ended()
      }
    }
    let ended: () => void = () => undefined
    const wasEnded = new Promise<void>((resolve) => (ended = resolve))
    for await (const piece of decompress(encoding, endless())) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    await wasEnded
    expect(given).toBe(1)
  })

  it('ends the input when it is garbage', async () => {
    let ended: () => void = () => undefined
    const wasEnded = new Promise<void>((resolve) => (ended = resolve))
    await expect(all(decompress(encoding, cut(pattern(10_000_000, 5), 100_000, ended)))).rejects.toThrow()
    await wasEnded
  })
})

function gzipOrBrotli(encoding: Encoding, bytes: Uint8Array): Uint8Array {
  return encoding === 'gzip' ? gzipSync(bytes) : brotliCompressSync(bytes)
}

describe('compress', () => {
  it.each([
    ['node', 'br', node.compress],
    ['node', 'gzip', node.compress],
    ['web', 'gzip', web.compress],
  ] as const)('in the way of %s, %s, makes what the same and the other decode', async (_, encoding, compress) => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(1), text, pattern(300_000)]) {
      const made = await compress(encoding, bytes)
      for (const [, other, decompress] of decoders) {
        if (other === encoding) expect(await all(decompress(encoding, cut(made, 50_000)))).toSatisfy(sameAs(bytes))
      }
    }
  })

  it('makes text less than half as long, Brotli the shortest', async () => {
    const gzip = (await node.compress('gzip', text)).length
    expect(gzip).toBeLessThan(text.length / 2)
    expect((await node.compress('br', text)).length).toBeLessThan(gzip)
    expect((await web.compress('gzip', text)).length).toBeLessThan(text.length / 2)
  })
})

describe('an engine without the compression', () => {
  /** As engines do that know no other formats. */
  function gzipOnly(format: string): never {
    throw new TypeError(`the format ${format} is invalid`)
  }

  it.each(['CompressionStream', 'DecompressionStream'])('without Brotli in its %s says what to do', async (name) => {
    vi.stubGlobal(name, gzipOnly)
    const call = async (): Promise<unknown> => (name === 'CompressionStream' ? web.compress('br', text) : all(web.decompress('br', cut(compressed.br, 999))))
    await expectRefused(call, 'backend-unavailable', /has no \w+ for brotli: .* gzip/)
  })

  it.each(['CompressionStream', 'DecompressionStream'])('without any %s says what to do', async (name) => {
    vi.stubGlobal(name, undefined)
    const call = async (): Promise<unknown> => (name === 'CompressionStream' ? web.compress('gzip', text) : all(web.decompress('gzip', cut(compressed.gzip, 999))))
    await expectRefused(call, 'backend-unavailable', /has no \w+ for gzip: .* with none/)
  })
})
