// What is sealed and opened: random bytes, and JavaScript that a web app really ships.
import { randomFillSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MIB, repeated } from './util.mjs'
import { appFolder } from './web-app.mjs'

const SCRIPT = 'swagger-ui-bundle.js'

export const kindsOfData = { random, js }

export const DATA_TITLES = { random: 'random bytes', js: `${SCRIPT}, over and over` }

function random(mib) {
  return randomFillSync(new Uint8Array(Math.round(mib * MIB)))
}

export function readScript() {
  return readFileSync(join(appFolder, SCRIPT))
}

/** The bundle of Swagger UI, repeated up to the size: real text, of which compression inside of a format would show. */
function js(mib) {
  return repeated(readScript(), mib)
}
