import { expect, test } from 'vitest'
import { joinEnvelope, verifyAndDecryptStream, verifyEnvelope } from '../../src/index.js'
import { freshEd25519 } from '../envelope/signers.js'
import { accepting } from './event-calls.js'
import { entry, jwkOf, named, storeOf } from './signed.js'
import { release, secret } from './world.js'
import type { KeyMember, TrustInput, TrustStore } from '../../src/index.js'

const A = named('A')
const X = freshEd25519()
const { head, payload } = release([A])
const bytes = joinEnvelope(head, payload)

/** The envelope, once `open` is called. */
function lateStream(): { readonly stream: ReadableStream<Uint8Array>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    await opened
    controller.enqueue(bytes)
    controller.close()
  }
  return { stream: new ReadableStream({ pull }, { highWaterMark: 0 }), open }
}

const jwkOfX = (): KeyMember => ({ ...jwkOf(X) })
const storeOfX = (): TrustStore => JSON.parse(JSON.stringify(storeOf([entry(X)]))) as TrustStore

test.each<readonly [string, () => { readonly trust: TrustInput; readonly key: KeyMember }]>([
  ['a JWK', () => { const key = jwkOfX(); return { trust: key, key } }],
  ['a JWK in a list', () => { const key = jwkOfX(); return { trust: [X.publicKey, key], key } }],
  ['a trust store', () => { const trust = storeOfX(); return { trust, key: trust.keys[0]?.key as KeyMember } }],
])('%s is read at the call, however late the head comes', async (_, make) => {
  for (const open of [verifyAndDecryptStream, verifyEnvelope]) {
    const { trust, key } = make()
    const late = lateStream()
    const opening = open(late.stream, { ...accepting(secret), trust })
    Object.assign(key, jwkOf(A))
    late.open()
    await expect(opening).rejects.toMatchObject({ code: 'untrusted-key' })
    const again = lateStream()
    again.open()
    await expect(open(again.stream, { ...accepting(secret), trust })).resolves.toMatchObject({ signers: [A.kid] })
  }
})
