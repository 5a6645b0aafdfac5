import * as capgo from './targets/capgo.js'
import * as head from './targets/head.js'
import * as keys from './targets/keys.js'
import * as manifest from './targets/manifest.js'
import * as payload from './targets/payload.js'
import * as text from './targets/text.js'
import * as tools from './targets/tools.js'
import * as trust from './targets/trust.js'
import type { Target } from './oracle.js'

/** One for each parser. */
export const targets: readonly Target[] = [text, head, keys, trust, payload, manifest, capgo, tools].flatMap((room) => Object.values<Target>(room))
