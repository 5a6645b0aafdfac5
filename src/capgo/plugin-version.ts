import { EnvelopeError } from '../errors.js'
import type { WrittenChecksumForm } from './checksum.js'

type Version = readonly [major: number, minor: number, patch: number]

/** The first version of each major line that can do something. */
interface Line {
  /** Reads this format at all. */
  readonly encrypted: Version
  /** Reads the checksum form V3, and V2 no more. */
  readonly v3: Version
  /** Reads the delta form as it is written today. */
  readonly delta: Version
  /** Is known to keep compressed files of the delta form under their names. */
  readonly compressed: Version
}

/*
 * Plugins 7.0.2 to 7.0.37 take every file of the delta form for compressed, whatever its name. 6.25.1 to 6.27.11 and 7.0.38 to 7.34.3 put a compressed file
 * that they still have from an earlier release under its name with `.br`, and the app misses it; 5.50.1, 6.50.1, 7.35.0 and 8.1.0 don't. Of what lies
 * between in 5 and 6, no code was at hand.
 */
const lines: ReadonlyMap<number, Line> = new Map([
  [5, { encrypted: [5, 10, 0], v3: [5, 30, 0], delta: [5, 10, 0], compressed: [5, 50, 1] }],
  [6, { encrypted: [6, 1, 18], v3: [6, 30, 0], delta: [6, 25, 0], compressed: [6, 50, 1] }],
  [7, { encrypted: [7, 0, 2], v3: [7, 30, 0], delta: [7, 0, 38], compressed: [7, 35, 0] }],
  [8, { encrypted: [8, 0, 0], v3: [8, 0, 0], delta: [8, 0, 0], compressed: [8, 1, 0] }],
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
  const { version, isPreRelease, line } = parse(pluginVersion)
  const isFirst = [line.encrypted, line.v3].some((first) => compare(version, first) === 0)
  if (isPreRelease && isFirst) throwUnknown(`plugin ${pluginVersion} is a pre-release of the version that changed the format`)
  if (compare(version, line.encrypted) < 0) {
    throw new EnvelopeError('unsupported', `plugin ${pluginVersion} can't read this format, which came with ${line.encrypted.join('.')}: update the plugin in the app`)
  }
  return compare(version, line.v3) < 0 ? 'V2' : 'V3'
}

/**
 * Refuses a plugin that can't read files one by one.
 *
 * @param pluginVersion one that {@link checksumFormOf} takes
 * @throws EnvelopeError `unsupported`
 */
export function checkReadsDelta(pluginVersion: string): void {
  const plugin = parse(pluginVersion)
  if (isFrom(plugin, plugin.line.delta)) return
  const first = [...lines.values()].map(({ delta }) => delta.join('.')).join(', ')
  throw new EnvelopeError(
    'unsupported',
    `plugin ${pluginVersion} can't read files one by one, as ${first} and later ones of each major version can: publish the ZIP alone for it (encryptForCapgo), or update the plugin in the app`,
  )
}

/**
 * Whether it keeps compressed files under their names, also those that did not change since the release before.
 *
 * @param pluginVersion one that {@link checksumFormOf} takes
 */
export function keepsCompressed(pluginVersion: string): boolean {
  const plugin = parse(pluginVersion)
  return isFrom(plugin, plugin.line.compressed)
}

interface PluginVersion {
  readonly version: Version
  readonly isPreRelease: boolean
  readonly line: Line
}

function parse(pluginVersion: unknown): PluginVersion {
  if (typeof pluginVersion !== 'string') throw new TypeError(`pluginVersion must be a string, for example 7.30.1: ${ASK}`)
  const [, major = '', minor = '', patch = '', preRelease] = SEMVER.exec(pluginVersion) ?? throwUnknown('the plugin version is not one exact version, such as 7.30.1')
  const version: Version = [Number(major), Number(minor), Number(patch)]
  const line = lines.get(version[0]) ?? throwUnknown(`what plugin ${major}.x reads is not known here`)
  return { version, isPreRelease: preRelease !== undefined, line }
}

/** A pre-release comes before its version. */
function isFrom({ version, isPreRelease }: PluginVersion, first: Version): boolean {
  const difference = compare(version, first)
  return difference > 0 || (difference === 0 && !isPreRelease)
}

function compare(a: Version, b: Version): number {
  const i = a.findIndex((number, index) => number !== b[index])
  return i < 0 ? 0 : (a[i] as number) - (b[i] as number)
}

function throwUnknown(what: string): never {
  throw new EnvelopeError('unsupported', `${what}: ${ASK}`)
}
