import { EnvelopeError } from '../errors.js'
import { checkReadsForm, checkReadsManifest } from './endpoint-plugin.js'
import { quoted } from './manifest-path.js'
import { checksumFormOf } from './plugin-version.js'
import type { Notes } from './check-release-notes.js'
import type { CapgoChecksumForm } from './checksum.js'

/** So many versions are named; more would hide them. */
const NAMED = 10

/** @throws TypeError */
export function versionsOption(versions: unknown = []): readonly string[] {
  if (!Array.isArray(versions) || !versions.every((version) => typeof version === 'string')) throw new TypeError('pluginVersions must be a list of strings')
  return [...new Set<string>(versions)]
}

/** What a release asks of a plugin. */
export interface Asked {
  readonly form: CapgoChecksumForm | undefined
  readonly hasManifest: boolean
}

/** Notes which of these plugins would refuse a release, or can't be told, and which can't load it file by file. */
export function checkVersions(versions: readonly string[], { form, hasManifest }: Asked, { problems, warnings }: { readonly problems: Notes; readonly warnings: Notes }): void {
  const refused = noteEach(versions, (version) => (form === undefined ? checksumFormOf(version) : checkReadsForm(version, form)), problems)
  if (hasManifest) noteEach(versions.filter((version) => !refused.has(version)), checkReadsManifest, warnings)
}

/** Says each reason once, with the versions that it is of, and gives those. */
function noteEach(versions: readonly string[], check: (version: string) => unknown, notes: Notes): ReadonlySet<string> {
  const reasons = new Map<string, string[]>()
  for (const version of versions) {
    const reason = refusalOf(() => check(version))
    if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), version])
  }
  for (const [reason, refused] of reasons) notes.add({ code: 'unsupported', message: `${listed(refused)}: ${reason}` })
  return new Set([...reasons.values()].flat())
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
