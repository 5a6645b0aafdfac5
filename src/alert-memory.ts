import { integerOption, objectOption, textOption } from './options.js'

/** The most that a memory holds: who sends more makes it forget, not grow. */
export const MEMORY_MAX = 1000

/** How many clocks that differ are told apart. */
const CLOCKS_MAX = 16

/** No key id, and nothing of a release, is as long. */
const TEXT_MAX = 1024

/** A thumbprint (RFC 7638). */
export const kidPattern: RegExp = /^[A-Za-z0-9_-]{43}$/

/**
 * The kids of a record, which may be anything that calls itself one.
 *
 * @throws TypeError
 */
export function checkedKids(kids: unknown): readonly string[] {
  if (!Array.isArray(kids)) throw new TypeError('event must be a record of this library, and its kids a list')
  return kids.map((kid: unknown) => {
    if (typeof kid === 'string' && kid.length <= TEXT_MAX) return kid
    throw new TypeError(`event must be a record of this library, and each kid a text of at most ${TEXT_MAX} characters`)
  })
}

/** Texts with a value each: of more than {@link MEMORY_MAX} the one that was set longest ago is forgotten. */
export interface RecentMap<T> {
  readonly get: (key: string) => T | undefined
  readonly set: (key: string, value: T) => void
}

export function createRecentMap<T>(): RecentMap<T> {
  const values = new Map<string, T>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.delete(shortText(key))
      values.set(key, value)
      const [oldest] = values.keys()
      if (values.size > MEMORY_MAX && oldest !== undefined) values.delete(oldest)
    },
  }
}

/** @throws TypeError */
function shortText(text: unknown): string {
  if (typeof text !== 'string' || text.length > TEXT_MAX) throw new TypeError('event must be a record of this library')
  return text
}

/**
 * Counts what happens close together. A time is added, and the answer is how many times lie, with it, within some span of
 * `seconds`: so the order in which they come makes no difference. Of more than {@link MEMORY_MAX} the one that came first is
 * forgotten, however late it is, so that a wrong clock can't push the others out for good.
 */
export function createCounter(seconds: number): (time: number) => number {
  const arrived: number[] = []
  const sorted: number[] = []
  return (time) => {
    arrived.push(time)
    const after = sorted.findIndex((other) => other > time)
    sorted.splice(after < 0 ? sorted.length : after, 0, time)
    if (arrived.length > MEMORY_MAX) sorted.splice(sorted.indexOf(arrived.shift() as number), 1)
    return mostWith(time, sorted, seconds)
  }
}

/** How many of `sorted` the fullest span around `time` holds. */
function mostWith(time: number, sorted: readonly number[], seconds: number): number {
  const near = sorted.filter((other) => Math.abs(other - time) <= seconds)
  let first = 0
  let most = 0
  for (const [last, end] of near.entries()) {
    while (end - (near[first] as number) > seconds) first++
    if ((near[first] as number) <= time && end >= time) most = Math.max(most, last - first + 1)
  }
  return most
}

/**
 * Tells the first of a run from those that go on with it: each is within `seconds` of the one before. Of a few runs at once, so that
 * devices whose clocks differ don't make one another's runs seem new.
 */
export function createRuns(seconds: number): (time: number) => boolean {
  const runs: number[] = []
  return (time) => {
    const known = runs.findIndex((last) => Math.abs(last - time) <= seconds)
    if (known >= 0) runs.splice(known, 1)
    else if (runs.length === CLOCKS_MAX) runs.shift()
    runs.push(time)
    return known < 0
  }
}

/**
 * Tells what is new from what was told of within `seconds`: what goes on is told again after them. For a few clocks at once, as
 * {@link createRuns}.
 */
export function createReminder(seconds: number): (time: number) => boolean {
  const told: number[] = []
  return (time) => {
    if (told.some((other) => Math.abs(other - time) <= seconds)) return false
    if (told.length === CLOCKS_MAX) told.shift()
    told.push(time)
    return true
  }
}

