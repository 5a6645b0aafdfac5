import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { newNotes } from './check-release-notes.js'
import { openChecksum, parseChecksum } from './checksum.js'
import { manifestObjections, membersOf, nameOf } from './endpoint-fields.js'
import type { Notes } from './check-release-notes.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { DecryptPlan } from './options.js'

/** A copy of a manifest, whatever it is; `undefined` where there is none. */
export function manifestSnapshot(manifest: unknown): unknown {
  if (!Array.isArray(manifest)) return manifest ?? undefined
  return manifest.map((entry: unknown) => {
    const { file_name, file_hash, download_url } = membersOf(entry)
    return { file_name, file_hash, download_url }
  })
}

/** Notes what is wrong with the form of a manifest and with the signatures in it. */
export async function checkManifest(
  manifest: unknown,
  form: CapgoChecksumForm | undefined,
  plan: DecryptPlan,
  { problems, warnings }: { readonly problems: Notes; readonly warnings: Notes },
): Promise<void> {
  if (manifest === undefined) return
  let isBounded = true
  for (const objection of manifestObjections(manifest)) {
    problems.add(objection)
    isBounded &&= objection.code !== 'limit-exceeded'
  }
  if (!Array.isArray(manifest) || !isBounded) return
  const entries = manifest.map(membersOf)
  const pause = makePause()
  for (const [i, { file_name, file_hash }] of entries.entries()) {
    checkAborted(plan.signal)
    await checkHash(file_hash, nameOf(i, file_name), { form, problems }, plan)
    await pause()
  }
  const inClear = entries.filter(({ download_url: url }) => typeof url === 'string' && url.startsWith('http://'))
  if (inClear.length > 0) {
    warnings.add({ code: 'insecure-url', message: `${inClear.length} of the manifest's ${entries.length} files come from http addresses, where others can change and withhold them: use https` })
  }
}

interface Expected {
  readonly form: CapgoChecksumForm | undefined
  readonly problems: Notes
}

/** The signature of one file's digest. */
async function checkHash(hash: unknown, where: string, { form, problems }: Expected, { open }: DecryptPlan): Promise<void> {
  // A text without the form was noted with the entry.
  if ((await newNotes().attempt(() => parseChecksum(hash))) === undefined) return
  const opened = await problems.attempt(async () => openChecksum(hash, open), where)
  if (opened === undefined || form === undefined || opened.form === form) return
  problems.add({ code: 'unsupported', message: `${where}: file_hash is of the form ${opened.form}, and the release's checksum of the form ${form}: no plugin reads both` })
}
