import { concatBytes, equalBytes } from '../bytes.js'
import { RSA_SIZE } from './keys.js'
import type { Bytes } from '../bytes.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { CapgoPrivateKey, CapgoPublicKey } from './keys.js'

/** Signs a value of 16, 32 or 48 bytes: 256 bytes, the same each time. */
export type SignValue = (value: Bytes) => Promise<Bytes>

/** The value under a signature, which must have this many bytes; `undefined` where it is not by this key. */
export type OpenValue = (signature: Bytes, length: number) => Promise<Bytes | undefined>

/**
 * What deployed plugins read as signed: block type 1 of PKCS#1 v1.5 (RFC 2313 section 8.1) around the bare value, raised to the private
 * exponent. There is no digest algorithm in it, so it is no signature of RFC 8017 section 8.2.
 */
export async function valueSigner({ jwk }: CapgoPrivateKey, backend: CapgoBackend): Promise<SignValue> {
  const sign = await backend.rsaPrivate(jwk)
  return async (value) => sign(blockOf(value))
}

/** The reverse. The whole block must be as a publisher makes it: no other type, no other byte of padding, no other length. */
export async function valueOpener({ jwk }: CapgoPublicKey, backend: CapgoBackend): Promise<OpenValue> {
  const open = await backend.rsaPublic(jwk)
  return async (signature, length) => {
    if (signature.length !== RSA_SIZE) return undefined
    const block = await open(signature)
    if (block === undefined) return undefined
    const value = block.slice(-length)
    return equalBytes(block, blockOf(value)) ? value : undefined
  }
}

/** 00 01, as many FF as fill it, 00, the value. */
function blockOf(value: Bytes): Bytes {
  const padding = new Uint8Array(RSA_SIZE - 3 - value.length).fill(0xff)
  return concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), value)
}
