import { expect } from 'vitest'
import { nodeSign } from './signers.js'
import type { EnvelopeParts } from '../../src/index.js'
import type { TestSigner } from './signers.js'

/** A head as its JSON has it, to be changed at will. */
export interface RawHead {
  payload: string
  signatures: { protected: string; signature: string }[]
  keys: string[]
  chain?: string[]
}

/** A signed header as its JSON has it, to be changed at will. */
export interface RawHeader {
  app: string
  version: string
  sequence: number
  channel?: string
  created: number
  expires?: number
  bundle: { size: number; checksum: string; type: string }
  body: { alg: string; chunk: number; salt: string; commitment: string; index: string }
  meta?: Record<string, string>
}

export type Edit<T> = (value: T) => unknown

export const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url')
export const fromBase64url = (text: string): Buffer => Buffer.from(text, 'base64url')

export function rawHead(head: string): RawHead {
  return JSON.parse(head) as RawHead
}

export function headerText(head: string): string {
  return fromBase64url(rawHead(head).payload).toString()
}

export function rawHeader(head: string): RawHeader {
  return JSON.parse(headerText(head)) as RawHeader
}

/** The envelope with members of its head changed; signatures stay as they are. */
export function withHead(envelope: EnvelopeParts, edit: Edit<RawHead>): EnvelopeParts {
  const head = rawHead(envelope.head)
  edit(head)
  return { head: JSON.stringify(head), payload: envelope.payload }
}

/** The envelope with the text of its head changed. */
export function withHeadText(envelope: EnvelopeParts, edit: (text: string) => string): EnvelopeParts {
  const head = edit(envelope.head)
  expect(head, 'the edit must change something').not.toBe(envelope.head)
  return { head, payload: envelope.payload }
}

/** What a signature claims of itself, and how it is made; by default the honest way. */
export interface SignatureForm {
  readonly protected?: string
  readonly sign?: (message: Uint8Array, signer: TestSigner) => Uint8Array
}

export function protectedText(signer: TestSigner, more: object = {}): string {
  return JSON.stringify({ alg: signer.alg, kid: signer.kid, typ: 'otaseal-head-v2', ...more })
}

/** One signature over a `payload` member, whatever that is. */
export function signatureOver(payload: string, signer: TestSigner, form: SignatureForm = {}): RawHead['signatures'][0] {
  const header = base64url(form.protected ?? protectedText(signer))
  const message = Buffer.from(`${header}.${payload}`)
  return {
    protected: header,
    signature: base64url((form.sign ?? ((bytes) => nodeSign(signer, bytes)))(message, signer)),
  }
}

/** The envelope with this `payload` member, honestly signed. */
export function withSignedMember(envelope: EnvelopeParts, payload: string, signer: TestSigner): EnvelopeParts {
  return withHead(envelope, (head) => {
    head.payload = payload
    head.signatures = [signatureOver(payload, signer)]
  })
}

/** The envelope with the bytes of its header changed and honestly signed again: only the one thing is wrong. */
export function withSignedText(
  envelope: EnvelopeParts,
  signer: TestSigner,
  edit: (text: string) => string | Uint8Array,
): EnvelopeParts {
  const text = headerText(envelope.head)
  const edited = edit(text)
  expect(Buffer.from(edited).equals(Buffer.from(text)), 'the edit must change something').toBe(false)
  return withSignedMember(envelope, base64url(edited), signer)
}

/** The envelope with members of its header changed and honestly signed again. */
export function withSigned(envelope: EnvelopeParts, signer: TestSigner, edit: Edit<RawHeader>): EnvelopeParts {
  const header = rawHeader(envelope.head)
  edit(header)
  return withSignedMember(envelope, base64url(JSON.stringify(header)), signer)
}

/** The envelope with its one signature made anew, in a form that may be hostile. */
export function withSignature(envelope: EnvelopeParts, signer: TestSigner, form: SignatureForm): EnvelopeParts {
  return withHead(envelope, (head) => (head.signatures = [signatureOver(head.payload, signer, form)]))
}

/** The envelope with another payload of bytes. */
export function withPayload(envelope: EnvelopeParts, edit: Edit<Uint8Array<ArrayBuffer>>): EnvelopeParts {
  const payload = new Uint8Array(envelope.payload)
  edit(payload)
  return { head: envelope.head, payload }
}

/** The same members, the last first. */
export const reordered = (value: object): object => Object.fromEntries(Object.entries(value).reverse())
