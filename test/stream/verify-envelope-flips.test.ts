import { expect, test } from 'vitest'
import { EnvelopeError, decodeHead, errorCodes, splitEnvelope, verifyEnvelope } from '../../src/index.js'
import { backends, describeEachBackend } from '../backends.js'
import { everyBitFlip, everyExtension, everyTruncation } from '../envelope/flips.js'
import { pattern, seal } from '../envelope/helpers.js'
import { rawHead } from '../envelope/hostile.js'
import { secretsIn } from '../envelope/secrets.js'
import { freshEd25519 } from '../envelope/signers.js'
import { checking, forms } from './verify-envelope.js'
import type { Backend, ErrorCode, VerifyOptions } from '../../src/index.js'
import type { Form } from './verify-envelope.js'

const signer = freshEd25519()
const file = (await seal(signer, pattern(3), { readers: [pattern(32, 77)] })).toBytes()
const { head } = splitEnvelope(file)

/** Where the text of the one key slot stands in the file: the one part that the publisher did not sign. */
const [slot] = rawHead(head).keys as [string]
const slotStart = 12 + head.indexOf(slot)
const inSlot = (at: number): boolean => at >= slotStart && at < slotStart + slot.length

async function verdictOf(form: Form, bytes: Uint8Array, options: VerifyOptions): Promise<'accepted' | ErrorCode> {
  try {
    await verifyEnvelope(form.input(bytes), options)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof EnvelopeError) || !errorCodes.includes(error.code) || secretsIn(error).length > 0) throw error
    return error.code
  }
}

/** Whether a head that nobody has verified has the form of one. */
function hasForm(bytes: Uint8Array): boolean {
  try {
    decodeHead(splitEnvelope(bytes).head)
    return true
  } catch {
    return false
  }
}

/** Every bit on one backend; on the others, where a verification takes longer, every so-many-th. */
const stepOf = ({ name }: Backend): number => ({ node: 1, web: 5, noble: 41 })[name] ?? 1

describeEachBackend('R54: a file for others, whose bits are flipped,', (backend) => {
  const options = checking(signer, { backend })

  test('is refused for each bit outside of the key slots, and within them for each that the form of the head does not survive', async () => {
    const codes = new Set<string>()
    const wrong: string[] = []
    const counts = { refused: 0, accepted: 0 }
    let bit = 0
    for (const [name, flipped] of everyBitFlip(file)) {
      const at = Math.floor(bit / 8)
      const form = forms[(bit + at) % forms.length] as Form
      if (bit++ % stepOf(backend) !== 0) continue
      const verdict = await verdictOf(form, flipped.slice(), options)
      // Not covered by the signature, and said so: slots may be added and taken away.
      const expected = inSlot(at) && hasForm(flipped)
      if ((verdict === 'accepted') !== expected) wrong.push(`${name}, as ${form.name}: ${verdict}`)
      counts[verdict === 'accepted' ? 'accepted' : 'refused']++
      codes.add(verdict)
    }
    expect(wrong).toEqual([])
    expect(counts.refused + counts.accepted).toBe(Math.ceil((8 * file.length) / stepOf(backend)))
    expect(counts.accepted).toBeGreaterThan(20)
    expect(counts.refused).toBeGreaterThan(100)
    if (stepOf(backend) > 1) return
    const wanted = ['accepted', 'not-an-envelope', 'limit-exceeded', 'malformed-head', 'unsupported', 'untrusted-key', 'bad-signature', 'bad-index', 'bad-chunk']
    expect([...codes]).toEqual(expect.arrayContaining(wanted))
  })

  test.each(forms.map((form) => [form.name, form] as const))('is refused when shorter, as %s', async (_, form) => {
    const codes = new Set<string>()
    let count = 0
    for (const [, shorter] of everyTruncation(file)) {
      codes.add(await verdictOf(form, shorter, options))
      count++
    }
    expect(count).toBe(file.length)
    expect([...codes]).toEqual(['truncated'])
  })

  test.each(forms.map((form) => [form.name, form] as const))('is refused when longer, as %s', async (_, form) => {
    const codes = new Set<string>()
    for (const [, longer] of everyExtension(file, 20)) codes.add(await verdictOf(form, longer, options))
    expect([...codes]).toEqual(['trailing-data'])
  })
})

test('the unchanged file is accepted in every form, on every backend: the control', async () => {
  for (const backend of backends) {
    for (const form of forms) expect(await verdictOf(form, file, checking(signer, { backend }))).toBe('accepted')
  }
  expect(slot.split('.')).toHaveLength(5)
})
