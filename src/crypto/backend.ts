import type { Bytes } from '../bytes.js'

/** A result now or later: synchronous backends need not pay for a promise. */
export type Awaitable<T> = T | Promise<T>

/** JWA names of the two signature algorithms (RFC 7518 section 3.5, RFC 9864 section 2.2). */
export type SignatureAlgorithm = 'PS256' | 'Ed25519'

/** A public key's canonical numbers, as the JWK members that RFC 7638 hashes. */
export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }

/** A private key's canonical numbers (RFC 7518 section 6.3.2, RFC 8037 section 2). */
export type PrivateJwk =
  | {
      readonly kty: 'RSA'
      readonly n: string
      readonly e: string
      readonly d: string
      readonly p: string
      readonly q: string
      readonly dp: string
      readonly dq: string
      readonly qi: string
    }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly d: string }

/** The numbers of an RSA public key. */
export type RsaPublicJwk = Extract<PublicJwk, { readonly kty: 'RSA' }>

/** The numbers of an RSA private key, those for CRT among them. */
export type RsaPrivateJwk = Extract<PrivateJwk, { readonly kty: 'RSA' }>

/** The curves of reader keys (RFC 8037 section 3.2, RFC 7518 section 6.2.1.1). */
export type AgreementCurve = 'X25519' | 'P-256'

/** A reader's public key in canonical numbers, as the JWK members that RFC 7638 hashes. */
export type AgreementPublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'X25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }

/** A reader's private key: `d` are 32 bytes too (RFC 8037 section 2, RFC 7518 section 6.2.2). */
export type AgreementPrivateJwk = AgreementPublicJwk & { readonly d: string }

/** A public key that has passed every check of `keys/`, in the two forms that backends import. */
export interface VerifyingKey {
  readonly algorithm: SignatureAlgorithm
  readonly jwk: PublicJwk
  /** DER SubjectPublicKeyInfo in its one canonical form. */
  readonly spki: Bytes
}

/** A private key that has passed every check of `keys/`. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm
  readonly jwk: PrivateJwk
  /** DER PKCS#8, version 0, without attributes. */
  readonly pkcs8: Bytes
}

/** Opens AES-256-GCM messages under one key, bound once. */
export interface GcmOpener {
  /**
   * The plaintext in memory of its own, or `undefined` where the tag does not hold; never part of it.
   *
   * @param nonce 12 bytes
   * @param tag 16 bytes; a shorter one does not hold
   */
  open(nonce: Bytes, ciphertext: Bytes, tag: Bytes, additionalData?: Bytes): Awaitable<Bytes | undefined>
}

/** Makes AES-256-GCM messages under one key, bound once. */
export interface GcmSealer {
  /**
   * Ciphertext followed by its 16-byte tag. `nonce` is 12 bytes and the caller's promise that this key never met it, save
   * where a chunk that is known already is encrypted again, only to be hashed.
   */
  seal(nonce: Bytes, plaintext: Bytes, additionalData?: Bytes): Awaitable<Bytes>
}

/** A SHA-256 (FIPS 180-4) of bytes that come piece by piece. */
export interface Hasher {
  update(bytes: Bytes): void
  /** 32 bytes. The hasher is used up by it. */
  digest(): Bytes
}

/**
 * What a device needs of a platform's cryptography. Callers promise exact lengths of keys and nonces;
 * a backend answers for every other length with "does not hold", and throws only where the platform fails.
 * Arguments are not kept, and not read after the call has returned unless a promise is pending.
 */
