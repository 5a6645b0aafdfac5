/** What docs/adapters/aws-kms.ts uses of `@aws-sdk/client-kms`. */
import { keyFor, signDigest, signEd25519 } from './service.js'

interface SignInput {
  readonly KeyId: string
  readonly Message: Uint8Array
  readonly MessageType?: 'RAW' | 'DIGEST'
  readonly SigningAlgorithm: string
}

export class SignCommand {
  readonly input: SignInput

  constructor(input: SignInput) {
    this.input = input
  }
}

export class KMSClient {
  async send({ input }: SignCommand, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}): Promise<{ readonly Signature: Uint8Array }> {
    abortSignal?.throwIfAborted()
    const { KeyId, Message, MessageType = 'RAW', SigningAlgorithm } = input
    const key = keyFor(KeyId, input)
    if (MessageType === 'RAW' && Message.length > 4096) throw new Error('ValidationException: Member must have length less than or equal to 4096')
    if (SigningAlgorithm === 'RSASSA_PSS_SHA_256' && MessageType === 'DIGEST') return { Signature: new Uint8Array(signDigest(key, Message)) }
    if (SigningAlgorithm === 'ED25519_SHA_512' && MessageType === 'RAW') return { Signature: new Uint8Array(signEd25519(key, Message)) }
    throw new Error(`ValidationException: ${SigningAlgorithm} ${MessageType}`)
  }
}
