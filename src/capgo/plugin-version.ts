import { EnvelopeError } from '../errors.js'
import type { WrittenChecksumForm } from './checksum.js'

type Version = readonly [major: number, minor: number, patch: number]

/** The first version of each major line that reads this format at all, and the first that reads the checksum form V3. */
interface Line {
  readonly encrypted: Version
  readonly v3: Version
}

const lines: ReadonlyMap<number, Line> = new Map([
  [5, { encrypted: [5, 10, 0], v3: [5, 30, 0] }],
  [6, { encrypted: [6, 1, 18], v3: [6, 30, 0] }],
  [7, { encrypted: [7, 0, 2], v3: [7, 30, 0] }],
  [8, { encrypted: [8, 0, 0], v3: [8, 0, 0] }],
])

const SEMVER = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})(-[0-9A-Za-z.-]{1,64})?(\+[0-9A-Za-z.-]{1,64})?$/
const ASK = "which version of @capgo/capacitor-updater do the apps have? Pass it as pluginVersion (the update endpoint is told it as plugin_version), or name checksumForm: 'V3' for 5.30, 6.30, 7.30 and later, 'V2' before"

/**
 * The checksum form that a version of @capgo/capacitor-updater reads; it refuses the other.
 *
 * @param pluginVersion for example `7.30.1`
 * @throws EnvelopeError `unsupported` where that can't be said: another major version, a pre-release of a border, a range, no version at all
 * @throws TypeError where it is no string
 */
export function checksumFormOf(pluginVersion: string): WrittenChecksumForm {
  if (typeof pluginVersion !== 'string') throw new TypeError(`pluginVersion must be a string, for example 7.30.1: ${ASK}`)
  const [, major = '', minor = '', patch = '', preRelease] = SEMVER.exec(pluginVersion) ?? throwUnknown('the plugin version is not one exact version, such as 7.30.1')
  const version: Version = [Number(major), Number(minor), Number(patch)]
  const { encrypted, v3 } = lines.get(version[0]) ?? throwUnknown(`what plugin ${major}.x reads is not known here`)
  const isFirst = [encrypted, v3].some((first) => compare(version, first) === 0)
  if (preRelease !== undefined && isFirst) throwUnknown(`plugin ${pluginVersion} is a pre-release of the version that changed the format`)
  if (compare(version, encrypted) < 0) {
    throw new EnvelopeError('unsupported', `plugin ${pluginVersion} can't read this format, which came with ${encrypted.join('.')}: update the plugin in the app`)
  }
  return compare(version, v3) < 0 ? 'V2' : 'V3'
}

function compare(a: Version, b: Version): number {
  const i = a.findIndex((number, index) => number !== b[index])
  return i < 0 ? 0 : (a[i] as number) - (b[i] as number)
}

function throwUnknown(what: string): never {
  throw new EnvelopeError('unsupported', `${what}: ${ASK}`)
}