export interface DeviceBackend {
  readonly name: string
  /** How many chunks in flight at once make this backend faster; 1 for one that computes synchronously. */
  readonly lanes: number
  /** SHA-256 (FIPS 180-4) of all parts, one after the other: 32 bytes. */
  sha256(...parts: readonly Bytes[]): Awaitable<Bytes>
  /** A running SHA-256, where the platform has one: WebCrypto hasn't. Only the checksum of a whole stream needs it. */
  hasher?(): Hasher
  /** HMAC (RFC 2104) under a key of any length above 0. */
  hmac(hash: 'SHA-256' | 'SHA-512', key: Bytes, message: Bytes): Awaitable<Bytes>
  /** AES-256-GCM (NIST SP 800-38D) under a 32-byte key. */
  gcmOpener(key: Bytes): Awaitable<GcmOpener>
  /**
   * Takes back the memory of a plaintext, or of an encrypted chunk, that nobody will read again, where a platform can free it before its
   * garbage collector would. The bytes may be detached by this, so a backend whose `open` uses its memory again
   * must not have it, nor inherit it.
   */
  release?(chunk: Bytes): void
  /** AES key unwrap (RFC 3394) under a 32-byte key; `undefined` where the integrity check fails. */
  unwrapKey(wrappingKey: Bytes, wrapped: Bytes): Awaitable<Bytes | undefined>
  /**
   * Whether `signature` is by `key` over `message`: RSASSA-PSS with SHA-256 and a 32-byte salt (RFC 8017
   * section 8.1), or Ed25519 without cofactor and with `S` below the group order (RFC 8032 section 5.1.7).
   */
  verify(key: VerifyingKey, signature: Bytes, message: Bytes): Awaitable<boolean>
  /**
   * The 32 bytes that two keys of one curve have in common (RFC 7748 section 6.1; RFC 6090 section 4, the x coordinate), or
   * `undefined` where there is no such secret: the peer's point is not on the curve, the result on X25519 is all zeros, or the
   * private key is no number of its curve. Of an X25519 key `d` alone is used; its `x` may be another's.
   * Left out: readers with X25519 and P-256 keys are refused as `backend-unavailable`.
   */
  deriveSharedSecret?(key: AgreementPrivateJwk, peer: AgreementPublicJwk): Awaitable<Bytes | undefined>
}

/** A platform with a running SHA-256. */
export interface HashingDeviceBackend extends DeviceBackend {
  hasher(): Hasher
}

/** What private keys that are encrypted with a passphrase take (PBES2, RFC 8018 section 6.2). */
export interface PasswordBackend {
  /** PBKDF2 (RFC 8018 section 5.2) with the HMAC of this hash: 32 bytes. `password` is not empty. */
  pbkdf2(hash: 'SHA-256' | 'SHA-512', password: Bytes, salt: Bytes, iterations: number): Awaitable<Bytes>
  /** AES-256-CBC (NIST SP 800-38A) with 1 to 16 bytes of padding, under a 32-byte key. `iv` is 16 random bytes. */
  encryptCbc(key: Bytes, iv: Bytes, plaintext: Bytes): Awaitable<Bytes>
  /** The plaintext without its padding, or `undefined` where there is none that holds. Proves nothing: CBC has no tag. */
  decryptCbc(key: Bytes, iv: Bytes, ciphertext: Bytes): Awaitable<Bytes | undefined>
}

/** What a publisher needs besides. */
export interface Backend extends HashingDeviceBackend {
  /** Bytes of the platform's cryptographic generator, at most 65,536. */
  randomBytes(length: number): Bytes
  gcmSealer(key: Bytes): Awaitable<GcmSealer>
  /** AES key wrap (RFC 3394) of a 32-byte key under a 32-byte key: 40 bytes. */
  wrapKey(wrappingKey: Bytes, key: Bytes): Awaitable<Bytes>
  /** A signature as {@link DeviceBackend.verify} takes it, RSA with a fresh random salt. */
  sign(key: SigningKey, message: Bytes): Awaitable<Bytes>
  /** The 32-byte public key of a 32-byte Ed25519 seed (RFC 8032 section 5.1.5). */
  ed25519PublicKey(seed: Bytes): Awaitable<Bytes>
  /** A new private key: RSA with e = 65537 and this many bits, or Ed25519. */
  generateKey(type: { readonly algorithm: 'PS256'; readonly bits: number } | { readonly algorithm: 'Ed25519' }): Awaitable<PrivateJwk>
  /** A new reader key. Left out: X25519 and P-256 readers are refused as `backend-unavailable`. */
  generateAgreementKey?(curve: AgreementCurve): Awaitable<AgreementPrivateJwk>
  /** Left out: private keys that are encrypted with a passphrase are refused as `backend-unavailable`. */
  readonly passwords?: PasswordBackend
}
