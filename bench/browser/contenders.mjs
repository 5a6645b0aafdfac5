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

/** What takes seconds is held against the others where they have less to do: WebKitGTK needs five for 1 MiB with node-forge. */
const slow = [upTo(5, tweetnacl), upTo(1, forge)].flat()

/** Publishers build on Node, so of the build side a page is asked only how it compares. */
export const contendersOf = {
  device: [floors, otaseal, onePiece, capgo, runningHash, age, openpgp, jose, libsodium, slow].flat(),
  build: [floors, otaseal, age, libsodium].flat(),
}

function upTo(mib, contenders) {
  return contenders.map((one) => ({ ...one, most: { random: mib, js: mib } }))
}
