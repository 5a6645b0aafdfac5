import { createHash } from 'node:crypto'
import { DefaultAzureCredential } from '@azure/identity'
import { CryptographyClient } from '@azure/keyvault-keys'
import type { Signer } from 'otaseal/build'

/** `keyId` is https://VAULT.vault.azure.net/keys/NAME/VERSION, a key of the type RSA or RSA-HSM with 4096 or 3072 bits. */
export function azureKeyVaultSigner(keyId: string, publicKey: string): Signer {
  const client = new CryptographyClient(keyId, new DefaultAzureCredential())
  return {
    algorithm: 'PS256',
    publicKey,
    name: keyId,
    async sign(message, { signal }: { readonly signal: AbortSignal }) {
      const digest = createHash('sha256').update(message).digest()
      const { result } = await client.sign('PS256', digest, { abortSignal: signal })
      return result
    },
  }
}
