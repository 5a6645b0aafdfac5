import { createHash } from 'node:crypto'
import { movedByGroupOrder, withTorsion } from '../envelope/ed25519-forgery.js'
import { base64url, headerText, protectedText, rawHead, signatureOver, withHead, withPayload, withSignature, withSigned } from '../envelope/hostile.js'
import { freshEd25519 } from '../envelope/signers.js'
import { BODY, INDEX, SEALED } from './offers.js'
import { sealed } from './world.js'
import type { EnvelopeParts, ErrorCode } from '../../src/index.js'
import type { Stage } from './offers.js'

/** What a hostile server does, by the row of `docs/security.md` that it stands for. */
export interface ReleaseAttack {
  readonly row: string
  readonly what: string
  readonly code: ErrorCode
  readonly parts: (stage: Stage) => Promise<EnvelopeParts>
}

const stranger = freshEd25519()
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const chunkAt = (i: number): number => BODY + i * SEALED
const flip = (at: number) => (bytes: Uint8Array): void => void (bytes[at] = (bytes[at] ?? 0) ^ 0x10)
/** The head with the text of its header changed, which nobody signs again. */
const withText = (parts: EnvelopeParts, from: string | RegExp, to: string): EnvelopeParts =>
  withHead(parts, (head) => (head.payload = base64url(headerText(parts.head).replace(from, to))))
const withBytes = (parts: EnvelopeParts, bytes: Uint8Array): EnvelopeParts => ({ head: parts.head, payload: new Uint8Array(Buffer.from(bytes)) })

async function withForged({ fresh, forged }: Stage): Promise<EnvelopeParts> {
  const chunk = await forged(2)
  return withPayload(fresh, (bytes) => bytes.set(chunk, chunkAt(2)))
}

const heads: readonly ReleaseAttack[] = [
  { row: 'change the header, or a signature', what: 'another version', code: 'bad-signature', parts: async ({ fresh }) => withText(fresh, '"fresh"', '"fresher"') },
  {
    row: 'change the header, or a signature', what: 'another signature', code: 'bad-signature',
    parts: async ({ fresh, other }) => withHead(fresh, (head) => (head.signatures = rawHead(other.head).signatures)),
  },
  { row: 'any change of the head', what: 'a lower size', code: 'bad-signature', parts: async ({ fresh }) => withText(fresh, /"size":\d+/, '"size":98000') },
  { row: "sign with a key of one's own", what: 'a stranger', code: 'untrusted-key', parts: async ({ world }) => sealed(world, 'evil', { signer: stranger.privateKey }) },
  ...['none', 'HS256', 'PS256'].map((alg): ReleaseAttack => ({
    row: 'name another algorithm, or none', what: alg, code: 'bad-signature',
    parts: async ({ fresh, publisher }) => withSignature(fresh, publisher, { protected: protectedText(publisher, { alg }) }),
  })),
  {
    row: 'give two signatures with one `kid`', what: 'the same twice', code: 'bad-signature',
    parts: async ({ fresh, publisher }) => withHead(fresh, (head) => (head.signatures = [signatureOver(head.payload, publisher), signatureOver(head.payload, publisher)])),
  },
  ...([['S above the group order', movedByGroupOrder(1n)], ['a torsion component', withTorsion(1)]] as const).map(([what, sign]): ReleaseAttack => ({
    row: 'give an Ed25519 signature with S above the group order, with a torsion component, or with R of small order', what, code: 'bad-signature',
    parts: async ({ fresh, publisher }) => withSignature(fresh, publisher, { sign }),
  })),
  {
    row: 'claim huge sizes, or many signatures and slots', what: 'a bundle of 8 PB', code: 'limit-exceeded',
    parts: async ({ fresh }) => withText(fresh, /"size":\d+/, `"size":${Number.MAX_SAFE_INTEGER}`),
  },
  {
    row: 'claim huge sizes, or many signatures and slots', what: '9 signatures', code: 'limit-exceeded',
    parts: async ({ fresh }) => withHead(fresh, (head) => (head.signatures = Array.from({ length: 9 }, () => head.signatures[0] as (typeof head.signatures)[0]))),
  },
  {
    row: 'claim huge sizes, or many signatures and slots', what: '65 slots', code: 'limit-exceeded',
    parts: async ({ fresh }) => withHead(fresh, (head) => (head.keys = Array.from({ length: 65 }, () => head.keys[0] ?? ''))),
  },
  {
    row: 'use two members of one name, or another form of a number, so that two parsers read different things', what: 'two versions', code: 'malformed-head',
    parts: async ({ fresh }) => withText(fresh, '"version"', '"version":"evil","version"'),
  },
  {
    row: 'use two members of one name, or another form of a number, so that two parsers read different things', what: 'a sequence with an exponent', code: 'malformed-head',
    parts: async ({ fresh }) => withText(fresh, /"sequence":(\d+)/, '"sequence":$1e0'),
  },
  {
    row: 'add members, or a later feature that weakens a check', what: 'a member of the head', code: 'unsupported',
    parts: async ({ fresh }) => withHead(fresh, (head) => Object.assign(head, { skipChecks: true })),
  },
  {
    row: 'add members, or a later feature that weakens a check', what: '__proto__', code: 'unsupported',
    parts: async ({ fresh }) => ({ ...fresh, head: fresh.head.replace('{', '{"__proto__":{"signatures":[]},') }),
  },
]

