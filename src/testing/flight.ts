import { aliceKey, bobPublic, derive, p256Pair } from './agreement.js'
import { answerOf, ascii, checkPlain, checkSame, expectUndefined, fail, flipBit, hex, sample } from './check.js'
import { ed25519Known } from './ed25519-vectors.js'
import { knownMessages, openerOf, openMessage } from './gcm.js'
import { sealerOf, wrapping } from './seal.js'
import { keyPair, seedJwk } from './signatures.js'
import { gcmSizes } from './size-vectors.js'
import type { Bytes } from '../bytes.js'
import type { Awaitable, Backend } from '../crypto/backend.js'
import type { Check } from './check.js'
import type { GcmMessage } from './gcm.js'

/** So many results are kept at a time, to find memory that is used in turn. */
const KEPT = 20

type Call = () => Awaitable<Bytes | undefined>

/** Calls of a member, each with another answer. */
type Calls = (backend: Backend) => Promise<readonly Call[]>

const members: readonly (readonly [member: keyof Backend, calls: Calls])[] = [
  ['sha256', async (backend) => [() => backend.sha256(sample(100)), () => backend.sha256(ascii('a'), sample(70, 1)), () => backend.sha256()]],
  ['hmac', async (backend) => [() => backend.hmac('SHA-256', sample(32), sample(9)), () => backend.hmac('SHA-512', sample(32), sample(9)), () => backend.hmac('SHA-256', sample(32, 1), sample(9, 1))]],
  ['gcmOpener', opens],
  ['unwrapKey', unwraps],
  ['deriveSharedSecret', async (backend) => [() => derive(backend, aliceKey(), bobPublic()), () => derive(backend, ...p256Pair())]],
  ['gcmSealer', seals],
  ['wrapKey', async (backend) => [() => backend.wrapKey(sample(32), sample(32, 1)), () => backend.wrapKey(sample(32, 1), sample(32))]],
  ['sign', signs],
  ['ed25519PublicKey', async (backend) => [() => backend.ed25519PublicKey(sample(32)), () => backend.ed25519PublicKey(sample(32, 1))]],
]

/** Apps do several things at a time: what a backend keeps between a call and its answer must be that call's own. */
export const flightChecks: readonly Check[] = members.flatMap(([member, calls]) => [
  { name: `${member}: gives each its answer where calls, and keys, are in flight together`, needs: [member], run: async (backend) => answersTogether(backend, member, calls) },
  { name: `${member}: never uses the memory of a result again`, needs: [member], run: async (backend) => keepsResults(await calls(backend), member) },
])

/** Of two keys, so that no opener has more in flight than one. */
async function opens(backend: Backend): Promise<readonly Call[]> {
  const [, zeros, , whole] = knownMessages() as [GcmMessage, GcmMessage, GcmMessage, GcmMessage]
  const [one, other, third] = [await openerOf(backend, zeros.key), await openerOf(backend, whole.key), await openerOf(backend, whole.key)]
  const chunk = gcmSizes.find(({ additional }) => additional === 0) ?? fail('no such vector')
  return [
    () => openMessage(one, zeros),
    () => openMessage(other, whole),
    () => third.open(whole.nonce, sample(chunk.length), hex(chunk.tag)),
  ]
}

async function seals(backend: Backend): Promise<readonly Call[]> {
  const [one, other] = [await sealerOf(backend, sample(32)), await sealerOf(backend, sample(32, 1))]
  return [() => one.seal(sample(12), sample(5000)), () => other.seal(sample(12), sample(5000, 1), sample(3))]
}

async function unwraps(backend: Backend): Promise<readonly Call[]> {
  const [wrappingKey, , wrapped] = wrapping()
  return [() => backend.unwrapKey(wrappingKey, wrapped), () => backend.unwrapKey(wrappingKey, flipBit(wrapped, 77))]
}

async function signs(backend: Backend): Promise<readonly Call[]> {
  return ed25519Known.map((vector) => () => backend.sign(keyPair(seedJwk(vector)).signing, hex(vector.message)))
}

async function answersTogether(backend: Backend, member: string, calls: Calls): Promise<void> {
  const expected: (Bytes | undefined)[] = []
  for (const call of await calls(backend)) expected.push((await answerOf(member, call))?.slice())
  const answers = await Promise.all((await calls(backend)).map(async (call) => answerOf(member, call)))
  for (const [i, answer] of answers.entries()) {
    const [what, alone] = [`call ${i + 1} of ${answers.length} in flight`, expected[i]]
    if (alone === undefined) await expectUndefined(what, () => answer)
    else checkSame(what, checkPlain(what, answer), alone)
  }
}

/** Each is overwritten with its number, which must still stand there when all have come. */
async function keepsResults(calls: readonly Call[], member: string): Promise<void> {
  for (const [n, call] of calls.entries()) {
    const first = (await answerOf(member, call))?.slice()
    if (first === undefined) continue
    const kept: Bytes[] = []
    for (let i = 0; i < KEPT; i++) {
      const result = checkPlain('a result', await answerOf(member, call))
      checkSame(`the same call, ${i + 2} times`, result, first)
      kept.push(result.fill(i))
    }
    if (kept.some((result, i) => result.some((byte) => byte !== i))) fail(`results of call ${n + 1} lie in memory that later ones are written to`)
  }
}
