import { EnvelopeError, decodeHead, splitEnvelope } from 'otaseal/device'
import { sizeText } from './text.js'
import type { DecodedHead } from 'otaseal/device'

/** The magic, the size of the head, and the largest head. */
const START_SIZE = 12 + 262_144
/** Keys, trust stores and heads are smaller. */
const TEXT_SIZE_MAX = 524_288

/** An envelope as far as it is here; nothing in it is believed. */
export interface Source {
  readonly name: string
  readonly head: string
  readonly decoded: DecodedHead
  /** Not read yet; `undefined` where only the head is here. */
  readonly payload: Blob | undefined
}

/** What a file turned out to be. */
export type Item =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'trust'; readonly text: string }
  | { readonly kind: 'reader'; readonly text: string }
  | { readonly kind: 'other'; readonly why: string }
  | { readonly kind: 'refused'; readonly check: 'container' | 'form'; readonly error: EnvelopeError }

/** Tells what a file is by its first bytes; of an envelope no more than its head is read. */
export async function itemOf(file: File): Promise<Item> {
  const start = new Uint8Array(await file.slice(0, START_SIZE).arrayBuffer())
  if (start[0] === 0x89) return envelopeItem(file, start)
  const text = file.size <= TEXT_SIZE_MAX ? await textOf(file) : undefined
  return (text === undefined ? undefined : textItem(file.name, text)) ?? refusedStart(start)
}

/** A small text file; `undefined` where it is no UTF-8. */
export async function textOf(file: File): Promise<string | undefined> {
  if (file.size > TEXT_SIZE_MAX) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function envelopeItem(file: File, start: Uint8Array): Item {
  try {
    const { head, payload } = splitEnvelope(start)
    return headItem(file.name, head, file.slice(start.length - payload.length))
  } catch (error) {
    return refusal('container', error)
  }
}

/** A head that came by itself or with its payload. */
export function headItem(name: string, head: string, payload?: Blob): Item {
  try {
    return { kind: 'source', source: { name, head, decoded: decodeHead(head), payload } }
  } catch (error) {
    return refusal('form', error)
  }
}

function refusal(check: 'container' | 'form', error: unknown): Item {
  if (!(error instanceof EnvelopeError)) throw error
  return { kind: 'refused', check, error }
}

/** The library says what a file looks like that is no envelope. */
function refusedStart(start: Uint8Array): Item {
  try {
    splitEnvelope(start)
    throw new Error('an envelope that starts otherwise')
  } catch (error) {
    return refusal('container', error)
  }
}

function textItem(name: string, text: string): Item | undefined {
  const secret = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)
  if (text.includes('-----BEGIN ')) return { kind: secret ? 'reader' : 'trust', text }
  if (!text.trimStart().startsWith('{')) return strangeText(text)
  const members = membersOf(text)
  if (members.has('payload') && members.has('signatures')) {
    if (members.has('keys')) return headItem(name, text)
    return { kind: 'other', why: 'is a signed trust update, or a head without key slots: pass the trust store that it leads to' }
  }
  if (members.has('kty')) return { kind: members.has('d') ? 'reader' : 'trust', text }
  if (members.has('keys')) return { kind: 'trust', text }
  return { kind: 'other', why: 'is JSON, but no head, key or trust store' }
}

function strangeText(text: string): Item | undefined {
  if (!/^[A-Za-z0-9+/]+=*:[A-Za-z0-9+/]+=*\s*$/.test(text)) return undefined
  return { kind: 'other', why: 'looks like the session key of a release for deployed Capgo plugins, which is another format' }
}

function membersOf(text: string): ReadonlySet<string> {
  try {
    const value: unknown = JSON.parse(text)
    return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : [])
  } catch {
    // It is said to be no JSON of ours.
    return new Set()
  }
}

/** What is at hand of an envelope, for people. */
export function sourceText({ decoded, payload }: Source): string {
  if (payload === undefined) return 'a head; its payload is not here'
  const { payloadLength } = decoded
  const whole = payload.size === payloadLength
  return whole ? `an envelope, payload ${sizeText(payload.size)}` : `an envelope with a payload of ${sizeText(payload.size)}, where its head says ${sizeText(payloadLength)}`
}