const claims: readonly ReleaseAttack[] = [
  { row: 'serve an old release', what: 'the one before', code: 'rollback', parts: async ({ world }) => sealed(world, 'evil', { sequence: world.config.builtIn.sequence + 1 }) },
  { row: 'serve an old release', what: 'what is built in', code: 'rollback', parts: async ({ world }) => sealed(world, 'evil', { sequence: world.config.builtIn.sequence }) },
  ...([
    ['app', { app: 'com.example.other' }, 'wrong-app'], ['channel', { channel: 'beta' }, 'wrong-channel'],
    ['runtime', { runtime: 'web-2' }, 'wrong-runtime'], ['type', { type: 'application/zip' }, 'wrong-type'],
  ] as const).map(([what, more, code]): ReleaseAttack => ({
    row: 'serve a release of another app, channel, runtime or type', what, code, parts: async ({ world }) => sealed(world, 'evil', more),
  })),
  {
    row: 'hold a release back beyond its expiry', what: 'a minute', code: 'expired',
    parts: async ({ fresh, publisher }) => withSigned(fresh, publisher, (header) => (header.expires = Math.floor(Date.now() / 1000) - 60)),
  },
  {
    row: 'replace the session key in a slot', what: 'the slots of another release', code: 'no-reader-key',
    parts: async ({ fresh, other }) => withHead(fresh, (head) => (head.keys = rawHead(other.head).keys)),
  },
  { row: 'remove the slots', what: 'all', code: 'no-reader-key', parts: async ({ fresh }) => withHead(fresh, (head) => (head.keys = [])) },
]

