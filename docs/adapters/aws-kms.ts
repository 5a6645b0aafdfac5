import { createHash } from 'node:crypto'
import { KMSClient, SignCommand } from '@aws-sdk/client-kms'
import type { Signer } from 'otaseal/build'

const client = new KMSClient()

/** A key with the usage SIGN_VERIFY of the spec RSA_4096 or RSA_3072 (PS256), or ECC_NIST_EDWARDS25519 (Ed25519). */
export function awsKmsSigner(keyId: string, algorithm: 'PS256' | 'Ed25519', publicKey: string): Signer {
  return {
    algorithm,
    publicKey,
    name: keyId,
    async sign(message, { signal }: { readonly signal: AbortSignal }) {
      // RAW takes at most 4,096 bytes, which a head with much meta exceeds, so RSA signs the digest. Ed25519 can't.
      const digest = createHash('sha256').update(message).digest()
      const request = {
        PS256: { SigningAlgorithm: 'RSASSA_PSS_SHA_256', MessageType: 'DIGEST', Message: digest },
        Ed25519: { SigningAlgorithm: 'ED25519_SHA_512', MessageType: 'RAW', Message: message },
      } as const
      const command = new SignCommand({ KeyId: keyId, ...request[algorithm] })
      const { Signature } = await client.send(command, { abortSignal: signal })
      if (Signature === undefined) throw new Error('the KMS gave no signature')
      return Signature
    },
  }
}
