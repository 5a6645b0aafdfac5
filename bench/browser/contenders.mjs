// Everything that is timed in pages. The shape of a contender is that of ../peers/index.mjs.
import { contenders as age } from '../peers/age.mjs'
import { contenders as forge } from '../peers/forge.mjs'
import { contenders as jose } from '../peers/jose.mjs'
import { contenders as libsodium } from '../peers/libsodium.mjs'
import { contenders as openpgp } from '../peers/openpgp.mjs'
import { contenders as otaseal, onePiece } from '../peers/otaseal.mjs'
import { contenders as tweetnacl } from '../peers/tweetnacl.mjs'
import { contenders as capgo } from './capgo.mjs'
import { contenders as floors } from './floors.mjs'
import { contenders as runningHash } from './running-hash.mjs'

/** What takes seconds for 50 MiB is held against the others at 5 MiB. */
const slow = [...tweetnacl, ...forge].map((one) => ({ ...one, most: { random: 5, js: 5 } }))

/** Publishers build on Node, so of the build side a page is asked only how it compares. */
export const contendersOf = {
  device: [floors, otaseal, onePiece, capgo, runningHash, age, openpgp, jose, libsodium, slow].flat(),
  build: [floors, otaseal, age, libsodium].flat(),
}
