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

/** Opens AES-256-GCM messages under one key, bound once. No more calls than the backend has `lanes` are in flight at a time. */
export interface GcmOpener {
  /**
   * The plaintext in memory of its own, or `undefined` where the tag does not hold; never part of it, and nothing of it before
   * the tag was checked.
   *
   * @param nonce 12 bytes; of any other length nothing holds
   * @param ciphertext any number of bytes, none too
   * @param tag 16 bytes; a shorter or longer one does not hold, also where ciphertext and tag together are what was sealed
   * @param additionalData bytes that were sealed along; none are the same as empty ones
   */
  open(nonce: Bytes, ciphertext: Bytes, tag: Bytes, additionalData?: Bytes): Awaitable<Bytes | undefined>
}

/** Makes AES-256-GCM messages under one key, bound once. Calls may be in flight as with {@link GcmOpener}. */
export interface GcmSealer {
  /**
   * Ciphertext followed by its 16-byte tag. `nonce` is 12 bytes and the caller's promise that this key never met it, save
   * where a chunk that is known already is encrypted again, only to be hashed. Throws where `nonce` has another length.
   */
  seal(nonce: Bytes, plaintext: Bytes, additionalData?: Bytes): Awaitable<Bytes>
}

/** A SHA-256 (FIPS 180-4) of bytes that come piece by piece. Synchronous; several run at a time. */
export interface Hasher {
  /** Takes a piece of any length, of which nothing is kept. */
  update(bytes: Bytes): void
  /** 32 bytes. The hasher is used up by it: it gets no other call. */
  digest(): Bytes
}

/**
 * What a device needs of a platform's cryptography; docs/backends.md explains it, and `otaseal/testing` tests it.
 *
 * Callers promise keys of the lengths that are said here, and asymmetric keys in the canonical form of their types: a secret key of
 * another length is misuse, for which a backend throws a `RangeError`, and which it never takes for that of another cipher.
 * All else may come from an attacker, with any length and content: for what does not hold a backend answers `undefined` or `false`.
 * It throws, or rejects, only where the platform fails; the library passes such an exception on as it is.
 *
 * Arguments are not changed and not kept (an opener copies its key), and not read after the call has returned unless a promise is
 * pending. Results are plain `Uint8Array`s, no `Buffer`s, in memory where nothing else lies and that the backend never uses again.
 * An app may do several things at a time, so that every method may be called while others are pending, and openers are independent.
 * Methods are called on the backend, so that they may use `this`; members are looked up when they are used.
 */
