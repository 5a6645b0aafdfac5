import { describe, expect, it } from 'vitest'
import { EnvelopeError } from '../../src/build.js'
import { refusal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { entry, link, storeOf } from '../trust/signed.js'
import { publisher, release } from './helpers.js'
import type { ErrorCode, Manifest, TrustStore } from '../../src/build.js'

const other = freshEd25519()

/** What becomes of a release whose file the previous one, of the channel `beta`, has too. */
async function outcome(previous: Manifest, trust: TrustStore, channel: string | undefined): Promise<ErrorCode | 'taken over'> {
  const parts = { ...previous, head: JSON.parse(previous.head) as Record<string, unknown> }
  const ends = [previous, previous.toBytes(), parts].map(async (manifest) => {
    try {
      const { objects } = await release({ a: 'x' }, { previous: { manifest, trust }, channel, sequence: 1001 })
      return objects.length === 0 ? 'taken over' : undefined
    } catch (error) {
      if (error instanceof EnvelopeError) return error.code
      throw error
    }
  })
  const [first, ...others] = await Promise.all(ends)
  for (const end of others) expect(end).toBe(first)
  if (first === undefined) throw new Error('nothing was taken over')
  return first
}

describe('R80: a previous manifest of another channel', () => {
  const beta = entry(publisher, { channels: ['beta'] })
  const both = entry(publisher, { channels: ['beta', 'production'] })

  it.each<[string, ErrorCode | 'taken over', string | undefined, TrustStore]>([
    ['by a key for that channel alone', 'out-of-scope', 'production', storeOf([beta, other])],
    ['by a key for that channel alone, used for none', 'out-of-scope', undefined, storeOf([beta, other])],
    ['by a key for both, used for none', 'out-of-scope', undefined, storeOf([both])],
    ['by a key for both', 'taken over', 'production', storeOf([both])],
    ['by a key for all', 'taken over', 'production', storeOf([publisher])],
    ['by a key for all, used for none', 'taken over', undefined, storeOf([publisher])],
    ['by a key for that channel alone, which is the new one too', 'taken over', 'beta', storeOf([beta, other])],
  ])('signed %s: %s', async (_, code, channel, trust) => {
    expect(await outcome(await release({ a: 'x' }, { channel: 'beta' }), trust, channel)).toBe(code)
  })

  it.each<[string, ErrorCode | 'taken over', TrustStore]>([
    ['of two that are needed one is for that channel alone', 'out-of-scope', storeOf([beta, other], { threshold: 2 })],
    ['of two one is for that channel alone, and the other enough', 'taken over', storeOf([beta, other])],
    ['two that are needed are for both', 'taken over', storeOf([both, other], { threshold: 2 })],
  ])('where %s: %s', async (_, code, trust) => {
    const signer = [publisher.privateKey, other.privateKey]
    expect(await outcome(await release({ a: 'x' }, { channel: 'beta', signer }), trust, 'production')).toBe(code)
  })

  it('is judged by its links too', async () => {
    const [root, delegate] = [freshEd25519(), freshEd25519()]
    const signedBy = async (channels?: string[]): Promise<Manifest> => {
      const chain = link(root, delegate, { notBefore: 0, notAfter: 9_999_999_999, ...(channels !== undefined && { channels }) })
      return release({ a: 'x' }, { signer: delegate.privateKey, chain, roots: root.publicKey, channel: 'beta' })
    }
    const trust = storeOf([root])
    expect(await outcome(await signedBy(), trust, 'production')).toBe('taken over')
    expect(await outcome(await signedBy(['beta', 'production']), trust, 'production')).toBe('taken over')
    expect(await outcome(await signedBy(['beta']), trust, 'production')).toBe('out-of-scope')
    expect(await outcome(await signedBy(['beta']), trust, 'beta')).toBe('taken over')
  })

  it('that is refused says of which, and that a release without it can be made', async () => {
    const contractor = freshEd25519()
    const trust = storeOf([publisher, entry(contractor, { channels: ['beta'] })])
    const guess = await release({ secret: '0000' }, { signer: contractor.privateKey, channel: 'beta' })
    const next = { channel: 'production', sequence: 1001 }
    const { message } = await refusal(async () => release({ secret: '0000' }, { ...next, previous: { manifest: guess, trust } }))
    expect(message).toMatch(/channel beta.* channel production.*without previous/)
    const alone = await release({ secret: '0000' }, next)
    expect(alone.objects.map(({ name }) => name)).not.toEqual(guess.objects.map(({ name }) => name))
    expect(alone.objects).toHaveLength(1)
  })
})
