import { buildBackend } from '#build-backend'
import { eventOption } from '../events.js'
import { namePattern } from '../format/header.js'
import { jsonMember } from '../format/jws.js'
import { SCOPE_MAX, TIME_MAX } from '../format/limits.js'
import { LINK_TYPE, parseLink } from '../format/link.js'
import { badKey } from '../keys/bad-key.js'
import { readPublicKey } from '../keys/public.js'
import { backendOption, callOption, integerOption, listOption, objectOption, textOption, timeOption } from '../options.js'
import { METHODS } from './options.js'
import { readSigner } from './signer.js'
import { signPayload } from './sign-head.js'
import type { Backend } from '../crypto/backend.js'
import type { EventOptions } from '../events.js'
import type { LinkClaims } from '../format/link.js'
import type { KeyInput } from '../keys/types.js'
import type { CallOptions } from '../options.js'
import type { SignerInput } from './signer.js'

/** What a root key lets a release key do. */
export interface DelegateOptions extends EventOptions, Pick<CallOptions, 'signal'> {
  /** The root key, which devices have in their trust store. */
  readonly signer: SignerInput
  /** A `Date`, or whole seconds since 1970. Left out: now. */
  readonly notBefore?: Date | number | undefined
  /** The same. Devices refuse after it what the release key has signed, also before it. */
  readonly notAfter: Date | number
  /** Left out: every app that trusts the root. */
  readonly apps?: readonly string[] | undefined
  /** Left out: every channel, and none. */
  readonly channels?: readonly string[] | undefined
  /** The highest sequence that the release key may sign. Left out: any. */
  readonly maxSequence?: number | undefined
  readonly backend?: Backend | undefined
}

/**
 * A link, by which a root key delegates to a release key: JWS compact, for the option `chain` of `encryptBundle`. Everyone who has
 * a head signed by the release key can read it.
 *
 * @throws EnvelopeError `bad-key`, `signer-failed`, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function delegate(releaseKey: KeyInput, options: DelegateOptions): Promise<string> {
  const now = timeOption('the clock', new Date(), TIME_MAX)
  const scope = readScope(objectOption('options', options), now)
  const { backend } = backendOption(options.backend ?? buildBackend, METHODS)
  const tell = eventOption(options)
  const { signal } = callOption(options)
  const [key, root] = await Promise.all([readPublicKey(releaseKey, backend), readSigner(options.signer, backend, signal)])
  const { kid } = root.publicKey
  if (key.kid === kid) throw badKey('the release key is the root key itself: make a key pair of its own for releases')
  const payload = jsonMember({ key: key.jwk, ...scope } satisfies LinkClaims)
  const { protected: header, signature } = await signPayload(payload, root, LINK_TYPE)
  const link = `${header}.${payload}.${signature}`
  parseLink(link, 'link')
  tell({ event: 'link-signed', time: now, kid, delegate: key.kid })
  return link
}

function readScope({ notBefore, notAfter, apps, channels, maxSequence }: DelegateOptions, now: number): Omit<LinkClaims, 'key'> {
  const from = notBefore === undefined ? now : timeOption('notBefore', notBefore, TIME_MAX)
  const to = timeOption('notAfter', notAfter, TIME_MAX)
  if (to < from) throw new RangeError('notAfter must not be before notBefore')
  if (to <= now) throw new RangeError('notAfter must be in the future: devices would refuse all that the release key signs')
  return {
    notBefore: from,
    notAfter: to,
    ...(apps !== undefined && { apps: namesOption('apps', apps) }),
    ...(channels !== undefined && { channels: namesOption('channels', channels) }),
    ...(maxSequence !== undefined && { maxSequence: integerOption('maxSequence', maxSequence, Number.MAX_SAFE_INTEGER) }),
  }
}

function namesOption(name: string, values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be an array of names`)
  const names = listOption(name, values as readonly string[])
  if (names.length > SCOPE_MAX) throw new RangeError(`${name} can hold at most ${SCOPE_MAX} names`)
  return names.map((value, i) => textOption(`${name}[${i}]`, value, namePattern))
}
