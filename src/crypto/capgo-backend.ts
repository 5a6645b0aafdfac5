import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend, RsaPrivateJwk, RsaPublicJwk } from './backend.js'

/** AES-128-CBC without padding (NIST SP 800-38A section 6.2), of whole blocks of 16 bytes, under one key that is bound once. */
export interface CbcBlocks {
  /**
   * Encrypts.
   *
   * @param iv 16 bytes: the last block of ciphertext before these, or the initialisation vector
   */
  encrypt(iv: Bytes, blocks: Bytes): Awaitable<Bytes>
  /**
   * Decrypts, and proves nothing: CBC has no tag.
   *
   * @param iv the same
   */
  decrypt(iv: Bytes, blocks: Bytes): Awaitable<Bytes>
}

/** Brotli (RFC 7932), where a platform has it. */
export interface Brotli {
  /** With the default parameters: quality 11, a window of 22 bits. */
  compress(bytes: Bytes): Awaitable<Bytes>
  /** `undefined` where the input is not Brotli, or decompresses to more than `maxSize` bytes. */
  decompress(bytes: Bytes, maxSize: number): Awaitable<Bytes | undefined>
}

/** What the format of deployed Capgo plugins takes of a platform. Callers promise exact lengths and keys of 2048 bits. */
export interface CapgoBackend extends Pick<Backend, 'name' | 'sha256' | 'hasher' | 'randomBytes' | 'generateKey' | 'release'> {
  /**
   * Binds an AES key.
   *
   * @param key 16 bytes
   */
  cbc(key: Bytes): Awaitable<CbcBlocks>
  /** RSAVP1 (RFC 8017 section 5.2.2), of 256 bytes; `undefined` where they are not below the modulus. */
  rsaPublic(key: RsaPublicJwk): Awaitable<(signature: Bytes) => Awaitable<Bytes | undefined>>
  /** RSASP1 (RFC 8017 section 5.2.1) with CRT, of 256 bytes that are below the modulus. */
  rsaPrivate(key: RsaPrivateJwk): Awaitable<(block: Bytes) => Awaitable<Bytes>>
  /** RSAES-OAEP with SHA-256 (RFC 8017 section 7.1.2), of 256 bytes; `undefined` where the message does not hold. */
  oaepDecrypt(key: RsaPrivateJwk, ciphertext: Bytes): Awaitable<Bytes | undefined>
  /** Left out: files are not compressed, and compressed ones can't be read. */
  readonly brotli?: Brotli
}
