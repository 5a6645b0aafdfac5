// Everything that is timed on Node.
import { age } from './age.mjs'
import { aws } from './aws.mjs'
import { capgo } from './capgo.mjs'
import { floors } from './floors.mjs'
import { libsodium } from './libsodium.mjs'
import { nodeForge } from './forge.mjs'
import { openpgp } from './openpgp.mjs'
import { otaseal } from './otaseal.mjs'
import { jose } from './jose.mjs'
import { tweetnacl } from './tweetnacl.mjs'

/**
 * Contenders in the order of tables, the first of a flow its floor. `kind` is floor, otaseal, deployed or peer. `setup` makes keys and gives two functions, which may
 * be asynchronous: `seal(bundle, take)` gives all that is large to `take`, in order, and returns the rest; `open({ body, meta }, take)`
 * gets what was taken, joined, and what was returned, and gives the plaintext to `take`. It must throw where the body was changed.
 * `most`: above so many MiB of a kind of data it is left out.
 */
export const contenders = [floors, otaseal, capgo, age, openpgp, jose, libsodium, aws, tweetnacl, nodeForge].flat()