export interface DeviceBackend {
  /** For messages, not empty. */
  readonly name: string
  /** How many chunks in flight at once make this backend faster, 1 to 64; 1 for one that computes synchronously. Each takes memory. */
  readonly lanes: number
  /** SHA-256 (FIPS 180-4) of all parts, one after the other: 32 bytes. Any number of parts, none and empty ones too. */
  sha256(...parts: readonly Bytes[]): Awaitable<Bytes>
  /** A running SHA-256, where the platform has one: WebCrypto hasn't. Only the checksum of a whole stream needs it. */
  hasher?(): Hasher
  /** HMAC (RFC 2104) under a key of any length above 0: 32 or 64 bytes. */
  hmac(hash: 'SHA-256' | 'SHA-512', key: Bytes, message: Bytes): Awaitable<Bytes>
  /** AES-256-GCM (NIST SP 800-38D) under a 32-byte key. */
  gcmOpener(key: Bytes): Awaitable<GcmOpener>
  /**
   * Takes back the memory of a plaintext, or of an encrypted chunk, that nobody will read again, where a platform can free it before its
   * garbage collector would. Never throws. The bytes may be detached by this, so a backend whose `open` uses its memory again
   * must not have it, nor inherit it; a view of larger memory, in which others' bytes may lie, is left alone.
   */
  release?(chunk: Bytes): void
  /**
   * AES key unwrap (RFC 3394) under a 32-byte key; `undefined` where the check value a6 a6 … does not hold, or where `wrapped` has
   * a length that can't be. Wrapped keys of the envelope have 40 bytes.
   */
  unwrapKey(wrappingKey: Bytes, wrapped: Bytes): Awaitable<Bytes | undefined>
  /**
   * Whether `signature` is by `key` over `message`: RSASSA-PSS with SHA-256, also in MGF1, and a salt of 32 bytes and no other (RFC 8017
   * section 8.1), or Ed25519 without cofactor and with `S` below the group order (RFC 8032 section 5.1.7), neither R nor the key of
   * small order. `true` and `false` alone are verdicts. `isPossibleSignature` of `otaseal/device` checks lengths, ranges and small
   * orders, about which platforms differ.
   */
  verify(key: VerifyingKey, signature: Bytes, message: Bytes): Awaitable<boolean>
  /**
   * The 32 bytes that two keys of one curve have in common (RFC 7748 section 6.1; RFC 6090 section 4, the x coordinate), or
   * `undefined` where there is no such secret: the keys are of two curves, the peer's point is not on the curve, a coordinate is not
   * reduced, the result on X25519 is all zeros, or the private key is no number of its curve. Of an X25519 key `d` alone is used; its
   * `x` may be another's. `isPossibleAgreement` of `otaseal/device` checks all of that but the zeros.
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
  /** PBKDF2 (RFC 8018 section 5.2) with the HMAC of this hash: 32 bytes. `password` is not empty, `iterations` at least 1. */
  pbkdf2(hash: 'SHA-256' | 'SHA-512', password: Bytes, salt: Bytes, iterations: number): Awaitable<Bytes>
  /** AES-256-CBC (NIST SP 800-38A) with 1 to 16 bytes of padding, under a 32-byte key. `iv` is 16 random bytes. */
  encryptCbc(key: Bytes, iv: Bytes, plaintext: Bytes): Awaitable<Bytes>
  /**
   * The plaintext without its padding, or `undefined` where there is none that holds, or where `iv` or `ciphertext` have lengths that
   * can't be. Proves nothing: CBC has no tag.
   */
  decryptCbc(key: Bytes, iv: Bytes, ciphertext: Bytes): Awaitable<Bytes | undefined>
}

/** What a publisher needs besides. */
export interface Backend extends HashingDeviceBackend {
  /** So many bytes of the platform's cryptographic generator, 0 to 65,536. Throws where the platform has none; never falls back. */
  randomBytes(length: number): Bytes
  /** Binds an AES-256-GCM key of 32 bytes, for sealing. */
  gcmSealer(key: Bytes): Awaitable<GcmSealer>
  /** AES key wrap (RFC 3394) of a 32-byte key under a 32-byte key: 40 bytes. */
  wrapKey(wrappingKey: Bytes, key: Bytes): Awaitable<Bytes>
  /** A signature as {@link DeviceBackend.verify} takes it, RSA with a fresh random salt. */
  sign(key: SigningKey, message: Bytes): Awaitable<Bytes>
  /** The 32-byte public key of a 32-byte Ed25519 seed (RFC 8032 section 5.1.5). Throws where `seed` has another length. */
  ed25519PublicKey(seed: Bytes): Awaitable<Bytes>
  /**
   * A new private key, with the members of its type alone: RSA with e = 65537 and this many bits, or Ed25519. A backend that makes no
   * RSA keys throws an `EnvelopeError` with the code `unsupported`.
   */
  generateKey(type: { readonly algorithm: 'PS256'; readonly bits: number } | { readonly algorithm: 'Ed25519' }): Awaitable<PrivateJwk>
  /** A new reader key, with the members of its type alone. Left out: X25519 and P-256 readers are refused as `backend-unavailable`. */
  generateAgreementKey?(curve: AgreementCurve): Awaitable<AgreementPrivateJwk>
  /** Left out: private keys that are encrypted with a passphrase are refused as `backend-unavailable`. */
  readonly passwords?: PasswordBackend
}
