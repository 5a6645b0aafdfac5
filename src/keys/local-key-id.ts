import { equalBytes } from '../bytes.js'
import type { ByteReader, Bytes } from '../bytes.js'
import { base64urlDecode } from '../text.js'
import { der, derTag, readDer, readSequence, takeAny, takeDer } from './der.js'

/*
 * AES-CBC proves nothing: half of a damaged Ed25519 seed decrypts to another seed, which is a private key like any
 * other. So what otaseal encrypts carries the key's own name as PKCS#8's one attribute, which others skip.
 */

/** localKeyId of PKCS#9, 1.2.840.113549.1.9.21 (RFC 2985 section 5.5.2). */
const LOCAL_KEY_ID = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x15)

/** A canonical PKCS#8 with the key's thumbprint as its attribute. */
export function withLocalKeyId(pkcs8: Uint8Array, kid: string): Bytes {
  const content = readDer(pkcs8, (reader) => takeDer(reader, derTag.sequence))
  return der(derTag.sequence, content, der(derTag.attributes, attribute(kid)))
}

/**
 * Whether a PKCS#8 that has been read names no other key than its own: it has no attributes, or the one that
 * {@link withLocalKeyId} writes. Another attribute may be what is left of that one.
 */
export function isNamedRightly(pkcs8: Uint8Array, kid: string): boolean {
  const attributes = readSequence(pkcs8, takeAttributes)
  return attributes === undefined || equalBytes(attributes, attribute(kid))
}

function attribute(kid: string): Bytes {
  const id = der(derTag.octetString, base64urlDecode(kid) ?? new Uint8Array(0))
  return der(derTag.sequence, der(derTag.objectIdentifier, LOCAL_KEY_ID), der(derTag.set, id))
}

function takeAttributes(reader: ByteReader): Uint8Array | undefined {
  const elements: (readonly [number, Uint8Array])[] = []
  while (reader.remaining > 0) elements.push(takeAny(reader))
  return elements.find(([tag]) => tag === derTag.attributes)?.[1]
}
