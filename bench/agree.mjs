// Nothing is timed before everyone has shown the right plaintext, and that it refuses what was changed.
import { partsOf, timed } from './measure.mjs'
import { CHUNK, MIB, check, joined, randomBytes, sameBytes } from './util.mjs'

/** A contender made ready: its functions, what it sealed, and how long each side took the first time. */
export async function agree(contender, bundle) {
  const { seal, open } = await contender.setup(await contender.keys())
  await refusesChanges(contender.name, { seal, open })
  const first = await timed(() => sealed(seal, bundle))
  const opened = await timed(() => partsOf({ run: (take) => open(first.result, take) }))
  check(sameBytes(joined(opened.result), bundle), `${contender.name} does not give the plaintext`)
  return { seal, open, sealed: first.result, firstMs: { build: first.ms, device: opened.ms } }
}

export async function sealed(seal, bundle) {
  let meta
  const parts = await partsOf({ run: async (take) => (meta = await seal(bundle, take)) })
  return { body: joined(parts), meta }
}

/** One bit in the middle of so much that every design with chunks has several. */
async function refusesChanges(name, { seal, open }) {
  const { body, meta } = await sealed(seal, randomBytes(CHUNK + MIB / 8))
  body[body.length >> 1] ^= 1
  let refused = false
  try {
    await open({ body, meta }, () => undefined)
  } catch {
    refused = true
  }
  check(refused, `${name} should refuse a changed bit`)
}
