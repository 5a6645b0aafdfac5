import { expect, test } from 'vitest'
import { manifestBytes } from '../../src/format/manifest.js'
import type { FileEntry } from '../../src/format/manifest.js'

const MOST = 67_108_864
const digest = 'A'.repeat(43)
const entry = (length: number): FileEntry => ({ path: 'a'.repeat(length), size: 5, sha256: digest, object: { index: digest, key: digest, chunk: 16_384 } })

test('R71: a manifest has at most 64 MiB', () => {
  const files = Array.from({ length: 60_000 }, () => entry(800))
  const left = MOST - JSON.stringify({ files: [...files, entry(0)] }).length
  const most = manifestBytes([...files, entry(left)])
  expect(most.length).toBe(MOST)
  expect(() => manifestBytes([...files, entry(left + 1)])).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
})
