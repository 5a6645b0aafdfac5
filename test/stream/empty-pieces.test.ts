import { expect, test } from 'vitest'
import { verifyAndDecryptStream } from '../../src/index.js'
import { accepting, pattern, seal } from '../envelope/helpers.js'
import { freshEd25519 } from '../envelope/signers.js'
import { streamOfPieces } from './streams.js'

const signer = freshEd25519()

/** So many that timers have their turn before the end only if someone gives them one. */
function* emptyPieces(): Generator<Uint8Array> {
  for (let i = 0; i < 200_000; i++) yield new Uint8Array(0)
}

test('an abort is heard, and timers have their turn, while a stream gives one empty piece after the other', async () => {
  const { head, payload } = await seal(signer, pattern(1000))
  const stop = new AbortController()
  const source = streamOfPieces([payload.slice(0, 100), ...emptyPieces()], { then: { error: new Error('nobody heard it') } })
  const { bundle } = await verifyAndDecryptStream({ head, payload: source }, { ...accepting(signer), signal: stop.signal })
  setTimeout(() => stop.abort(), 10)
  await expect(bundle.getReader().read()).rejects.toMatchObject({ code: 'aborted' })
})
