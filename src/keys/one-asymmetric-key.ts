import { equalBytes } from '../bytes.js'
import type { ByteReader } from '../bytes.js'
import { badDer, derTag, readDer, readSequence, takeAny, takeDer, takeInteger, wholeBits } from './der.js'

const V1 = Uint8Array.of(0)
const V2 = Uint8Array.of(1)

/** What a PKCS#8 holds: contents of its elements, none of them looked into. */
export interface OneAsymmetricKey {
  /** Of the AlgorithmIdentifier. */
  readonly identifier: Uint8Array
  readonly octets: Uint8Array
  /** The public key that comes along. */
  readonly publicBits: Uint8Array | undefined
}

/**
 * Takes a DER PrivateKeyInfo or OneAsymmetricKey apart (RFC 5208 section 5, RFC 5958 section 2); attributes are skipped.
 *
 * @throws EnvelopeError `bad-key`
 */
export function readOneAsymmetricKey(pkcs8: Uint8Array): OneAsymmetricKey {
  return readSequence(pkcs8, (reader) => {
    const version = takeInteger(reader)
    const isV2 = equalBytes(version, V2)
    if (!isV2 && !equalBytes(version, V1)) throw badDer()
    const identifier = takeDer(reader, derTag.sequence)
    const octets = takeDer(reader, derTag.octetString)
    const rest = takeTail(reader, isV2 ? [derTag.attributes, derTag.publicKey] : [derTag.attributes])
    readDer(rest.get(derTag.attributes) ?? new Uint8Array(0), takeAttributes)
    const bits = rest.get(derTag.publicKey)
    return { identifier, octets, publicBits: bits && wholeBits(bits) }
  })
}

/**
 * The optional elements at the end, each at most once and in the order of `tags`.
 *
 * @throws EnvelopeError `bad-key`
 */
export function takeTail(reader: ByteReader, tags: readonly number[]): ReadonlyMap<number, Uint8Array> {
  const elements: (readonly [number, Uint8Array])[] = []
  while (reader.remaining > 0) elements.push(takeAny(reader))
  const found = elements.map(([tag]) => tag)
  const allowed = tags.filter((tag) => found.includes(tag))
  if (found.join() !== allowed.join()) throw badDer()
  return new Map(elements)
}

function takeAttributes(reader: ByteReader): void {
  while (reader.remaining > 0) {
    readDer(takeDer(reader, derTag.sequence), (attribute) => {
      takeDer(attribute, derTag.objectIdentifier)
      takeDer(attribute, derTag.set)
    })
  }
}
