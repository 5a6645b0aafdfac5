import { parseHead } from '../format/head.js'
import { parseSlot } from '../keys/slots.js'
import type { Header } from '../format/header.js'
import type { HeadInput } from '../format/head.js'

/** What a head says of itself, believed by nobody yet. */
export interface DecodedHead {
  /** Its checksum is still sealed. */
  readonly header: Header
  readonly signatures: readonly { readonly alg: string; readonly kid: string }[]
  /** The kid of each session key slot; `undefined` for one that this version can't read. */
  readonly slots: readonly (string | undefined)[]
  readonly chunks: number
  /** Bytes of the payload that belongs to it. */
  readonly payloadLength: number
}

/**
 * Shows a head without verifying anything: for tools and logs, never for a decision.
 *
 * @throws EnvelopeError `malformed-head`, `unsupported`, `limit-exceeded`
 */
export function decodeHead(head: HeadInput): DecodedHead {
  const { header, signatures, slots, geometry } = parseHead(head)
  return {
    header,
    signatures: signatures.map(({ alg, kid }) => ({ alg, kid })),
    slots: slots.map((slot) => parseSlot(slot)?.kid),
    chunks: geometry.chunks,
    payloadLength: geometry.payloadLength,
  }
}
