import { memberOf, objectOf } from './config-tokens.js'
import type { CapgoConfig } from './config.js'
import type { Member, Tokens } from './config-tokens.js'

/** Where Capacitor keeps what belongs to the plugin. */
export const PATH = ['plugins', 'CapacitorUpdater'] as const
/** The member of the app's public key. */
export const KEY = 'publicKey'
/** Values that count as absent. */
const NOTHING = /^(""|''|``|null|undefined|false)$/

/** What of that path an object has: the bracket of its innermost object, and the names below that are missing. */
export interface UpdaterPlace {
  readonly open: number
  readonly missing: readonly string[]
}

/** Follows the path from the object whose bracket is at index `root`. */
export function updaterPlace(tokens: Tokens, root: number): UpdaterPlace {
  let open = root
  for (const [i, name] of PATH.entries()) {
    const member = memberOf(tokens, open, name)
    if (member === undefined) return { open, missing: PATH.slice(i) }
    open = objectOf(tokens, member)
  }
  return { open, missing: [] }
}

/** What the plugin's object says of keys; `valueOf` reads a member's value. */
export function configAt(tokens: Tokens, { open, missing }: UpdaterPlace, valueOf: (member: Member) => unknown): CapgoConfig {
  if (missing.length > 0) return { hasPrivateKey: false }
  const [key, v1Key] = [memberOf(tokens, open, KEY), memberOf(tokens, open, 'privateKey')]
  const publicKey = key && valueOf(key)
  const hasPrivateKey = v1Key !== undefined && !NOTHING.test(tokens.list[v1Key.from]?.source ?? '')
  if (publicKey === undefined || publicKey === null || publicKey === '') return { hasPrivateKey }
  if (typeof publicKey !== 'string') throw tokens.refuse(`plugins.CapacitorUpdater.${KEY} is not a string`)
  return { publicKey, hasPrivateKey }
}
