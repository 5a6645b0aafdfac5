import { randomBytes } from 'node:crypto'
import { encryptForCapgo, encryptForCapgoStream, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { cliKeyPair, cliRelease } from './helpers.js'
import type { CapgoBackend, CapgoCallOptions } from '../../src/capgo.js'

export const { publicKey, privateKey } = cliKeyPair()
/** Bytes that the library works on at once. */
export const P = 2 ** 19
export const bundle = randomBytes(4 * P + 500)
export const { payload, ...fields } = cliRelease(bundle, privateKey, 'V3')
export const reason = new Error('the page was closed')
export const aborted = { status: 'rejected', reason: { name: 'EnvelopeError', code: 'aborted', cause: reason } }

type Options = Omit<CapgoCallOptions, 'backend'>

/** Both directions: the stream that comes out, and the promise beside it. */
export interface Direction {
  readonly name: string
  readonly input: Buffer
  readonly start: (source: ReadableStream<Uint8Array>, backend: CapgoBackend, options?: Options) => Promise<Started>
  readonly inOneCall: (backend: CapgoBackend, options: Options) => Promise<unknown>
}

export interface Started {
  readonly stream: ReadableStream<Uint8Array>
  readonly promise: Promise<string>
}

export const directions: readonly Direction[] = [
  {
    name: 'encrypting',
    input: bundle,
    start: async (source, backend, options = {}) => {
      const made = await encryptForCapgoStream(source, { privateKey, checksumForm: 'V3', backend, ...options })
      return { stream: made.payload, promise: made.checksum }
    },
    inOneCall: async (backend, options) => encryptForCapgo(bundle, { privateKey, checksumForm: 'V3', backend, ...options }),
  },
  {
    name: 'decrypting',
    input: payload,
    start: async (source, backend, options = {}) => {
      const read = await verifyAndDecryptCapgoStream(source, { ...fields, publicKey, backend, ...options })
      return { stream: read.unverified, promise: read.sha256 }
    },
    inOneCall: async (backend, options) => verifyAndDecryptCapgo(payload, { ...fields, publicKey, backend, ...options }),
  },
]
