import type { SigningKey, VerifyingKey } from '../crypto/backend.js'

/** The parts of a WebCrypto `CryptoKey` that are read, so that the types need no DOM library. */
export interface CryptoKeyLike {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** A JSON Web Key (RFC 7517) as a user has it; checked member by member when it is read. */
export type JwkInput = Readonly<Record<string, unknown>> & { readonly kty: string }

/** A key as callers give it: PEM text, a JWK, or an extractable `CryptoKey`. */
export type KeyInput = string | JwkInput | CryptoKeyLike

/** A trusted public key: checked, canonical, with its RFC 7638 thumbprint. */
export interface PublicKey extends VerifyingKey {
  /** SHA-256 JWK thumbprint (RFC 7638), base64url, 43 characters. */
  readonly kid: string
}

/** A publisher's private key with the public key that belongs to it. */
export interface PrivateKey extends SigningKey {
  readonly publicKey: PublicKey
}
