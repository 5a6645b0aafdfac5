import { equalBytes } from '../bytes.js'
import { checkAborted, objectOption } from '../options.js'
import { makePause } from '../pause.js'
import { hexDecode } from '../text.js'
import { newNotes, putInto } from './check-release-notes.js'
import { openChecksum, parseChecksum } from './checksum.js'
import { parseSession } from './session.js'
import type { CapgoNoteCode, Notes } from './check-release-notes.js'
import type { ChecksumParts } from './checksum.js'
import type { DecryptPlan } from './options.js'
import type { SessionParts } from './session.js'

/** The two fields of a release, as they are stored. */
interface Fields {
  readonly sessionKey: unknown
  readonly checksum: unknown
}

interface Parts {
  /** The checksum as it stands. */
  readonly text: unknown
  readonly session: SessionParts | undefined
  readonly checksum: ChecksumParts | undefined
}

type Repeated = Extract<CapgoNoteCode, 'session-key-reused' | 'iv-reused' | 'repeated-content' | 'repeated-release'>

const MEANING: Readonly<Record<Repeated, string>> = {
  'session-key-reused':
    'has the same session key with another initialisation vector: devices accept it, since nothing binds a session key to its release; encrypt anew, since a new release never takes the session key of another',
  'iv-reused':
    'has the same session key and initialisation vector: devices accept it, and whoever sees both payloads sees how far the bundles begin alike; encrypt anew for each release',
  'repeated-content':
    'has the same content: devices accept it under any version, since the format can not tell an old release that is offered again; make sure that it shall come back',
  'repeated-release':
    'is this release: devices accept it under any version, since the format can not tell an old release that is offered again; make sure that it shall come back',
}

const MOST_PREVIOUS = 100_000

/** @throws TypeError, RangeError */
export function previousOption(previous: unknown = []): readonly Fields[] {
  if (!Array.isArray(previous)) throw new TypeError('previous must be a list of releases')
  if (previous.length > MOST_PREVIOUS) throw new RangeError(`previous must have at most ${MOST_PREVIOUS} releases: pass the latest`)
  return previous.map((release: unknown) => {
    const { sessionKey, checksum } = objectOption('each of previous', release as Fields)
    return { sessionKey, checksum }
  })
}

/** Notes what a release has in common with those before it. */
export async function checkPrevious(release: Fields & { readonly sha256: string | undefined }, previous: readonly Fields[], plan: DecryptPlan, warnings: Notes): Promise<void> {
  const own = await partsOf(release)
  const pause = makePause()
  const found = new Map<Repeated, number[]>()
  for (const [i, fields] of previous.entries()) {
    checkAborted(plan.signal)
    const parts = await partsOf(fields)
    const isSame = isSameText(own, parts) || (await isSameContent(release.sha256, own, parts, plan))
    for (const code of codesOf(own.session, parts.session, isSame)) putInto(found, code, i)
    await pause()
  }
  for (const [code, indices] of found) warnings.add({ code, message: `${listed(indices)} ${MEANING[code]}` })
}

/** What holds of two sessions and, all in all, of two releases. */
function codesOf(own: SessionParts | undefined, other: SessionParts | undefined, isSameContent: boolean): readonly Repeated[] {
  const isSameKey = own !== undefined && other !== undefined && equalBytes(own.signedKey, other.signedKey)
  const isSameIv = isSameKey && equalBytes(own.iv, other.iv)
  if (isSameIv && isSameContent) return ['repeated-release']
  return [...(isSameIv ? ['iv-reused' as const] : isSameKey ? ['session-key-reused' as const] : []), ...(isSameContent ? ['repeated-content' as const] : [])]
}

/** What the texts hold; of a release that is not encrypted, or malformed, nothing. */
async function partsOf({ sessionKey, checksum }: Fields): Promise<Parts> {
  const { attempt } = newNotes()
  return { text: checksum, session: await attempt(() => parseSession(sessionKey)), checksum: await attempt(() => parseChecksum(checksum)) }
}

function isSameText({ checksum: own }: Parts, { checksum: other }: Parts): boolean {
  return own !== undefined && other !== undefined && equalBytes(own.signature, other.signature)
}

/** Whether another form of checksum is of the same content. */
async function isSameContent(sha256: string | undefined, own: Parts, other: Parts, { open }: DecryptPlan): Promise<boolean> {
  const digest = sha256 === undefined ? undefined : hexDecode(sha256)
  if (digest === undefined || other.checksum === undefined || other.checksum.rows[0] === own.checksum?.rows[0]) return false
  const opened = await newNotes().attempt(async () => openChecksum(other.text, open))
  return opened?.matches(digest) === true
}

function listed(indices: readonly number[]): string {
  const named = indices.slice(0, 5).map((i) => `previous[${i}]`)
  return named.join(', ') + (indices.length > named.length ? ` and ${indices.length - named.length} more` : '')
}
