import { ed25519 } from '@noble/curves/ed25519.js'
import { readPlan } from '../../../src/build/options.js'
import { sealBundle } from '../../../src/build/encrypt-bundle.js'
import { signPayload } from '../../../src/build/sign-head.js'
import { readSigner } from '../../../src/build/signer.js'
import { readSigners } from '../../../src/build/signers.js'
import { copyBytes } from '../../../src/bytes.js'
import { nobleAgreementKey } from '../../../src/crypto/noble-agree.js'
import { nobleBackend } from '../../../src/crypto/noble-build.js'
import { joinEnvelope } from '../../../src/format/container.js'
import { HEAD_TYPE } from '../../../src/format/head.js'
import { LINK_TYPE } from '../../../src/format/link.js'
import { TRUST_TYPE } from '../../../src/trust/update.js'
import { randomOf } from '../../random.js'
import keys from '../keys.json' with { type: 'json' }
import { bundleBytes } from '../bytes.js'
import type { Bytes } from '../../../src/bytes.js'
import type { EncryptOptions } from '../../../src/build/options.js'
import type { SignatureText } from '../../../src/build/sign-head.js'
import type { Backend } from '../../../src/crypto/backend.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { LinkClaims } from '../../../src/format/link.js'
import type { KeyInput } from '../../../src/keys/types.js'
import type { TrustStore } from '../../../src/trust/store.js'

export { keys }

/** Seconds since 1970: when all is published, and when devices look at it. */
export const CREATED = 1_750_000_000
export const NOW = 1_760_000_000
export const CHUNK = 16_384

let random = randomOf(0)
const seeded = (length: number): Bytes => new Uint8Array(length).map(() => Math.floor(random() * 256))

/** Begins a family. */
export function restart(): void {
  random = randomOf(20_260_807)
}

