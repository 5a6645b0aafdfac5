/** What docs/adapters/azure-key-vault.ts uses of `@azure/keyvault-keys`. */
import { keyFor, signDigest } from './service.js'

export class CryptographyClient {
  readonly #id: string

  constructor(id: string, credential: { readonly isCredential: boolean }) {
    if (!credential.isCredential) throw new Error('no credential')
    this.#id = id
  }

  async sign(algorithm: string, digest: Uint8Array, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}): Promise<{ readonly result: Uint8Array }> {
    abortSignal?.throwIfAborted()
    const key = keyFor(this.#id, { algorithm, digest })
    if (algorithm !== 'PS256') throw new Error(`BadParameter: ${algorithm}`)
    return { result: new Uint8Array(signDigest(key, digest)) }
  }
}
