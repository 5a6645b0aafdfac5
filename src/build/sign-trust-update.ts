import { buildBackend } from '#build-backend'
import { EnvelopeError } from '../errors.js'
import { eventOption } from '../events.js'
import { jsonMember } from '../format/jws.js'
import { SEQUENCE_LEAD, SIGNATURES_MAX, TIME_MAX } from '../format/limits.js'
import { backendOption, booleanOption, callOption, listOption, objectOption, timeOption } from '../options.js'
import { base64urlEncode } from '../text.js'
import { signatureObjection } from '../trust/judge.js'
import { canonicalStore, parseTrustStore, trustStoreText } from '../trust/store.js'
import { checkTrustStore } from '../trust/trust.js'
import { TRUST_TYPE, parseTrustUpdate, updateText } from '../trust/update.js'
import { METHODS } from './options.js'
import { signEach } from './sign-head.js'
import { readEach } from './signers.js'
import type { Backend } from '../crypto/backend.js'
import type { EventOptions } from '../events.js'
import type { JsonInput, JwsSignature } from '../format/jws.js'
import type { CallOptions } from '../options.js'
import type { TrustStore } from '../trust/store.js'
import type { Trust } from '../trust/trust.js'
import type { ParsedTrustUpdate } from '../trust/update.js'
import type { SignatureText } from './sign-head.js'
import type { SignerInput } from './signer.js'

/** Who signs a trust update. */
export interface SignTrustOptions extends EventOptions, Pick<CallOptions, 'signal'> {
  /** One key, or several that all sign. */
  readonly signer: SignerInput | readonly SignerInput[]
  /** Lets `minSequence` lie more than a day ahead of the clock: devices refuse all releases below it. */
  readonly allowFutureSequence?: boolean | undefined
  readonly backend?: Backend | undefined
}

/**
 * A trust update, as JSON text, that makes devices replace their trust store by this one: as many keys as the old and as the new store
 * demand must sign it. Keys that lie apart sign one after the other: what one call gives is passed to the next in place of the store.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`, `signer-failed`, `limit-exceeded`, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function signTrustUpdate(store: TrustStore | JsonInput, options: SignTrustOptions): Promise<string> {
  const time = timeOption('the clock', new Date(), TIME_MAX)
  const { payload, parsed, others } = startOf(store)
  const inputs = listOption('signer', objectOption('options', options).signer)
  const { backend } = backendOption(options.backend ?? buildBackend, METHODS)
  checkFloor(parsed, time, options)
  const tell = eventOption(options)
  const { signal } = callOption(options)
  const [signers, trust] = await Promise.all([readEach(inputs, { backend, signal }), checkTrustStore(parsed, backend)])
  const kids = new Set(signers.map(({ publicKey }) => publicKey.kid))
  const kept = others.filter(({ signature }) => !kids.has(signature.kid))
  await checkOthers(kept, trust, backend)
  if (kept.length + signers.length > SIGNATURES_MAX) throw new RangeError(`at most ${SIGNATURES_MAX} keys can sign`)
  const own = await signEach(payload, signers, TRUST_TYPE, (kid) => tell({ event: 'trust-signed', time, kid, epoch: parsed.epoch }))
  const update = JSON.stringify({ payload, signatures: [...kept.map(({ text }) => text), ...own] })
  parseTrustUpdate(update)
  return update
}

function checkFloor({ minSequence }: TrustStore, now: number, { allowFutureSequence = false }: SignTrustOptions): void {
  // R50
  if (booleanOption('allowFutureSequence', allowFutureSequence) || minSequence <= now + SEQUENCE_LEAD) return
  throw new RangeError(
    `minSequence ${minSequence} is more than a day ahead of the clock (${now}): devices would refuse every release below it. ` +
      'Give whole seconds, not milliseconds, or set allowFutureSequence too',
  )
}

/** Signatures by keys of the new store must hold, else the update would look finished; those by keys that are leaving can't be checked here. */
async function checkOthers(others: Start['others'], trust: Trust, backend: Backend): Promise<void> {
  for (const { signature } of others) {
    const known = trust.keys.get(signature.kid)
    const refused = known && (await signatureObjection(signature, known.key, backend))
    if (refused === undefined) continue
    throw new EnvelopeError(refused.code, `the trust update has a signature by ${signature.kid} that does not hold: have it signed again, or start from the trust store`)
  }
}

interface Start {
  readonly payload: string
  readonly parsed: TrustStore
  /** What others have signed already. */
  readonly others: readonly { readonly signature: JwsSignature; readonly text: SignatureText }[]
}

/** A trust store is signed as its members in one order; an update as it stands. */
function startOf(input: TrustStore | JsonInput): Start {
  const text = updateText(input)
  // No string of a trust store holds a quotation mark.
  if (text.includes('"signatures"')) {
    const update = parseTrustUpdate(text)
    return { payload: update.payload, parsed: update.store, others: signatureTexts(update) }
  }
  const parsed = canonicalStore(parseTrustStore(trustStoreText(text)))
  return { payload: jsonMember(parsed), parsed, others: [] }
}

function signatureTexts({ members, signatures }: ParsedTrustUpdate): Start['others'] {
  return signatures.map((signature, i) => ({
    signature,
    text: { protected: members[i]?.protected ?? '', signature: base64urlEncode(signature.signature) },
  }))
}
