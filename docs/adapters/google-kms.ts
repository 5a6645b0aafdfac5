import { createHash } from 'node:crypto'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import type { Signer } from 'otaseal/build'

const client = new KeyManagementServiceClient()

/**
 * `name` is projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V; its algorithm RSA_SIGN_PSS_4096_SHA256 or
 * RSA_SIGN_PSS_3072_SHA256 (PS256), or EC_SIGN_ED25519 (Ed25519).
 */
export function googleKmsSigner(name: string, algorithm: 'PS256' | 'Ed25519', publicKey: string): Signer {
  return {
    algorithm,
    publicKey,
    name,
    async sign(message) {
      const input = algorithm === 'PS256' ? { digest: { sha256: createHash('sha256').update(message).digest() } } : { data: message }
      const [{ signature }] = await client.asymmetricSign({ name, ...input })
      if (signature === undefined || signature === null) throw new Error('the KMS gave no signature')
      return typeof signature === 'string' ? Buffer.from(signature, 'base64') : signature
    },
  }
}
