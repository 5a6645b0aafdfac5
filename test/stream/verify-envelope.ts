import { accepting } from '../envelope/helpers.js'
import { fileOf, partsOf } from './matrix.js'
import { streamOf } from './streams.js'
import type { DeviceBackend, VerifyOptions, verifyEnvelope } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { Received } from './matrix.js'
import type { SourceOptions } from './streams.js'

/** A form in which `verifyEnvelope` takes an envelope. */
export interface Form {
  readonly name: string
  readonly isStream: boolean
  readonly input: (envelope: Received, source?: SourceOptions) => Parameters<typeof verifyEnvelope>[0]
}

export const bytesForms: readonly Form[] = [
  { name: 'the bytes of a file', isStream: false, input: fileOf },
  { name: 'head and payload', isStream: false, input: partsOf },
]

export const streamForms: readonly Form[] = [
  { name: 'a stream of a file', isStream: true, input: (envelope, source) => streamOf(fileOf(envelope), 5000, source) },
  {
    name: 'head and a stream of the payload',
    isStream: true,
    input: (envelope, source) => {
      const { head, payload } = partsOf(envelope)
      return { head, payload: streamOf(payload, [1, 4093], source) }
    },
  },
]

export const forms: readonly Form[] = [...bytesForms, ...streamForms]

/** A server that checks what a device would, without its reader key. */
export function checking(signer: TestSigner, more: Partial<VerifyOptions> = {}): VerifyOptions {
  return { ...accepting(signer), ...more }
}

/** A backend that cannot open anything: whoever needs a reader key fails with it. */
export function withoutReaderKeys(backend: DeviceBackend): DeviceBackend {
  const refuse = (): never => {
    throw new Error('a reader key is used')
  }
  return { ...backend, gcmOpener: refuse, unwrapKey: refuse, hmac: refuse }
}
