import { isUnicode } from '../text.js'
import { malformedRelease } from './malformed.js'

/** What a device tells an update endpoint. */
export interface CapgoUpdateRequest {
  /** `ios`, `android` or `electron`. */
  readonly platform: string
  readonly device_id: string
  readonly app_id: string
  /** The release that the device runs; `builtin` for what the store delivered. */
  readonly version_name: string
  /** Version of `@capgo/capacitor-updater`: `checksumFormOf` says which releases it reads. */
  readonly plugin_version: string
  /** What the app calls the device. */
  readonly custom_id?: string
  /** Version of the app in the store. */
  readonly version_build?: string
  /** Number of the app's build. */
  readonly version_code?: string
  readonly version_os?: string
  readonly is_emulator?: boolean
  readonly is_prod?: boolean
  readonly install_source?: string
  readonly defaultChannel?: string
  /** Start of the app's public key in base64: 20 characters, of early plugins 4. Apps without one, and older plugins, tell none. */
  readonly key_id?: string
  /** This and those below: of statistics, which have the other members too. */
  readonly old_version_name?: string
  readonly action?: string
  readonly channel?: string
}

/** Characters. */
const TEXT_MAX = 512

/** What is wrong with a value, if anything. */
type Check = (value: unknown) => string | undefined

const text: Check = (value) => {
  if (typeof value !== 'string') return 'is not a string'
  if (value.length > TEXT_MAX) return `has more than ${TEXT_MAX} characters`
  return isUnicode(value) ? undefined : 'is not Unicode'
}
const filled: Check = (value) => (value === '' ? 'is empty' : text(value))
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'is neither true nor false')

const required: Readonly<Record<string, Check>> = { platform: filled, device_id: filled, app_id: filled, version_name: filled, plugin_version: filled }
const optional: Readonly<Record<string, Check>> = {
  custom_id: text,
  version_build: text,
  version_code: text,
  version_os: text,
  is_emulator: flag,
  is_prod: flag,
  install_source: text,
  defaultChannel: text,
  key_id: text,
  old_version_name: text,
  action: text,
  channel: text,
}

/**
 * The body of a device's POST, after every known member was checked: texts of at most 512 characters, flags. Other members are left out, and
 * so are optional ones that are `null`. Anyone can send anything here: what it says is a claim, not an identity.
 *
 * @param json the parsed body
 * @throws EnvelopeError `malformed-release`, which says what is wrong: answer with status 400
 */
export function readCapgoUpdateRequest(json: unknown): CapgoUpdateRequest {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformedRelease('the request is not a JSON object: pass the parsed body')
  const source = json as Readonly<Record<string, unknown>>
  const members = Object.entries({ ...required, ...optional }).flatMap(([name, check]) => {
    const value = Object.hasOwn(source, name) ? source[name] : undefined
    const isMissing = value === undefined || value === null
    if (isMissing && !Object.hasOwn(required, name)) return []
    const objection = isMissing ? 'is missing' : check(value)
    if (objection !== undefined) throw malformedRelease(`the request's ${name} ${objection}: is it from a Capgo plugin?`)
    return [[name, value]]
  })
  return Object.fromEntries(members) as CapgoUpdateRequest
}
