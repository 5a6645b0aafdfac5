import type { ErrorCode } from 'otaseal/device'

/** The checks of an envelope in the order in which the library makes them. */
export const checks = [
  { id: 'container', title: 'The file starts as an envelope' },
  { id: 'form', title: 'The head has exactly the form that is specified' },
  { id: 'trust', title: 'The public key or trust store can be used' },
  { id: 'signatures', title: 'Enough trusted keys have signed, and may sign this' },
  { id: 'app', title: 'It is for this app' },
  { id: 'channel', title: 'It is for this channel' },
  { id: 'runtime', title: 'It is for this runtime' },
  { id: 'sequence', title: 'It is newer than what is installed' },
  { id: 'expires', title: 'It has not expired' },
  { id: 'reader', title: 'A key slot opens, and holds the session key that was signed' },
  { id: 'index', title: 'The start of the payload is the signed one' },
  { id: 'chunks', title: 'Each chunk is the signed one' },
  { id: 'end', title: 'Nothing is missing from the payload, and nothing follows it' },
] as const

export type CheckId = (typeof checks)[number]['id']

/** How far the checks have come. All before `passed`, and it, have passed, but those that were left out. */
export interface Standing {
  readonly passed: CheckId | undefined
  readonly refused?: { readonly check: CheckId; readonly code: ErrorCode; readonly message: string }
  /** Checks that nobody asked for, with the reason. */
  readonly left: ReadonlyMap<CheckId, string>
}

export type CheckState = 'passed' | 'refused' | 'left out' | 'not reached'

export function stateOf(id: CheckId, { passed, refused, left }: Standing): CheckState {
  if (refused?.check === id) return 'refused'
  if (left.has(id)) return 'left out'
  return passed !== undefined && orderOf(id) <= orderOf(passed) ? 'passed' : 'not reached'
}

function orderOf(id: CheckId): number {
  return checks.findIndex((check) => check.id === id)
}

/** The check that follows. */
function after(id: CheckId | undefined): CheckId {
  return checks[id === undefined ? 0 : orderOf(id) + 1]?.id ?? 'end'
}

const BY_CODE: ReadonlyMap<ErrorCode, CheckId> = new Map<ErrorCode, CheckId>([
  ['wrong-app', 'app'],
  ['wrong-channel', 'channel'],
  ['wrong-runtime', 'runtime'],
  ['rollback', 'sequence'],
  // Of a trusted key it shows before the run.
  ['bad-key', 'reader'],
  ['no-reader-key', 'reader'],
  ['bad-index', 'index'],
  ['bad-chunk', 'chunks'],
  ['truncated', 'end'],
  ['trailing-data', 'end'],
])

/**
 * Which check refused it. `counted`: a signature counts, so what has expired is the release, and not a key; where too few count the code
 * is another.
 */
export function refusingCheck(code: ErrorCode, passed: CheckId | undefined, counted: boolean): CheckId {
  if (code === 'expired') return counted ? 'expires' : 'signatures'
  return BY_CODE.get(code) ?? after(passed)
}

/** The last check before the one that refused, where the checks between were made in one call. */
export function passedBefore(check: CheckId, passed: CheckId | undefined): CheckId | undefined {
  const isClaim = orderOf(check) > orderOf('signatures') && orderOf(check) <= orderOf('expires')
  return isClaim ? checks[orderOf(check) - 1]?.id : passed
}
