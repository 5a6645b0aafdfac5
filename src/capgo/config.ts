import { readJsonConfig, writeJsonConfig } from './config-json.js'
import { readScriptConfig } from './config-script.js'
import { readCapgoPublicKey, capgoPublicPem } from './keys.js'
import { EnvelopeError } from '../errors.js'
import type { CapgoKeyInput } from './keys.js'

/** Characters; each may become a token, and each token an object. */
const MOST = 262_144
const SCRIPT = /\.[cm]?[jt]s$/i
const JSON_FILE = /\.json$/i

/** What the Capacitor configuration of an app says about keys. */
export interface CapgoConfig {
  /** `plugins.CapacitorUpdater.publicKey` as it stands, not checked. Left out where there is none, or an empty one. */
  readonly publicKey?: string
  /** Whether it has the `privateKey` of the older format V1, which belongs in no app. */
  readonly hasPrivateKey: boolean
}

/**
 * Finds the public key in `capacitor.config.json`, or in `capacitor.config.ts` and `.js` without running them.
 *
 * @param fileName its ending says how the text is read
 * @throws EnvelopeError `bad-key` where it can't be told without running the file, or where there are two; `too-large`
 * above 262,144 characters
 * @throws TypeError where an argument is no text, or the file is neither
 */
export function readCapgoConfig(text: string, fileName: string): CapgoConfig {
  checkText(text)
  if (typeof fileName !== 'string') throw new TypeError('fileName must be a string, such as capacitor.config.json')
  if (JSON_FILE.test(fileName)) return readJsonConfig(text)
  if (!SCRIPT.test(fileName)) throw new TypeError('fileName must end in .json, .ts or .js, as capacitor.config.json does')
  return readScriptConfig(text)
}

/**
 * The text of `capacitor.config.json` with this public key in `plugins.CapacitorUpdater.publicKey`, as PKCS#1. All else stays as it is, to
 * the character.
 *
 * @param fileName where it is not a JSON file, the error holds the line to paste in
 * @throws EnvelopeError `bad-key` for the key, or a text that is not JSON or has a member twice; `too-large` as in {@link readCapgoConfig}
 * @throws TypeError where an argument is no text, or the file is a script
 */
export function writeCapgoConfig(text: string, publicKey: CapgoKeyInput, fileName = 'capacitor.config.json'): string {
  checkText(text)
  const pem = capgoPublicPem(readCapgoPublicKey(publicKey))
  if (JSON_FILE.test(fileName)) return writeJsonConfig(text, pem)
  throw new TypeError(
    `only JSON can be written here: paste this into plugins.CapacitorUpdater of the configuration yourself: publicKey: ${JSON.stringify(pem)}`,
  )
}

function checkText(text: unknown): void {
  if (typeof text !== 'string') throw new TypeError('text must be a string: read the file as text, for example with readFile(path, "utf8")')
  if (text.length > MOST) throw new EnvelopeError('too-large', `the configuration is longer than ${MOST} characters: pass the capacitor.config file of the app`)
}
