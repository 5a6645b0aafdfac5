import { createPrivateKey, sign } from 'node:crypto'
import { envelopeSource } from '../../../src/device/envelope-stream.js'
import { decodeHead } from '../../../src/device/decode-head.js'
import { openEnvelope } from '../../../src/device/open-envelope.js'
import { joinEnvelope, splitEnvelope } from '../../../src/format/container.js'
import { geometriesOfPayload } from '../../../src/format/geometry.js'
import { HEAD_TYPE, parseHead } from '../../../src/format/head.js'
import { parseHeader } from '../../../src/format/header.js'
import { protectedHeader } from '../../../src/format/jws.js'
import { LINK_TYPE, parseLink } from '../../../src/format/link.js'
import { nobleDeviceBackend } from '../../../src/crypto/noble.js'
import { attempt, base64url, bytesOf, must, mustAgree, partsOf, streamOf, textOf } from '../oracle.js'
import { decoded, demands, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'
import type { Header } from '../../../src/format/header.js'

const files = (): readonly Uint8Array[] => fixtures.envelopes.map(({ bytes }) => decoded(bytes))
const heads = (): readonly string[] => files().map((file) => splitEnvelope(file).head)
const payloads = (): readonly string[] => heads().map((head) => (JSON.parse(head) as { readonly payload: string }).payload)
const headers = (): readonly Uint8Array[] => payloads().map((payload) => new Uint8Array(Buffer.from(payload, 'base64url')))

export const container: Target = {
  name: 'container',
  seeds: () => [...files(), bytesOf('PK\u0003\u0004'), bytesOf('{"payload":""}'), bytesOf('iU9UQVYyChoA')],
  run: async (input) => {
    const whole = await attempt(() => splitEnvelope(input))
    const streamed = await attempt(async () => {
      const { head, source } = envelopeSource(streamOf(input, [1 + ((input[9] ?? 0) % 7), 64, 1]))
      return { head: await head(), payload: await source.take(input.length + 1) }
    })
    mustAgree(streamed, whole, 'a stream and bytes are split alike')
    if (whole.code === undefined) mustAgree(joinEnvelope(whole.value.head, whole.value.payload), input, 'what is split can be joined')
  },
}

export const head: Target = {
  name: 'head',
  seeds: () => heads().map(bytesOf),
  run: async (input) => {
    const text = textOf(input)
    const parsed = await attempt(() => parseHead(input))
    if (bytesOf(text).length === input.length && !text.includes('\ufffd')) mustAgree(await attempt(() => parseHead(text)), parsed, 'bytes and text are read alike')
    mustAgree((await attempt(() => decodeHead(input))).code, parsed.code, 'what is read can be shown')
    if (parsed.code !== undefined) return
    const { payload, slots, links, signatures, header, geometry } = parsed.value
    const raw = JSON.parse(text) as { readonly payload: string; readonly keys: readonly string[]; readonly signatures: readonly { readonly protected: string; readonly signature: string }[]; readonly chain?: readonly string[] }
    mustAgree(await attempt(() => parseHead(raw)), parsed, 'text and its object are read alike')
    mustAgree(await attempt(() => parseHead(JSON.stringify(raw, null, '\t'))), parsed, 'layout changes nothing')
    mustAgree([payload, slots], [raw.payload, raw.keys], 'what is signed is what stands there')
    mustAgree(signatures.map(({ message, signature }) => [textOf(message), base64url(signature)]), raw.signatures.map((one) => [`${one.protected}.${raw.payload}`, one.signature]), 'each signature is over its own header and the payload')
    mustAgree(links.map(({ message, signature }) => `${textOf(message)}.${base64url(signature)}`), raw.chain ?? [], 'links are what stands there')
    checkHeader(header, new Uint8Array(Buffer.from(payload, 'base64url')))
    must(geometry.payloadLength > 999_999_999_999 || geometriesOfPayload(geometry.payloadLength).some(({ size, chunkSize }) => size === header.bundle.size && chunkSize === header.body.chunk), 'lengths have an inverse')
  },
}

const NAME = /^[A-Za-z0-9._+-]{1,128}$/

/** What the specification says of a header, in other words than the code. */
function checkHeader(header: Header, bytes: Uint8Array): void {
  mustAgree(bytesOf(JSON.stringify(header)), bytes, 'a header is written as it was read')
  const { app, version, channel = 'x', runtime = 'x', sequence, created, expires = 0, bundle, body, meta = {} } = header
  must([app, version, channel, runtime].every((name) => NAME.test(name)), 'names have the characters of names')
  must([sequence, created, expires, bundle.size].every((number) => Number.isSafeInteger(number) && number >= 0), 'numbers are whole and not negative')
  must(Math.max(created, expires) <= 253_402_300_799, 'times have four digits for the year')
  must([bundle.checksum, body.commitment, body.index].every((digest) => Buffer.from(digest, 'base64url').length === 32) && Buffer.from(body.salt, 'base64url').length === 24, 'digests and salts have their lengths')
  must(Object.entries(meta).flat().every((text) => typeof text === 'string' && !/\p{Surrogate}/u.test(text)) && bytesOf(JSON.stringify(meta)).length <= 16_384, 'meta holds text, and not too much')
  must(Math.floor(bundle.size / body.chunk) < 1_048_576, 'the number of chunks is bounded')
}

export const header: Target = {
  name: 'header',
  seeds: headers,
  run: async (input) => {
    const { value } = await attempt(() => parseHeader(input))
    if (value !== undefined) checkHeader(value.header, input)
  },
}

export const protectedHeaders: Target = {
  name: 'protected-header',
  seeds: () => [['Ed25519', HEAD_TYPE], ['PS256', LINK_TYPE]].map(([alg, typ]) => bytesOf(JSON.stringify({ alg, kid: fixtures.keys.a.kid, typ }))),
  run: async (input) => {
    for (const text of [textOf(input), base64url(input)]) {
      const [asHead, asLink] = [await attempt(() => protectedHeader(text, HEAD_TYPE, 'head')), await attempt(() => protectedHeader(text, LINK_TYPE, 'link'))]
      must(asHead.code !== undefined || asLink.code === 'unsupported', 'a signature is of one type alone')
      const [read, typ] = asHead.code === undefined ? [asHead, HEAD_TYPE] : [asLink, LINK_TYPE]
      if (read.code === undefined) mustAgree(JSON.parse(Buffer.from(text, 'base64url').toString()), { ...read.value, typ }, 'it says nothing else')
    }
  },
}

export const link: Target = {
  name: 'link',
  seeds: () => [bytesOf(fixtures.link), Buffer.concat(fixtures.link.split('.').flatMap((part) => [Buffer.from(part, 'base64url'), Buffer.from('\n')]).slice(0, -1))],
  run: async (input) => {
    for (const text of [textOf(input), partsOf(input, 3).map(base64url).join('.')]) {
      const { value } = await attempt(() => parseLink(text, 'link'))
      if (value === undefined) continue
      const [protectedPart = '', claims = '', signature] = text.split('.')
      mustAgree([textOf(value.message), base64url(value.signature)], [`${protectedPart}.${claims}`, signature], 'all of it is signed')
      mustAgree(Buffer.from(JSON.stringify(value.claims)), Buffer.from(claims, 'base64url'), 'a link says what stands there')
      must(value.claims.notBefore <= value.claims.notAfter && !('d' in value.claims.key), 'its time does not end before it begins, and its key is public')
    }
  },
}

/** A head with this header, which the trusted key signs whatever it is. */
function signedHead(header: Uint8Array): string {
  const key = createPrivateKey(fixtures.keys.a.privateKey)
  const raw = JSON.parse(heads()[0] ?? '') as { readonly keys: readonly string[] }
  const [payload, member] = [base64url(header), base64url(bytesOf(JSON.stringify({ alg: 'Ed25519', kid: fixtures.keys.a.kid, typ: HEAD_TYPE })))]
  const signature = base64url(sign(null, Buffer.from(`${member}.${payload}`), key))
  return JSON.stringify({ payload, signatures: [{ protected: member, signature }], keys: raw.keys })
}

export const claims: Target = {
  name: 'claims',
  seeds: () => headers().slice(0, 1).concat(['"runtime":"ios-7"', '"expires":1760000001', '"meta":{"a":"b"}'].map((member) => bytesOf(textOf(headers()[0] ?? bytesOf('')).replace('{', `{${member},`)))).concat([5, 999].map((sequence) => bytesOf(textOf(headers()[0] ?? bytesOf('')).replace('"sequence":1000', `"sequence":${sequence}`)))),
  run: async (input) => {
    const options = { trust: fixtures.keys.a.publicKey, ...demands, runtime: 'ios-7', maxSize: 1000, type: 'application/octet-stream' }
    for (const { runtime, ...plain } of [options, { ...options, runtime: undefined }]) {
      const wanted = { ...plain, ...(runtime !== undefined && { runtime }) }
      const signed = signedHead(input)
      const opened = await attempt(() => openEnvelope(signed, wanted))
      mustAgree((await attempt(() => openEnvelope(signed, { ...wanted, backend: nobleDeviceBackend }))).code, opened.code, 'both backends judge alike')
      if (opened.code !== undefined) continue
      const said = JSON.parse(textOf(input)) as Header
      must(said.app === demands.app && said.channel === demands.channel && said.sequence > demands.lastSequence, 'app, channel and sequence are those that are demanded')
      must((said.expires ?? Infinity) > demands.now && said.bundle.size <= 1000 && said.bundle.type === 'application/octet-stream', 'it has not expired, and has the size and type')
      must(runtime === undefined || said.runtime === runtime, 'the runtime is the one that is demanded')
    }
  },
}
