import { EnvelopeError } from '../errors.js'
import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { putInto } from './check-release-notes.js'
import { checkKeepsCompressed, checkReadsForm, checkReadsManifest } from './endpoint-plugin.js'
import { quoted } from './manifest-path.js'
import { checksumFormOf } from './plugin-version.js'
import type { CapgoNote, CapgoNoteCode, Notes } from './check-release-notes.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { DecryptPlan } from './options.js'

const MOST_VERSIONS = 100_000
/** So many versions are named; more would hide them. */
const NAMED = 10

/** @throws TypeError, RangeError */
export function versionsOption(versions: unknown = []): readonly string[] {
  if (!Array.isArray(versions) || !versions.every((version) => typeof version === 'string')) throw new TypeError('pluginVersions must be a list of strings')
  if (versions.length > MOST_VERSIONS) throw new RangeError(`pluginVersions must have at most ${MOST_VERSIONS} versions`)
  return [...new Set<string>(versions)]
}

/** What a release asks of a plugin. */
export interface Asked {
  readonly form: CapgoChecksumForm | undefined
  readonly hasManifest: boolean
  /** Whether files of the manifest are compressed. */
  readonly hasCompressed: boolean
}

/** Notes which of these plugins would refuse a release, or can't be told, and which can't load it file by file, or lose files of it. */
export async function checkVersions(
  versions: readonly string[],
  { form, hasManifest, hasCompressed }: Asked,
  { signal }: DecryptPlan,
  { problems, warnings }: { readonly problems: Notes; readonly warnings: Notes },
): Promise<void> {
  const [refused, withoutManifest, losing] = [refusals('unsupported'), refusals('unsupported'), refusals('compressed-files-lost')]
  const pause = makePause()
  for (const version of versions) {
    checkAborted(signal)
    const isRefused = refused.attempt(version, () => (form === undefined ? checksumFormOf(version) : checkReadsForm(version, form)))
    const isZip = isRefused || !hasManifest || withoutManifest.attempt(version, () => checkReadsManifest(version))
    if (!isZip && hasCompressed) losing.attempt(version, () => checkKeepsCompressed(version))
    await pause()
  }
  for (const note of refused.notes()) problems.add(note)
  for (const note of [...withoutManifest.notes(), ...losing.notes()]) warnings.add(note)
}

/** Says each reason once, with the versions that it is of. */
interface Refusals {
  /** Whether the check refuses this version. */
  readonly attempt: (version: string, check: () => unknown) => boolean
  readonly notes: () => readonly CapgoNote[]
}

function refusals(code: CapgoNoteCode): Refusals {
  const reasons = new Map<string, string[]>()
  return {
    attempt: (version, check) => {
      const reason = refusalOf(check)
      if (reason !== undefined) putInto(reasons, reason, version)
      return reason !== undefined
    },
    notes: () => [...reasons].map(([reason, versions]) => ({ code, message: `${listed(versions)}: ${reason}` })),
  }
}

function refusalOf(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof EnvelopeError) return error.message
    throw error
  }
}

function listed(versions: readonly string[]): string {
  const names = versions.slice(0, NAMED).map((version) => quoted(version.slice(0, 40)))
  return names.join(', ') + (versions.length > NAMED ? ` and ${versions.length - NAMED} more` : '')
}
