import { createPrivateKey } from 'node:crypto'
import { base64url, protectedText, rawHead, rawHeader, signatureOver, withHead } from '../envelope/hostile.js'
import { freshEd25519, signerOf } from '../envelope/signers.js'
import { entry, link, signed, updateOf } from '../trust/signed.js'
import { answering, jsonAnswer, offering } from './offers.js'
import { APP, sealed } from './world.js'
import type { EnvelopeParts, ErrorCode, TrustStore } from '../../src/index.js'
import type { TestSigner } from '../envelope/signers.js'
import type { RawUpdate } from '../trust/signed.js'
import type { Attack } from './front.js'
import type { World } from './world.js'

/** Whom the device trusts after two trust updates: two of A, B and C, no longer the stolen key or the root that was taken back. */
export interface Keys {
  readonly world: World
  readonly A: TestSigner
  readonly store: TrustStore
  /** The signed trust updates that led there, oldest first. */
  readonly updates: readonly string[]
  /** A release that would be taken, signed by whoever is named, with the links given. */
  readonly release: (by: readonly TestSigner[], links?: readonly string[], more?: object) => Promise<EnvelopeParts>
}

export const B: TestSigner = freshEd25519()
export const C: TestSigner = freshEd25519()
/** A release key that the roots have named, and one that was stolen and is revoked. */
const K: TestSigner = freshEd25519()
const stolen: TestSigner = freshEd25519()
export const revokedRoot: TestSigner = freshEd25519()
const thief: TestSigner = freshEd25519()

const now = Math.floor(Date.now() / 1000)
const inTime = { notBefore: now - 1000, notAfter: now + 1_000_000 }
const linkOf = (root: TestSigner, key: TestSigner, more = {}): string => link(root, key, { ...inTime, ...more })

/** The stores that the publisher goes through, each by a trust update: B and C come, then two must sign and two keys are taken back. */
export function storesOf(first: TrustStore): readonly TrustStore[] {
  const keys = [...first.keys, entry(B), entry(C)]
  const gone = [entry(stolen, { status: 'revoked' }), entry(revokedRoot, { status: 'revoked' })]
  return [
    { ...first, epoch: 2, keys: [...keys, entry(revokedRoot)] },
    { ...first, epoch: 3, threshold: 2, keys: [...keys, ...gone] },
  ]
}

export async function keysOf(world: World, updates: readonly string[]): Promise<Keys> {
  const store = storesOf(world.config.trust)[1] as TrustStore
  return {
    world, A: signerOf('Ed25519', createPrivateKey(world.signer)), store, updates,
    release: async (by, links = [], more = {}) => {
      const base = await sealed(world, 'evil', more)
      return withHead(base, (head) => {
        head.signatures = by.map((one) => signatureOver(head.payload, one))
        if (links.length > 0) head.chain = [...links]
      })
    },
  }
}

/** What a hostile server does, by the name of its row in `docs/security.md`. */
export interface KeyAttack {
  readonly row: string
  readonly what: string
  readonly code: ErrorCode
  readonly subject?: 'Trust update'
  readonly attack: (keys: Keys) => Promise<Attack>
}

type Parts = (keys: Keys) => Promise<EnvelopeParts>
const by = (row: string, what: string, code: ErrorCode, parts: Parts): KeyAttack => ({ row, what, code, attack: async (keys) => offering(await parts(keys)) })

/** A trust update in place of the honest answer. */
function update(row: string, what: string, code: ErrorCode, made: (keys: Keys) => RawUpdate | string): KeyAttack {
  return {
    row, what, code, subject: 'Trust update',
    attack: async (keys) => {
      const signedUpdate = made(keys)
      const value = typeof signedUpdate === 'string' ? (JSON.parse(signedUpdate) as unknown) : signedUpdate
      return answering((path) => path.startsWith(`/v1/apps/${APP}/trust/`), jsonAnswer({ update: value }))
    },
  }
}

const nextOf = ({ store }: Keys): TrustStore => ({ ...store, epoch: store.epoch + 1 })
const part = (text: string, i: number): string => text.split('.')[i] ?? ''

const freshness: readonly KeyAttack[] = [
  by('rollback', 'a release of before', 'rollback', async ({ A, release }) => release([A, B], [], { sequence: now - 100_000 })),
  update('rollback', 'a trust update of before', 'rollback', ({ updates }) => updates[0] ?? ''),
  by('replay', 'the installed release', 'rollback', async ({ A, world, release }) => release([A, B], [], { sequence: world.config.builtIn.sequence + 1 })),
  by('rollback, by a trust update that was held back', 'the release of then', 'rollback', async ({ A, world, release }) => release([A, B], [], { sequence: world.config.builtIn.sequence })),
  by('freeze', 'a release whose time is over', 'expired', async ({ A, release }) => {
    const parts = await release([A, B])
    const header = base64url(JSON.stringify({ ...rawHeader(parts.head), expires: now - 60 }))
    return withHead(parts, (head) => Object.assign(head, { payload: header, signatures: [A, B].map((one) => signatureOver(header, one)) }))
  }),
]