/** What `create` makes, for each name by itself. */
function forEachName<T>(create: () => (time: number) => T): (name: string, time: number) => T {
  const made = createRecentMap<(time: number) => T>()
  return (name, time) => {
    const one = made.get(name) ?? create()
    made.set(name, one)
    return one(time)
  }
}

/** When there is an alert. */
export interface AlertOptions {
  /** The kids of the keys whose use is usual: those of signers, of trust-store keys and of readers. */
  readonly knownKeys?: readonly string[] | undefined
  /** The kids of keys that are revoked: whatever they sign here is told. Refusals by devices make no key one of them. */
  readonly revokedKeys?: readonly string[] | undefined
  /** So many refusals within `window` seconds are an alert. Left out: 5 in 600. */
  readonly failures?: number | undefined
  readonly window?: number | undefined
  /**
   * From this one on within `revokedWindow` seconds, signatures of revoked keys are critical. Left out: the third in 86,400. What is
   * critical is told once within them.
   */
  readonly repeated?: number | undefined
  readonly revokedWindow?: number | undefined
}

/** What the rules ask, each of bounded size. */
export interface AlertMemory {
  readonly failures: (time: number) => number
  readonly isNewRun: (time: number) => boolean
  readonly revokedUses: (time: number) => number
  /** Whether it is to be told that revoked keys go on signing. */
  readonly isNewRepeat: (time: number) => boolean
  readonly isNewRelease: (release: string, time: number) => boolean
  readonly refusedUpdates: (code: string, time: number) => number
  readonly isNewRefusal: (code: string, time: number) => boolean
  /** Whether a key was used before. */
  readonly seen: (kid: string) => boolean
  /** Whether a key is one of `revokedKeys`. */
  readonly isRevoked: (kid: string) => boolean
  /** Releases with a signature by a revoked key; the value: whether that was told. */
  readonly coSigned: RecentMap<boolean>
  readonly limits: Limits
}

interface Limits {
  readonly failures: number
  readonly window: number
  readonly repeated: number
  readonly revokedWindow: number
}

/** @throws TypeError, RangeError */
export function createAlertMemory(options: AlertOptions): AlertMemory {
  const { failures = 5, window = 600, repeated = 3, revokedWindow = 86_400 } = objectOption('options', options)
  const limits = {
    failures: positive('failures', failures, MEMORY_MAX),
    window: positive('window', window, Number.MAX_SAFE_INTEGER),
    repeated: positive('repeated', repeated, MEMORY_MAX),
    revokedWindow: positive('revokedWindow', revokedWindow, Number.MAX_SAFE_INTEGER),
  }
  const known = kids('knownKeys', options.knownKeys)
  const revoked = kids('revokedKeys', options.revokedKeys)
  const used = createRecentMap<true>()
  return {
    failures: createCounter(limits.window),
    isNewRun: createRuns(limits.window),
    revokedUses: createCounter(limits.revokedWindow),
    isNewRepeat: createReminder(limits.revokedWindow),
    isNewRelease: forEachName(() => createReminder(limits.revokedWindow)),
    refusedUpdates: forEachName(() => createCounter(limits.revokedWindow)),
    isNewRefusal: forEachName(() => createReminder(limits.revokedWindow)),
    seen: (kid) => {
      if (known.has(kid)) return true
      const before = used.get(kid) === true
      used.set(kid, true)
      return before
    },
    isRevoked: (kid) => revoked.has(kid),
    coSigned: createRecentMap(),
    limits,
  }
}

/** @throws TypeError, RangeError */
function positive(name: string, value: unknown, most: number): number {
  if (integerOption(name, value, most) === 0) throw new RangeError(`${name} must be at least 1`)
  return value as number
}

/** @throws TypeError, RangeError */
function kids(name: string, list: readonly string[] = []): ReadonlySet<string> {
  if (!Array.isArray(list)) throw new TypeError(`${name} must be a list of kids`)
  return new Set(list.map((kid: unknown) => textOption(`${name}: each kid`, kid, kidPattern)))
}