/** What happens at once with a generator of random bytes that the platform's stands back for: that of the seed. */
export function withSeed<T>(work: () => T): T {
  const { crypto } = globalThis
  const getRandomValues = <A extends Uint8Array>(array: A): A => (array.set(seeded(array.length)), array)
  Object.defineProperty(crypto, 'getRandomValues', { value: getRandomValues, configurable: true })
  try {
    return work()
  } finally {
    Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}

/** All that is random comes from a seed, the salts of RSA signatures as well. */
export const backend: Backend = {
  ...nobleBackend,
  randomBytes: seeded,
  generateAgreementKey: (curve) => nobleAgreementKey(curve, seeded),
  sign: (key, message) => withSeed(() => nobleBackend.sign(key, message)),
}

/** An honest release. */
export async function seal(size: number, more: Partial<EncryptOptions> = {}): Promise<EnvelopeParts> {
  return sealBytes(copyBytes(bundleBytes(size)), more)
}

/** The same of any bundle. */
export async function sealBytes(bundle: Bytes, more: Partial<EncryptOptions> = {}): Promise<EnvelopeParts> {
  const plan = readPlan({
    signer: keys.ed25519,
    app: 'com.example.app',
    version: '1.4.0',
    sequence: 1000,
    channel: 'production',
    chunkSize: CHUNK,
    backend,
    ...more,
  })
  const dated = { ...plan, claims: { ...plan.claims, created: CREATED } }
  const { head, payload } = await sealBundle(bundle, dated, await readSigners(dated))
  return { head, payload }
}

/** A head and a header as their JSON has them, to be changed. */
export interface RawHead {
  payload: string
  signatures: SignatureText[]
  keys: string[]
  chain?: string[]
}
export interface RawHeader {
  version: string
  bundle: { size: number; checksum: string }
  body: { alg: string; salt: string; commitment: string; index: string }
}

export const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url')
export const fromBase64url = (text: string): Bytes => copyBytes(Buffer.from(text, 'base64url'))
export const headOf = ({ head }: Pick<EnvelopeParts, 'head'>): RawHead => JSON.parse(head) as RawHead
export const headerOf = (envelope: EnvelopeParts): RawHeader => JSON.parse(Buffer.from(headOf(envelope).payload, 'base64url').toString()) as RawHeader

/** The envelope with members of its head changed, and nothing signed again. */
export function withHead(envelope: EnvelopeParts, edit: (head: RawHead) => unknown): EnvelopeParts {
  const head = headOf(envelope)
  edit(head)
  return { head: JSON.stringify(head), payload: envelope.payload }
}

/** A signature of a kind over the base64url of a JSON. */
export async function signatureBy(key: KeyInput, payload: string, type: string = HEAD_TYPE): Promise<SignatureText> {
  return signPayload(payload, await readSigner(key, backend), type)
}

/** The envelope with another member `payload`, signed. */
export async function withPayload(envelope: EnvelopeParts, payload: string, signer: KeyInput = keys.ed25519): Promise<EnvelopeParts> {
  const signature = await signatureBy(signer, payload)
  return withHead(envelope, (head) => Object.assign(head, { payload, signatures: [signature] }))
}

export const headerText = (envelope: EnvelopeParts): string => Buffer.from(headOf(envelope).payload, 'base64url').toString()

/** The envelope with the text of its header changed, and signed again. */
export async function resigned(envelope: EnvelopeParts, edit: (header: string) => string | Uint8Array): Promise<EnvelopeParts> {
  return withPayload(envelope, base64url(edit(headerText(envelope))))
}

/** The envelope with the text of its `protected` changed, and signed again, by Ed25519. */
export function withProtected(envelope: EnvelopeParts, edit: (header: string) => string): EnvelopeParts {
  return withHead(envelope, (head) => {
    const member = base64url(edit(Buffer.from((head.signatures[0] as SignatureText).protected, 'base64url').toString()))
    head.signatures = [{ protected: member, signature: base64url(signed(Buffer.from(`${member}.${head.payload}`))) }]
  })
}

/** The envelope with members of its signed header changed, and signed again. */
export async function withHeader(envelope: EnvelopeParts, edit: (header: RawHeader) => unknown): Promise<EnvelopeParts> {
  return resigned(envelope, (text) => {
    const header = JSON.parse(text) as RawHeader
    edit(header)
    return JSON.stringify(header)
  })
}

/** The envelope with its one signature, of Ed25519, made in another way. */
export function withSignature(envelope: EnvelopeParts, sign: (message: Uint8Array) => Uint8Array, more: object = {}): EnvelopeParts {
  return withHead(envelope, (head) => {
    const [first] = head.signatures as [SignatureText]
    const claims = { ...(JSON.parse(Buffer.from(first.protected, 'base64url').toString()) as object), ...more }
    const header = base64url(JSON.stringify(claims))
    head.signatures = [{ protected: header, signature: base64url(sign(Buffer.from(`${header}.${head.payload}`))) }]
  })
}

/** The honest way of it. */
export const signed = (message: Uint8Array): Uint8Array => ed25519.sign(message, fromBase64url(keys.ed25519.d))

/** By which a root key delegates, whatever the clock says. */
export async function link(root: KeyInput, claims: LinkClaims): Promise<string> {
  const payload = base64url(JSON.stringify(claims))
  const { protected: header, signature } = await signatureBy(root, payload, LINK_TYPE)
  return `${header}.${payload}.${signature}`
}

export async function trustUpdate(store: TrustStore, ...by: readonly KeyInput[]): Promise<string> {
  const payload = base64url(JSON.stringify(store))
  const signatures: SignatureText[] = []
  for (const key of by) signatures.push(await signatureBy(key, payload, TRUST_TYPE))
  return JSON.stringify({ payload, signatures })
}

export const fileOf = ({ head, payload }: EnvelopeParts): Uint8Array => joinEnvelope(head, payload)

/** Bytes of memory of their own with one bit changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
}
