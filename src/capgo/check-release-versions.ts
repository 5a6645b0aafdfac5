import { EnvelopeError } from '../errors.js'
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

/** Notes which of these plugins would refuse a checksum of this form, or can't be told. */
export function checkVersions(versions: readonly string[], form: CapgoChecksumForm | undefined, problems: Notes): void {
  const refusals = new Map<string, string[]>()
  for (const version of versions) {
    const reason = refusal(version, form)
    if (reason !== undefined) refusals.set(reason, [...(refusals.get(reason) ?? []), version])
  }
  for (const [reason, refused] of refusals) problems.add({ code: 'unsupported', message: `${listed(refused)}: ${reason}` })
}

function refusal(version: string, form: CapgoChecksumForm | undefined): string | undefined {
  try {
    const read = checksumFormOf(version)
    if (form === undefined || form === read || (form === 'V3-base64' && read === 'V3')) return undefined
    return `these plugins read checksums of the form ${read} and would refuse this one of the form ${form}: encrypt for them too, and choose by plugin_version which release a device gets`
  } catch (error) {
    if (error instanceof EnvelopeError) return error.message
    throw error
  }
}

function listed(versions: readonly string[]): string {
  const names = versions.slice(0, NAMED).map((version) => JSON.stringify(version.slice(0, 40)))
  return names.join(', ') + (versions.length > NAMED ? ` and ${versions.length - NAMED} more` : '')
}
