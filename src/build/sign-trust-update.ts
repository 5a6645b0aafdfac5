import { buildBackend } from '#build-backend'
import { eventOption } from '../events.js'
import { jsonMember } from '../format/jws.js'
import { SIGNATURES_MAX, TIME_MAX } from '../format/limits.js'
import { backendOption, callOption, listOption, objectOption, timeOption } from '../options.js'
import { base64urlEncode } from '../text.js'
import { canonicalStore, parseTrustStore, trustStoreText } from '../trust/store.js'
import { checkTrustStore } from '../trust/trust.js'
import { TRUST_TYPE, parseTrustUpdate, updateText } from '../trust/update.js'
import { METHODS } from './options.js'
import { signPayload } from './sign-head.js'
import { readEach } from './signers.js'
import type { Backend } from '../crypto/backend.js'
import type { EventOptions } from '../events.js'
import type { JsonInput } from '../format/jws.js'
import type { CallOptions } from '../options.js'
import type { TrustStore } from '../trust/store.js'
import type { ParsedTrustUpdate } from '../trust/update.js'
import type { SignatureText } from './sign-head.js'
import type { SignerInput } from './signer.js'

/** Who signs a trust update. */
export interface SignTrustOptions extends EventOptions, Pick<CallOptions, 'signal'> {
  /** One key, or several that all sign. */
  readonly signer: SignerInput | readonly SignerInput[]
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
  const tell = eventOption(options)
  const { signal } = callOption(options)
  const [signers] = await Promise.all([readEach(inputs, { backend, signal }), checkTrustStore(parsed, backend)])
  const kids = new Set(signers.map(({ publicKey }) => publicKey.kid))
  const signatures: SignatureText[] = others.filter(({ kid }) => !kids.has(kid)).map(({ text }) => text)
  if (signatures.length + signers.length > SIGNATURES_MAX) throw new RangeError(`at most ${SIGNATURES_MAX} keys can sign`)
  for (const signer of signers) signatures.push(await signPayload(payload, signer, TRUST_TYPE))
  const update = JSON.stringify({ payload, signatures })
  parseTrustUpdate(update)
  for (const kid of kids) tell({ event: 'trust-signed', time, kid, epoch: parsed.epoch })
  return update
}

interface Start {
  readonly payload: string
  readonly parsed: TrustStore
  /** What others have signed already. */
  readonly others: readonly { readonly kid: string; readonly text: SignatureText }[]
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
  return members.map((member, i) => ({
    kid: signatures[i]?.kid ?? '',
    text: { protected: member.protected, signature: base64urlEncode(member.signature) },
  }))
}
