/** What docs/adapters/google-kms.ts uses of `@google-cloud/kms`. */
import { keyFor, signDigest, signEd25519 } from './service.js'

interface SignRequest {
  readonly name: string
  readonly digest?: { readonly sha256: Uint8Array }
  readonly data?: Uint8Array
}

export class KeyManagementServiceClient {
  async asymmetricSign(request: SignRequest): Promise<[{ readonly signature: Uint8Array | string }]> {
    const { name, digest, data } = request
    const key = keyFor(name, request)
    if ((digest === undefined) === (data === undefined)) throw new Error('INVALID_ARGUMENT: either digest or data')
    // The REST transport of the client gives base64 where gRPC gives bytes.
    if (digest !== undefined) return [{ signature: signDigest(key, digest.sha256) }]
    return [{ signature: signEd25519(key, data as Uint8Array).toString('base64') }]
  }
}
