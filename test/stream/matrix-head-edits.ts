import { joinEnvelope } from '../../src/index.js'
import { movedByGroupOrder, withTorsion } from '../envelope/ed25519-forgery.js'
import { CHUNK, pattern } from '../envelope/helpers.js'
import {
  base64url, protectedText, rawHead, rawHeader, signatureOver, withHead, withHeadText, withSignature, withSigned,
} from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { bundle, bytesOf, other, sealed, signer, withoutSlots } from './matrix-honest.js'
import type { Row } from './matrix-honest.js'

const file = joinEnvelope(sealed.head, sealed.payload)
const { payload } = sealed
const HEAD = Buffer.byteLength(sealed.head)
const INDEX_BLOCK = 3 * 32 + 56
const SEALED = CHUNK + 16
const stranger = freshEd25519()

const fileWith = (at: number, value: number): Uint8Array => file.map((byte, i) => (i === at ? value : byte))
const fileSaying = (headSize: number): Uint8Array => {
  const changed = Buffer.from(file)
  changed.writeUInt32BE(headSize, 8)
  return new Uint8Array(changed)
}

/** The payload begins with chance: white space would belong to the head that claims it. */
function withoutSpace(changed: Uint8Array): Uint8Array {
  changed[12 + HEAD] = 0xff
  return changed
}

const files: readonly Row[] = [
  { name: 'nothing', envelope: new Uint8Array(0), code: 'truncated' },
  { name: 'part of the magic', envelope: file.slice(0, 5), code: 'truncated' },
  { name: 'another first byte', envelope: fileWith(0, 0x88), code: 'not-an-envelope' },
  { name: 'the next version', envelope: fileWith(5, 0x33), code: 'unsupported' },
  { name: 'its base64 text', envelope: Buffer.from(Buffer.from(file).toString('base64')), code: 'not-an-envelope' },
  { name: 'a ZIP file', envelope: Buffer.from('PK\u0003\u0004 and more, much more'), code: 'not-an-envelope' },
  { name: 'a head that claims 4 GiB', envelope: fileSaying(2 ** 32 - 1), code: 'limit-exceeded' },
  { name: 'a head size of one less', envelope: fileSaying(HEAD - 1), code: 'malformed-head' },
  { name: 'a head size of one more', envelope: withoutSpace(fileSaying(HEAD + 1)), code: 'malformed-head' },
  { name: 'an end within the head', envelope: file.slice(0, 12 + HEAD - 1), code: 'truncated' },
  { name: 'an end after the head', envelope: file.slice(0, 12 + HEAD), code: 'truncated' },
  { name: 'an end within the index', envelope: file.slice(0, 12 + HEAD + 40), code: 'truncated' },
  { name: 'an end within a chunk', envelope: file.slice(0, 12 + HEAD + INDEX_BLOCK + SEALED + 9), code: 'truncated' },
  { name: 'an end one byte early', envelope: file.slice(0, -1), code: 'truncated' },
  { name: 'a byte more', envelope: bytesOf(file, Buffer.of(0)), code: 'trailing-data' },
  { name: 'itself twice', envelope: bytesOf(file, file), code: 'trailing-data' },
]

const many = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value)

const heads: readonly Row[] = [
  { name: 'a head that is no JSON', envelope: { head: 'head', payload }, code: 'malformed-head' },
  { name: 'a member twice', envelope: withHeadText(sealed, (text) => text.replace('{', '{"keys":[],')), code: 'malformed-head' },
  { name: 'an unknown member', envelope: withHead(sealed, (head) => Object.assign(head, { crit: [] })), code: 'unsupported' },
  { name: 'nine signatures', envelope: withHead(sealed, (head) => (head.signatures = head.signatures.flatMap((one) => many(one, 9)))), code: 'limit-exceeded' },
  { name: '65 slots', envelope: withHead(sealed, (head) => (head.keys = many('x', 65))), code: 'limit-exceeded' },
  { name: 'an unknown member that is signed', envelope: withSigned(sealed, signer, (header) => Object.assign(header, { crit: 1 })), code: 'unsupported' },
  { name: 'another cipher that is signed', envelope: withSigned(sealed, signer, (header) => (header.body.alg = 'AES-128-GCM')), code: 'unsupported' },
  { name: 'too many chunks, signed', envelope: withSigned(sealed, signer, (header) => (header.bundle.size = 2 ** 40)), code: 'limit-exceeded' },
  { name: 'a typ of something else', envelope: withSignature(sealed, signer, { protected: protectedText(signer, { typ: 'JWT' }) }), code: 'unsupported' },
]

const forgery = (name: string, form: Parameters<typeof withSignature>[2]): Row =>
  ({ name, envelope: withSignature(sealed, signer, form), code: 'bad-signature' })

const signatures: readonly Row[] = [
  forgery('alg none', { protected: protectedText(signer, { alg: 'none' }), sign: () => new Uint8Array(0) }),
  forgery('the algorithm of the other kind of key', { protected: protectedText(signer, { alg: 'PS256' }) }),
  forgery('a signature with a torsion component', { sign: withTorsion(1) }),
  forgery('S plus the group order', { sign: movedByGroupOrder(1n) }),
  forgery('a signature of zeros', { sign: () => new Uint8Array(64) }),
  { name: 'another version, not signed again', envelope: withHead(sealed, raiseVersion), code: 'bad-signature' },
  {
    name: 'a signature by someone else under this kid',
    envelope: withHead(sealed, (head) => (head.signatures = [signatureOver(head.payload, stranger, { protected: protectedText(signer) })])),
    code: 'bad-signature',
  },
  {
    name: 'a signature by someone else',
    envelope: withHead(sealed, (head) => (head.signatures = [signatureOver(head.payload, stranger)])),
    code: 'untrusted-key',
  },
]

function raiseVersion(head: ReturnType<typeof rawHead>): void {
  head.payload = base64url(JSON.stringify({ ...rawHeader(sealed.head), version: '9.9.9' }))
}

const wrongClaims: readonly Row[] = ([
  ['wrong-app', { app: 'com.example.other' }],
  ['wrong-channel', { channel: 'beta' }],
  ['wrong-runtime', { runtime: 'ios-8' }],
  ['wrong-type', { type: 'text/plain' }],
  ['rollback', { lastSequence: 1000 }],
  ['expired', { now: 4_000_000_000 }],
  ['too-large', { maxSize: bundle.length - 1 }],
] as const).map(([code, more]) => ({ name: `a device that finds ${code}`, envelope: sealed, code, more }))

const slots: readonly Row[] = [
  { name: 'no slot', envelope: withoutSlots, code: 'no-reader-key' },
  { name: 'a slot of another release', envelope: withHead(sealed, (head) => (head.keys = rawHead(other.head).keys)), code: 'no-reader-key' },
  { name: 'slots of garbage', envelope: withHead(sealed, (head) => (head.keys = ['x', 'a.b.c.d.e', ''])), code: 'no-reader-key' },
  { name: 'a reader whom it is not for', envelope: sealed, code: 'no-reader-key', more: { reader: pattern(32) } },
]

/** What is refused before anything of the payload is looked at, and files that end early or go on. */
export const headRows: readonly Row[] = [...files, ...heads, ...signatures, ...wrongClaims, ...slots]
