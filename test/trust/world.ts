import { expect } from 'vitest'
import { EnvelopeError, openEnvelope, verifyAndDecrypt, verifyEnvelope, verifyTrustUpdate } from '../../src/index.js'
import { backends } from '../backends.js'
import { base64url, rawHeader, signatureOver, withHead } from '../envelope/hostile.js'
import { pattern, sameAs, seal } from '../envelope/helpers.js'
import { expectNoSecrets, keepSecretBytes } from '../envelope/secrets.js'
import { freshEd25519 } from '../envelope/signers.js'
import { NOW, nameOf } from './signed.js'
import type { DeviceOptions, Envelope, EnvelopeParts, TrustInput, TrustUpdateInput, TrustUpdateOptions } from '../../src/index.js'
import type { Edit, RawHead, RawHeader } from '../envelope/hostile.js'
import type { TestSigner } from '../envelope/signers.js'

export type RawSignature = RawHead['signatures'][0]

/** A key that signs honestly, or whatever else is to stand in `signatures`. */
export type SignedBy = TestSigner | ((payload: string) => RawSignature)

/** Opens every envelope of these tests, so that slots decide nothing. */
export const secret: Uint8Array<ArrayBuffer> = pattern(32, 4711)
keepSecretBytes('reader secret', secret)

export const bundle: Uint8Array<ArrayBuffer> = pattern(3)
const base: Envelope = await seal(freshEd25519(), bundle, { readers: [secret] })

/** A release of com.example.app, channel production, sequence 1000, whose head is made by hand. */
export function release(by: readonly SignedBy[], links: readonly string[] = [], edit: Edit<RawHeader> = () => undefined): EnvelopeParts {
  const header = rawHeader(base.head)
  edit(header)
  const payload = base64url(JSON.stringify(header))
  return withHead(base, (head) => {
    head.payload = payload
    head.signatures = by.map((one) => (typeof one === 'function' ? one(payload) : signatureOver(payload, one)))
    if (links.length > 0) head.chain = [...links]
  })
}

/** The honest signature of another release under this one. */
export const stale = (signer: TestSigner): SignedBy => (payload) => ({
  protected: signatureOver(payload, signer).protected,
  signature: signatureOver(`${payload}A`, signer).signature,
})

/** A signature that names the key of `claimed` and is made by another. */
export const forgedBy = (claimed: TestSigner, by: TestSigner): SignedBy => (payload) =>
  signatureOver(payload, by, { protected: JSON.stringify({ alg: claimed.alg, kid: claimed.kid, typ: 'otaseal-head-v2' }) })

/** A signature whose bytes are none. */
export const broken = (signer: TestSigner): SignedBy => (payload) => ({
  ...signatureOver(payload, signer),
  signature: base64url(pattern(signer.alg === 'Ed25519' ? 64 : 384)),
})

async function outcome(work: () => Promise<{ readonly signers: readonly string[] }>): Promise<string> {
  try {
    const { signers } = await work()
    return ['accepted', ...signers.map(nameOf)].join(' ')
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    expectNoSecrets(error)
    return error.code
  }
}

/** `accepted` and the names of those that it counts for, or the code of the refusal; every backend and door must agree. */
export async function verdict(envelope: EnvelopeParts, trust: TrustInput, more: Partial<DeviceOptions> = {}): Promise<string> {
  const options = { trust, app: null, channel: null, lastSequence: null, now: NOW, reader: secret, ...more }
  const found: string[] = []
  for (const backend of backends) {
    found.push(await outcome(async () => {
      const opened = await verifyAndDecrypt(envelope, { ...options, backend })
      expect(opened.bundle).toSatisfy(sameAs(bundle))
      return opened
    }))
  }
  found.push(await outcome(() => openEnvelope(envelope.head, options)), await outcome(() => verifyEnvelope(envelope, options)))
  expect(new Set(found), found.join(', ')).toHaveProperty('size', 1)
  return found[0] as string
}

/** `changed` and the names of the old store's keys that signed, `unchanged`, or the code of the refusal; every backend must agree. */
export async function updateVerdict(update: TrustUpdateInput, trust: TrustInput, more: Partial<TrustUpdateOptions> = {}): Promise<string> {
  const found: string[] = []
  for (const backend of backends) {
    const result = await outcome(async () => {
      const { changed, signers } = await verifyTrustUpdate(update, { trust, now: NOW, backend, ...more })
      return { signers: changed ? ['changed', ...signers] : ['unchanged', ...signers] }
    })
    found.push(result.replace(/^accepted /, ''))
  }
  expect(new Set(found), found.join(', ')).toHaveProperty('size', 1)
  return found[0] as string
}
