import { describe, expect, test } from 'vitest'
import { EnvelopeError, openEnvelope, verifyTrustUpdate } from '../../src/index.js'
import { nobleBackend } from '../../src/crypto/noble-build.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { accepting } from './event-calls.js'
import { NOW, link, storeOf, updateOf } from './signed.js'
import { release, secret } from './world.js'
import type { TestSigner } from '../envelope/signers.js'

const A = freshEd25519()
const R = freshRsa(3072)
const K = freshEd25519()
const CODES = ['malformed-head', 'unsupported', 'bad-signature', 'untrusted-key', 'bad-trust-store', 'bad-key', 'limit-exceeded', 'rollback', 'threshold-not-met']

/** The text with one character changed, at each of its places, to a neighbour, a dot, a letter and a digit. */
function* changes(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const neighbour = String.fromCharCode(text.charCodeAt(at) ^ 1)
    for (const letter of new Set([neighbour, '.', 'A', '0'])) {
      if (letter !== text[at]) yield text.slice(0, at) + letter + text.slice(at + 1)
    }
  }
}

/** How often each code came; nothing may be accepted, and nothing else thrown. */
async function codesOf(texts: Iterable<string>, call: (text: string) => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const codes = new Map<string, number>()
  for (const text of texts) {
    const error: unknown = await call(text).then(() => new Error(`accepted: ${text}`), (reason: unknown) => reason)
    if (!(error instanceof EnvelopeError)) throw error
    codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
  }
  return codes
}

const roots: readonly (readonly [string, TestSigner])[] = [['Ed25519', A], ['PS256', R]]

describe.each(roots)('R55, R63: no single character can be changed, signed with %s', (_, root) => {
  const trust = storeOf([root])

  test('of a link', async () => {
    const chained = link(root, K, { apps: ['com.example.app'], maxSequence: 1000 })
    const open = async (changed: string): Promise<unknown> => openEnvelope(release([K], [changed]).head, { ...accepting(secret), trust })
    await expect(open(chained)).resolves.toBeDefined()
    const codes = await codesOf(changes(chained), open)
    expect([...codes.keys()].filter((code) => !CODES.includes(code))).toEqual([])
    expect(codes.get('bad-signature')).toBeGreaterThan(100)
    expect(codes.get('malformed-head')).toBeGreaterThan(100)
  })

  test('of a trust update', async () => {
    const update = JSON.stringify(updateOf(storeOf([root], { epoch: 2, minSequence: 1000 }), [root]))
    const verify = async (changed: string): Promise<unknown> => verifyTrustUpdate(changed, { trust, now: NOW })
    await expect(verify(update)).resolves.toMatchObject({ changed: true })
    const codes = await codesOf(changes(update), verify)
    expect([...codes.keys()].filter((code) => !CODES.includes(code))).toEqual([])
    expect(codes.get('bad-signature')).toBeGreaterThan(100)
  })
})

test('R55: the same in pure JavaScript, for the bytes of the signature', async () => {
  const chained = link(A, K)
  const start = chained.lastIndexOf('.') + 1
  const options = { ...accepting(secret), trust: storeOf([A]), backend: nobleBackend }
  const codes = await codesOf(changes(chained.slice(start)), async (changed) =>
    openEnvelope(release([K], [chained.slice(0, start) + changed]).head, options))
  expect([...codes.keys()].sort()).toEqual(['bad-signature', 'malformed-head'])
})
