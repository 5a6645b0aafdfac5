import { createHash, createPublicKey } from 'node:crypto'
import { bundleBytes } from '../bytes.js'
import { NOW, base64url, fileOf, headOf, keys } from './publisher.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { TrustStore, TrustStoreKey } from '../../../src/trust/store.js'
import type { DeviceVectorOptions, Operation, Vector } from '../vector.js'

interface PrivateNumbers {
  readonly kty: string
  readonly crv?: string
  readonly x?: string
  readonly n?: string
  readonly e?: string
}

/** The public half of a key pair, of exactly the members that its thumbprint is made of. */
export function publicOf({ kty, crv, x, n, e }: PrivateNumbers): KeyMember {
  return (kty === 'RSA' ? { kty, n, e } : { kty, crv, x }) as KeyMember
}

export const pemOf = (key: PrivateNumbers): string =>
  createPublicKey({ key: { ...publicOf(key) }, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString()

/** The thumbprint of a public key (RFC 7638). */
export function kidOf(key: PrivateNumbers): string {
  const members = Object.entries(publicOf(key)).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(members))).digest('base64url')
}

export const publisher: KeyMember = publicOf(keys.ed25519)

/** A trust store of these keys, each active where nothing else is said. */
export function storeOf(entries: readonly (Partial<TrustStoreKey> & { readonly key: KeyMember })[], more: Partial<TrustStore> = {}): TrustStore {
  return { epoch: 1, threshold: 1, minSequence: 0, keys: entries.map((entry) => ({ status: 'active', ...entry })), ...more }
}

/** A device that takes the publisher's releases. */
export const device: DeviceVectorOptions = { trust: publisher, app: 'com.example.app', channel: 'production', lastSequence: 999, now: NOW }

/** A private key that opens slots. */
export const jwk = (key: object): NonNullable<DeviceVectorOptions['reader']> => ({ jwk: key }) as NonNullable<DeviceVectorOptions['reader']>

/** One of which nothing is wrong. */
export function accepted<Options>(operation: Operation, name: string, { input, output }: Record<'input' | 'output', Uint8Array>, options: Options): Vector<Options> {
  const sha256 = createHash('sha256').update(output).digest('hex')
  return { name, operation, options, input: base64url(input), output: { size: output.length, sha256 } }
}

/** One with one thing wrong. */
export function refused<Options>(operation: Operation, [code, name]: readonly [ErrorCode, string], input: Uint8Array, options: Options): Vector<Options> {
  return { name: `${code}: ${name}`, operation, options, input: base64url(input), code }
}

/** The same, seen by a server, which has no reader key and decrypts nothing. */
export const serverAccepts = <V extends Vector>(vector: V): V => ({ ...vector, serverAccepts: true })

type DeviceVector = Vector<DeviceVectorOptions>
type Demands = Partial<DeviceVectorOptions>

export function acceptedEnvelope(name: string, size: number, envelope: EnvelopeParts, more: Demands = {}): DeviceVector {
  return accepted('envelope', name, { input: fileOf(envelope), output: bundleBytes(size) }, { ...device, ...more })
}

export function refusedEnvelope(code: ErrorCode, name: string, envelope: EnvelopeParts | Uint8Array, more: Demands = {}): DeviceVector & { readonly code: ErrorCode } {
  const input = 'head' in envelope ? fileOf(envelope) : envelope
  return { ...refused('envelope', [code, name], input, { ...device, ...more }), code }
}

/** A head of a release of so many bytes. */
export function acceptedHead(name: string, size: number, envelope: Pick<EnvelopeParts, 'head'>, more: Demands = {}): DeviceVector {
  const checksum = createHash('sha256').update(bundleBytes(size)).digest('hex')
  const header = Buffer.from(headOf(envelope).payload, 'base64url')
  const output = Buffer.concat([Buffer.from(`${checksum}\n`), header])
  return accepted('head', name, { input: Buffer.from(envelope.head), output }, { ...device, ...more })
}

export function refusedHead(code: ErrorCode, name: string, envelope: Pick<EnvelopeParts, 'head'> | Uint8Array, more: Demands = {}): DeviceVector {
  const input = 'head' in envelope ? Buffer.from(envelope.head) : envelope
  return refused('head', [code, name], input, { ...device, ...more })
}
