import { parseHead } from '../format/head.js'
import { AGREEMENT_HEADER, SLOT_HEADER, parseSlot } from '../keys/slots.js'
import type { Header } from '../format/header.js'
import type { HeadInput } from '../format/head.js'
import type { LinkClaims } from '../format/link.js'

/** What a link of a head says: its root, by kid, lets `key` sign. */
export interface DecodedLink extends LinkClaims {
  readonly alg: string
  readonly signer: string
}

/** What a head says of itself, believed by nobody yet. */
export interface DecodedHead {
  /** Its checksum is still sealed. */
  readonly header: Header
  readonly signatures: readonly { readonly alg: string; readonly kid: string }[]
  /** The kid of each session key slot; `undefined` for one that this version can't read. */
  readonly slots: readonly (string | undefined)[]
  /** How each of them is wrapped: `A256KW`, or `ECDH-ES+A256KW` for an X25519 or P-256 key. */
  readonly slotAlgorithms: readonly (string | undefined)[]
  /** By which root keys delegate to release keys. */
  readonly links: readonly DecodedLink[]
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
  const { header, signatures, slots, links, geometry } = parseHead(head)
  const parsedSlots = slots.map(parseSlot)
  return {
    header,
    signatures: signatures.map(({ alg, kid }) => ({ alg, kid })),
    slots: parsedSlots.map((slot) => slot?.kid),
    slotAlgorithms: parsedSlots.map((slot) => slot && (slot.ephemeral === undefined ? SLOT_HEADER : AGREEMENT_HEADER).alg),
    links: links.map(({ alg, kid, claims }) => ({ alg, signer: kid, ...claims, key: { ...claims.key } })),
    chunks: geometry.chunks,
    payloadLength: geometry.payloadLength,
  }
}
