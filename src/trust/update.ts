import { EnvelopeError } from '../errors.js'
import { jsonText, signatureMembers, signaturesOf } from '../format/jws.js'
import { TRUST_SIZE_MAX } from '../format/limits.js'
import { anyString, base64urlBytes, parseExactJson, parseLaidOutJson, readObject } from '../json.js'
import { countedSigners, onlyOnce, signatureObjection } from './judge.js'
import { periodObjection, refusalFor } from './objections.js'
import { asTrustStore, readTrustStore } from './store.js'
import type { JsonInput, JwsSignature, SignatureMember } from '../format/jws.js'
import type { PublicKey } from '../keys/types.js'
import type { Court, Verdict } from './judge.js'
import type { TrustStore } from './store.js'
import type { TrustedKey } from './trust.js'

/** The `typ` of a trust update's signatures. */
export const TRUST_TYPE = 'otaseal-trust-v2'

/** The base64url of a trust store, and what else the JSON of a trust update takes. */
const UPDATE_SIZE_MAX = 2 * TRUST_SIZE_MAX

/** A trust update whose form is right; that it may replace anything is still to be shown. */
export interface ParsedTrustUpdate {
  /** The signed member `payload`, base64url of the new trust store. */
  readonly payload: string
  readonly store: TrustStore
  readonly signatures: readonly JwsSignature[]
  /** The same signatures as the update carries them. */
  readonly members: readonly SignatureMember[]
}

/**
 * Reads a trust update: JWS General JSON (RFC 7515 section 7.2.1), strict as a head is.
 *
 * @throws EnvelopeError `bad-trust-store`, `unsupported`, `bad-key`
 * @throws TypeError where it is neither text, bytes nor an object
 */ // R63
export function parseTrustUpdate(input: JsonInput): ParsedTrustUpdate {
  return asTrustStore(() => {
    const value = parseLaidOutJson(updateText(input), UPDATE)
    const { payload, signatures } = readObject(value, UPDATE, { payload: anyString, signatures: signatureMembers }, {})
    const bytes = base64urlBytes(payload, UPDATE)
    if (bytes.length > TRUST_SIZE_MAX) throw new EnvelopeError('bad-trust-store', `the new trust store has more than ${TRUST_SIZE_MAX} bytes`)
    const store = readTrustStore(parseExactJson(bytes, UPDATE))
    return { payload, store, signatures: signaturesOf(signatures, payload, TRUST_TYPE, UPDATE), members: signatures }
  })
}

const UPDATE = 'trust update'

/** The text of a trust update, of which a caller may keep and change the object. */
export function updateText(input: JsonInput): string {
  return asTrustStore(() => jsonText(input, UPDATE_SIZE_MAX, UPDATE))
}

/**
 * The keys of one trust store that have signed a trust update, each once. Only active keys without a scope count: who may sign for one
 * channel must not decide for all.
 *
 * @param isNew whether it is the store of the update itself: a key that it revokes is leaving, and no thief's for that
 * @throws EnvelopeError `threshold-not-met`, `untrusted-key`, `revoked-key`, `bad-signature`, `out-of-scope`, `expired`, `not-yet-valid`
 */ // R64
export async function updateSigners({ signatures }: ParsedTrustUpdate, court: Court, isNew: boolean): Promise<readonly PublicKey[]> {
  const verdicts = await Promise.all(signatures.map((signature) => judge(signature, signatures, court)))
  const told = isNew ? verdicts.filter(({ refused }) => refused?.code !== 'revoked-key') : verdicts
  return countedSigners(told, court.trust, isNew ? 'the new trust store' : 'the trust store that this device has')
}

async function judge(signature: JwsSignature, all: readonly JwsSignature[], court: Court): Promise<Verdict> {
  const { kid } = signature
  const own = court.trust.keys.get(kid)
  if (own === undefined) return { kid, refused: refusalFor('unknown') }
  const refused = onlyOnce(signature, all, (await signatureObjection(signature, own.key, court.backend)) ?? objection(own, court))
  return { kid, root: own.key, ...(refused !== undefined && { refused }) }
}

function objection(key: TrustedKey, court: Court): EnvelopeError | undefined {
  if (key.status === 'revoked') return refusalFor('revoked')
  if (key.status === 'retired') return outOfScope('a key that is retired, and only active keys may change whom to trust')
  if (key.apps !== undefined || key.channels !== undefined) {
    return outOfScope('a key that is for some apps or channels alone, and must be signed by one that is for all')
  }
  return periodObjection(key, court)
}

function outOfScope(signer: string): EnvelopeError {
  return new EnvelopeError('out-of-scope', `the trust update is signed by ${signer}`)
}