const payloads: readonly ReleaseAttack[] = [
  { row: 'change a chunk', what: 'a bit of the last one', code: 'bad-chunk', parts: async ({ fresh }) => withPayload(fresh, flip(fresh.payload.length - 1)) },
  { row: 'forge a chunk with the session key, valid tag included', what: 'one of six', code: 'bad-chunk', parts: withForged },
  { row: 'change a chunk, or forge one with the session key, valid tag included', what: 'a bit of the first one', code: 'bad-chunk', parts: async ({ fresh }) => withPayload(fresh, flip(BODY)) },
  { row: 'change a chunk, or forge one with the session key, valid tag included', what: 'forged', code: 'bad-chunk', parts: withForged },
  {
    row: 'forge the chunks and their digests', what: 'one of six', code: 'bad-index',
    parts: async (stage) => withPayload(await withForged(stage), (bytes) => bytes.set(sha256(bytes.subarray(chunkAt(2), chunkAt(3))), 64)),
  },
  ...['swap chunks, repeat one, or take one of another release', 'swap chunks, repeat one, drop one, or cut them anew in other places'].flatMap((row): ReleaseAttack[] => [
    {
      row, what: 'swapped', code: 'bad-chunk',
      parts: async ({ fresh }) => withPayload(fresh, (bytes) => {
        bytes.set(fresh.payload.subarray(chunkAt(0), chunkAt(1)), chunkAt(1))
        bytes.set(fresh.payload.subarray(chunkAt(1), chunkAt(2)), chunkAt(0))
      }),
    },
    { row, what: 'repeated', code: 'bad-chunk', parts: async ({ fresh }) => withPayload(fresh, (bytes) => bytes.copyWithin(chunkAt(1), chunkAt(0), chunkAt(1))) },
  ]),
  {
    row: 'swap chunks, repeat one, or take one of another release', what: 'of another release', code: 'bad-chunk',
    parts: async ({ fresh, other }) => withPayload(fresh, (bytes) => bytes.set(other.payload.subarray(chunkAt(3), chunkAt(4)), chunkAt(3))),
  },
  {
    row: 'swap chunks, repeat one, drop one, or cut them anew in other places', what: 'dropped', code: 'bad-chunk',
    parts: async ({ fresh }) => withPayload(fresh, (bytes) => bytes.copyWithin(chunkAt(1), chunkAt(2))),
  },
  {
    row: 'swap chunks, repeat one, drop one, or cut them anew in other places', what: 'cut a byte later', code: 'bad-chunk',
    parts: async ({ fresh }) => withPayload(fresh, (bytes) => bytes.copyWithin(BODY, BODY + 1)),
  },
  ...['put the payload of another release under a head', 'put the payload of another release under a head, or change the index, salt or commitment'].map((row): ReleaseAttack => (
    { row, what: 'of the same length', code: 'bad-index', parts: async ({ fresh, other }) => withBytes(fresh, other.payload) }
  )),
  {
    row: 'put the payload of another release under a head', what: 'a tiny one', code: 'truncated',
    parts: async ({ world, fresh }) => withBytes(fresh, (await sealed(world, 'tiny')).payload.subarray(0, 200)),
  },
  ...([['index', 3], ['salt', INDEX], ['commitment', INDEX + 30]] as const).map(([what, at]): ReleaseAttack => ({
    row: 'put the payload of another release under a head, or change the index, salt or commitment', what, code: 'bad-index', parts: async ({ fresh }) => withPayload(fresh, flip(at)),
  })),
  ...['cut the payload, or add to it', 'end the stream early'].map((row): ReleaseAttack => (
    { row, what: 'after three chunks', code: 'truncated', parts: async ({ fresh }) => withBytes(fresh, fresh.payload.subarray(0, chunkAt(3))) }
  )),
]

export const releaseAttacks: readonly ReleaseAttack[] = [...heads, ...claims, ...payloads]

/** Rows whose attack is in more bytes than were asked for, which no parts of an envelope show. */
export const longerAnswers: readonly { readonly row: string; readonly what: string; readonly code: ErrorCode; readonly part: 'index' | 'chunks' }[] = [
  { row: 'cut the payload, or add to it', what: 'a byte behind the chunks', code: 'trailing-data', part: 'chunks' },
  { row: 'put the payload of another release under a head', what: 'a longer one', code: 'trailing-data', part: 'index' },
  { row: 'go on after the last chunk', what: 'a byte', code: 'trailing-data', part: 'chunks' },
]

/** What no server can do, with the reason. */
export const notByServers: Readonly<Record<string, string>> = {
  'have a weak key trusted: RSA below 3072 bits, Ed25519 of small order': 'keys come with the app, or in trust updates that its own keys have signed',
  'have chunks of an earlier run taken for verified ones: torn, swapped, of another release': 'that is in the storage of the device: test/updater/downloads.test.ts changes it there',
  "change the source's memory after a chunk was checked": 'the memory is that of the device',
}

