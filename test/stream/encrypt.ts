import { expect } from 'vitest'
import { concatBytes } from '../../src/bytes.js'
import { encryptBundleStream, joinEnvelope } from '../../src/index.js'
import { CHUNK, expectRefused } from '../envelope/helpers.js'
import { collect, freshLog, streamOf } from './streams.js'
import type { Backend, ByteStreamLike, EncryptOptions, EncryptedStream, ErrorCode, SealedEnvelope } from '../../src/index.js'
import type { GcmSealer } from '../../src/crypto/backend.js'
import type { TestSigner } from '../envelope/signers.js'
import type { CollectedBytes, SourceLog, SourceOptions } from './streams.js'

/** As `seal` does it, of a stream. */
export async function sealStream(
  signer: TestSigner,
  bundle: ByteStreamLike,
  more: Partial<EncryptOptions> = {},
): Promise<EncryptedStream> {
  return encryptBundleStream(bundle, {
    signer: signer.privateKey,
    app: 'com.example.app',
    version: '1.4.0',
    sequence: 1000,
    channel: 'production',
    chunkSize: CHUNK,
    ...more,
  })
}

/** All that comes of a bundle, and the two forms that travel. */
export interface Sealed extends SealedEnvelope {
  readonly body: Uint8Array<ArrayBuffer>
  readonly pieces: readonly Uint8Array[]
  readonly payload: Uint8Array<ArrayBuffer>
  readonly file: Uint8Array<ArrayBuffer>
}

export async function sealAll(
  signer: TestSigner,
  bundle: Uint8Array | ByteStreamLike,
  more: Partial<EncryptOptions> = {},
): Promise<Sealed> {
  const source = 'getReader' in bundle ? bundle : streamOf(bundle, 10_007)
  const { body, envelope } = await sealStream(signer, source, more)
  const { bytes, pieces, failed, error } = await collect(body)
  if (failed) throw error
  const sealed = await envelope
  return {
    ...sealed, body: bytes, pieces,
    payload: concatBytes(sealed.index, bytes),
    file: concatBytes(joinEnvelope(sealed.head, sealed.index), bytes),
  }
}

/** How both halves of a result have ended: the body with what it gave, and the envelope. */
export interface Ended {
  readonly body: CollectedBytes
  readonly envelope: PromiseSettledResult<SealedEnvelope>
}

export async function endOf({ body, envelope }: EncryptedStream): Promise<Ended> {
  const collected = await collect(body)
  const [outcome] = await Promise.allSettled([envelope])
  return { body: collected, envelope: outcome }
}

/** The rejections that nobody handles while something runs. */
export async function unhandledDuring(run: () => Promise<void>): Promise<readonly unknown[]> {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    await run()
  } finally {
    process.off('unhandledRejection', listen)
  }
  return unhandled
}

/** The backend with something done to each chunk's encryption; slots are left as they are. */
export function withSealer(backend: Backend, wrap: (seal: GcmSealer['seal'], key: Uint8Array) => GcmSealer['seal']): Backend {
  return {
    ...backend,
    gcmSealer: async (key) => {
      const sealer = await backend.gcmSealer(key)
      const seal = wrap((...args) => sealer.seal(...args), key)
      return { seal: (nonce, plaintext, more) => (more === undefined ? seal(nonce, plaintext) : sealer.seal(nonce, plaintext, more)) }
    },
  }
}

/** A stream under way, and what happens to its source, which gives 1000 bytes at a time. */
export async function startSealing(
  signer: TestSigner,
  bundle: Uint8Array,
  more: Partial<EncryptOptions>,
  source: SourceOptions = {},
): Promise<{ readonly sealing: EncryptedStream; readonly log: SourceLog }> {
  const log = freshLog()
  return { sealing: await sealStream(signer, streamOf(bundle, 1000, { ...source, log }), more), log }
}

/** Reads so many pieces of a body. */
export async function readSome(reader: { read: () => Promise<{ readonly done: boolean }> }, pieces: number): Promise<void> {
  for (let i = 0; i < pieces; i++) expect((await reader.read()).done).toBe(false)
}

/** What something has ended with is a refusal with this code. */
export async function expectFailed(error: unknown, code: ErrorCode): Promise<void> {
  await expectRefused(() => {
    throw error
  }, code)
}
