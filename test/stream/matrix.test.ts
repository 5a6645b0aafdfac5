import { describe, expect, test } from 'vitest'
import { backends, describeEachBackend } from '../backends.js'
import { CHUNK, accepting, pattern, sameAs, seal } from '../envelope/helpers.js'
import { modes, outcomeOf } from './matrix.js'
import { rows } from './matrix-edits.js'
import { bundle, sealed, signer } from './matrix-honest.js'
import type { ChunkSize, EnvelopeParts, ErrorCode } from '../../src/index.js'
import type { Mode, Released } from './matrix.js'
import type { Row } from './matrix-honest.js'

const codeFor = ({ code }: Row, { kind }: Mode): ErrorCode => (typeof code === 'string' ? code : code[kind])

/** Codes of failures that some chunk may have been released before. */
const late: readonly ErrorCode[] = ['bad-chunk', 'truncated', 'trailing-data', 'bad-checksum']

/** What was released is the bundle that the publisher sealed, and from streams a start of it. */
function expectGenuine(released: readonly Released[], { kind }: Mode): void {
  let end = 0
  for (const { at, bytes } of released) {
    expect(bytes).toSatisfy(sameAs(bundle.subarray(at, at + bytes.length)))
    if (kind === 'stream') expect(at).toBe(end)
    end = at + bytes.length
  }
}

test('the matrix is as large as it says', () => {
  expect(modes.map(({ kind }) => kind)).toEqual(['whole', 'whole', 'stream', 'stream', 'stream', 'stream', 'random', 'random'])
  expect(backends.map(({ name }) => name)).toEqual(['node', 'web', 'noble'])
  expect(rows).toHaveLength(81)
  expect(new Set(rows.map(({ name }) => name)).size, 'names are unique').toBe(rows.length)
  expect(rows.filter(({ code }) => typeof code !== 'string')).toHaveLength(5)
})

describeEachBackend('R38, R39, R40, R41, R43, R51: in every mode, an envelope with', (backend) => {
  const device = accepting(signer, { backend, runtime: 'ios-7', type: 'application/zip' })

  test('nothing wrong is accepted: the control of what follows', async () => {
    for (const mode of modes) {
      expect((await outcomeOf(mode, sealed, device)).bundle, mode.name).toSatisfy(sameAs(bundle))
    }
  })

  test.each(rows.map((row) => [row.name, row] as const))('%s is refused', async (_, row) => {
    for (const mode of modes) {
      const outcome = await outcomeOf(mode, row.envelope, { ...device, ...row.more })
      const released = outcome.code === undefined ? [] : outcome.released
      expect(outcome.code, mode.name).toBe(codeFor(row, mode))
      expectGenuine(released, mode)
      if (mode.kind === 'whole' || !late.includes(codeFor(row, mode))) expect(released, mode.name).toEqual([])
    }
  })
})

const sizesOf = (chunk: ChunkSize): readonly number[] => [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 500]
const sizes = ([16_384, 262_144] as const).flatMap((chunkSize) => sizesOf(chunkSize).map((size) => ({ chunkSize, size })))

describe('R4: a bundle around the border of a chunk', () => {
  test.each(sizes)('of $size bytes in chunks of $chunkSize comes back in every mode on every backend', async ({ size, chunkSize }) => {
    const plain = pattern(size, size + 3)
    const envelope: EnvelopeParts = await seal(signer, plain, { chunkSize })
    for (const backend of backends) {
      for (const mode of modes) {
        const outcome = await outcomeOf(mode, envelope, accepting(signer, { backend }))
        expect(outcome.bundle, `${mode.name}, ${backend.name}`).toSatisfy(sameAs(plain))
      }
    }
  })

  test('is each of fourteen sizes', () => {
    expect(sizes).toHaveLength(14)
    expect(CHUNK).toBe(16_384)
  })
})
