import { asBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { splitEnvelope } from '../format/container.js'
import { parseHead } from '../format/head.js'
import { checkAborted, objectOption } from '../options.js'
import { makePause } from '../pause.js'
import { checkChecksum, openBody } from './open-body.js'
import { readPolicy } from './options.js'
import { takeSnapshot } from './snapshot.js'
import { orTell, orTellHead, tellAccepted, told } from './tell.js'
import { verifyHead } from './verify-head.js'
import type { Bytes } from '../bytes.js'
import type { Geometry } from '../format/geometry.js'
import type { Header } from '../format/header.js'
import type { HeadInput, ParsedHead } from '../format/head.js'
import type { ChunkStep, OpenedBody } from './open-body.js'
import type { DeviceOptions, Policy } from './options.js'
import type { Snapshot } from './snapshot.js'

/** An envelope as a device gets it: the bytes of a file, or head and payload that travelled apart. */
export type EnvelopeInput = Uint8Array | { readonly head: HeadInput; readonly payload: Uint8Array }

/** A bundle that has passed every check. */
export interface DecryptedBundle {
  readonly bundle: Uint8Array<ArrayBuffer>
  /** The signed header; its checksum is the hex SHA-256 of `bundle`. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
}

/**
 * Verifies and decrypts a whole envelope. Nothing is returned before all of it has been checked: signatures,
 * claims, lengths, index, every chunk and, unless left out, the checksum of the bundle. The envelope is copied
 * at the call, so its memory may be re-used at once.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyAndDecrypt(envelope: EnvelopeInput, options: DeviceOptions): Promise<DecryptedBundle> {
  const policy = readPolicy(options)
  const { bundle, header, signers } = await decryptWhole(envelope, policy)
  tellAccepted(header, policy)
  return { bundle, header, signers }
}

/** The same, and the head's member `payload`, which names the release. Whether its content is accepted is still to be told. */
export async function decryptWhole(envelope: EnvelopeInput, policy: Policy): Promise<DecryptedBundle & { readonly payload: string }> {
  // R38
  const { parsed, snapshot } = receive(envelope, policy)
  const head = await verifyHead(parsed, policy)
  if (snapshot instanceof EnvelopeError) throw told(policy, 'bundle-refused', head.header, snapshot)
  const body = await openBody(head, policy)
  await orTell(policy, 'bundle-refused', head.header, async () => decrypt(snapshot, head.geometry, body, policy))
  return { bundle: snapshot.output, header: body.header, signers: body.signers, payload: head.payload }
}

async function decrypt(snapshot: Snapshot, geometry: Geometry, body: OpenedBody, policy: Policy): Promise<void> {
  const { step } = await body.withIndex(snapshot.indexBlock)
  await decryptInPlace(snapshot, geometry, step, policy)
  if (policy.checksum) checkChecksum(await policy.backend.sha256(snapshot.output), body)
}

/** Parses and copies; no await comes before it, so that later changes of the caller's memory are not seen. */
function receive(envelope: EnvelopeInput, policy: Policy): { parsed: ParsedHead; snapshot: Snapshot | EnvelopeError } {
  const { parsed, payload } = orTellHead(policy, () => {
    const { head, payload } = ArrayBuffer.isView(envelope) ? splitEnvelope(envelope) : partsOption(envelope)
    return { parsed: parseHead(head), payload }
  })
  return { parsed, snapshot: takeSnapshot(asBytes(payload, 'payload'), parsed.geometry) }
}

function partsOption(envelope: Exclude<EnvelopeInput, Uint8Array>): Exclude<EnvelopeInput, Uint8Array> {
  if ('head' in objectOption('envelope', envelope) && 'payload' in envelope) return envelope
  throw new TypeError('envelope must be a Uint8Array, or { head, payload }')
}

/** Works in as many lanes as the backend gains from; after the first failure no lane starts another chunk. */ // R43
async function decryptInPlace(snapshot: Snapshot, geometry: Geometry, step: ChunkStep, policy: Policy): Promise<void> {
  const { backend, lanes } = policy
  const pause = makePause()
  let stopped = false
  let done = 0
  const isStopped = (): boolean => stopped
  const lane = async (first: number): Promise<void> => {
    let previous: Bytes | undefined
    for (let i = first; i < geometry.chunks && !isStopped(); i += lanes) {
      checkAborted(policy.signal)
      const { ciphertext, tag } = snapshot.chunk(i)
      const plaintext = await step(i, ciphertext, tag)
      if (isStopped()) return
      ciphertext.set(plaintext)
      done += plaintext.length
      // A chunk late, so that the allocator has memory to use again and needn't ask the system for more.
      if (previous !== undefined) backend.release?.(previous)
      previous = plaintext
      policy.onProgress({ done, total: geometry.size })
      await pause()
    }
  }
  await Promise.all(Array.from({ length: lanes }, async (_, first) => lane(first))).finally(() => (stopped = true))
}