const mixed: readonly KeyAttack[] = [
  by('mix and match, the payload of another release', 'of the same length', 'bad-index', async ({ A, release }) => ({
    head: (await release([A, B])).head, payload: (await release([A, B])).payload,
  })),
  by('mix and match, the signature of another release', 'both signatures', 'bad-signature', async ({ A, release }) => {
    const { signatures } = rawHead((await release([A, B])).head)
    return withHead(await release([A, B]), (head) => (head.signatures = signatures))
  }),
  by('mix and match, the link of another root', 'the signature of its link', 'bad-signature', async ({ A, release }) => {
    const [byA, byB] = [linkOf(A, K), linkOf(B, K)]
    return release([K], [`${part(byA, 0)}.${part(byA, 1)}.${part(byB, 2)}`])
  }),
  update('mix and match, the trust update of another app', 'by keys of its own', 'untrusted-key', (keys) => updateOf({ ...nextOf(keys), threshold: 1, keys: [entry(thief)] }, [thief])),
  by('other app', 'by the same keys', 'wrong-app', async ({ A, release }) => release([A, B], [], { app: 'com.example.other' })),
  by('other channel', 'by the same keys', 'wrong-channel', async ({ A, release }) => release([A, B], [], { channel: 'beta' })),
  by('key confusion', 'a thief in the name of B', 'bad-signature', async ({ A, release }) => {
    const parts = await release([A])
    return withHead(parts, (head) => (head.signatures = [signatureOver(head.payload, thief, { protected: protectedText(B) })]))
  }),
  ...['none', 'HS256'].map((alg) => by('algorithm confusion', alg, 'bad-signature', async ({ A, release }) => {
    const parts = await release([A])
    return withHead(parts, (head) => (head.signatures = [signatureOver(head.payload, B, { protected: protectedText(B, { alg }) })]))
  })),
  by('typ confusion', 'the signature of a link', 'unsupported', async ({ A, release }) => {
    const [header, , signature] = linkOf(A, K).split('.')
    return withHead(await release([A, B]), (head) => (head.signatures = [{ protected: header ?? '', signature: signature ?? '' }]))
  }),
  update('typ confusion', 'a signature for heads under a trust update', 'unsupported', (keys) => {
    const [header, payload, signature] = signed('otaseal-head-v2', nextOf(keys), keys.A)
    return { payload, signatures: [{ protected: header, signature }] }
  }),
]

const counted: readonly KeyAttack[] = [
  by('signature stripping', 'of a release', 'threshold-not-met', async ({ A, release }) => release([A])),
  update('signature stripping', 'of a trust update', 'threshold-not-met', (keys) => updateOf(nextOf(keys), [keys.A])),
  by('threshold cheating', 'a key and its own release key', 'threshold-not-met', async ({ A, release }) => release([A, K], [linkOf(A, K)])),
  by('threshold cheating', 'one release key of two roots', 'threshold-not-met', async ({ A, release }) => release([K], [linkOf(A, K), linkOf(B, K)])),
  by('chain widening, a wider link by the release key', 'for the thief', 'untrusted-key', async ({ A, release }) => release([thief], [linkOf(A, K), linkOf(K, thief)])),
  by('chain widening, an edited link', 'without its channels', 'bad-signature', async ({ A, release }) => {
    const narrow = linkOf(A, K, { channels: ['beta'] })
    const wide = base64url(Buffer.from(part(narrow, 1), 'base64url').toString().replace(',"channels":["beta"]', ''))
    return release([K], [`${part(narrow, 0)}.${wide}.${part(narrow, 2)}`])
  }),
  by('revoked key', 'of a release', 'revoked-key', async ({ release }) => release([revokedRoot])),
  update('revoked key', 'of a trust update', 'revoked-key', (keys) => updateOf(nextOf(keys), [revokedRoot])),
  by('stolen release key, revoked in the trust store', 'with its link', 'revoked-key', async ({ A, release }) => release([stolen], [linkOf(A, stolen)])),
  by('stolen release key, whose link ends', 'a second ago', 'expired', async ({ A, release }) => release([K], [linkOf(A, K, { notAfter: now - 1 })])),
  by('stolen release key, whose root is revoked', 'with its link', 'revoked-key', async ({ release }) => release([K], [linkOf(revokedRoot, K)])),
]

export const keyAttacks: readonly KeyAttack[] = [...freshness, ...mixed, ...counted]
