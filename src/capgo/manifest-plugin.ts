import { EnvelopeError } from '../errors.js'

type Version = readonly [major: number, minor: number, patch: number]

/** The first version of each major line that reads the delta form as it is written today, and the first known to keep a compressed file. */
interface Line {
  readonly delta: Version
  readonly compressed: Version
}

/*
 * Plugins 7.0.2 to 7.0.37 take every file for compressed, whatever its name. 6.25.1 to 6.27.11 and 7.0.38 to 7.34.3 put a compressed file that they still
 * have from an earlier release under its name with `.br`, and the app misses it; 5.50.1, 6.50.1, 7.35.0 and 8.1.0 don't. Of what lies between in 5 and 6,
 * no code was at hand.
 */
const lines: ReadonlyMap<number, Line> = new Map([
  [5, { delta: [5, 10, 0], compressed: [5, 50, 1] }],
  [6, { delta: [6, 25, 0], compressed: [6, 50, 1] }],
  [7, { delta: [7, 0, 38], compressed: [7, 35, 0] }],
  [8, { delta: [8, 0, 0], compressed: [8, 1, 0] }],
])

/**
 * Refuses a plugin that can't read files one by one.
 *
 * @param pluginVersion one that `checksumFormOf` takes
 * @throws EnvelopeError `unsupported`
 */
export function checkReadsDelta(pluginVersion: string): void {
  const line = lineOf(pluginVersion)
  if (line !== undefined && !isBefore(pluginVersion, line.delta)) return
  const first = [...lines.values()].map(({ delta }) => delta.join('.')).join(', ')
  throw new EnvelopeError(
    'unsupported',
    `plugin ${pluginVersion} can't read files one by one, as ${first} and later ones of each major version can: publish the ZIP alone for it (encryptForCapgo), or update the plugin in the app`,
  )
}

/** Whether it keeps compressed files under their names, also those that did not change since the release before. */
export function keepsCompressed(pluginVersion: string): boolean {
  const line = lineOf(pluginVersion)
  return line !== undefined && !isBefore(pluginVersion, line.compressed)
}

function lineOf(pluginVersion: string): Line | undefined {
  return lines.get(Number.parseInt(pluginVersion, 10))
}

/** A pre-release comes before its version. */
function isBefore(text: string, first: Version): boolean {
  const [release = '', ...preRelease] = text.replace(/\+.*$/, '').split('-')
  const version = release.split('.').map(Number)
  const i = first.findIndex((number, index) => number !== version[index])
  return i < 0 ? preRelease.length > 0 : (version[i] as number) < (first[i] as number)
}
