import { spanOf } from '../format/geometry.js'
import { indexOf } from '../device/open-envelope.js'
import type { OpenedEnvelope } from '../device/open-envelope.js'
import type { ChunkSpan } from '../format/geometry.js'

/**
 * Which parts of the payload are still to be fetched, as few as possible: each is `start` to `end` (exclusive) of the
 * payload for an HTTP Range request, and the `first` and `count` of its chunks for `decryptChunks`.
 *
 * @param have numbers of the chunks that need not be fetched
 * @throws TypeError before `setIndex`
 */
export function planRanges(opened: OpenedEnvelope, have: { readonly has: (i: number) => boolean }): readonly ChunkSpan[] {
  const { geometry } = indexOf(opened)
  const spans: ChunkSpan[] = []
  for (let first = 0; first < geometry.chunks; first++) {
    if (have.has(first)) continue
    let end = first + 1
    while (end < geometry.chunks && !have.has(end)) end++
    spans.push(spanOf(geometry, first, end - first))
    first = end
  }
  return spans
}
