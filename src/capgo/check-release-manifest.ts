import { checkAborted } from '../options.js'
import { makePause } from '../pause.js'
import { openChecksum } from './checksum.js'
import { entryCheck, isChecksumText, nameOf, sizeObjection } from './endpoint-fields.js'
import type { Notes } from './check-release-notes.js'
import type { CapgoChecksumForm } from './checksum.js'
import type { EntryMembers } from './endpoint-fields.js'
import type { DecryptPlan } from './options.js'

/** Notes what is wrong with the form of a manifest and with the signatures in it. */
export async function checkManifest(
  entries: readonly EntryMembers[] | undefined,
  form: CapgoChecksumForm | undefined,
  plan: DecryptPlan,
  { problems, warnings }: { readonly problems: Notes; readonly warnings: Notes },
): Promise<void> {
  if (entries === undefined) return
  const objection = sizeObjection(entries)
  if (objection !== undefined) {
    problems.add(objection)
    return
  }
  const [checkEntry, checkHash, pause] = [entryCheck(), hashCheck(form, plan, problems), makePause()]
  let inClear = 0
  for (const [i, entry] of entries.entries()) {
    checkAborted(plan.signal)
    for (const found of checkEntry(entry, i)) problems.add(found)
    if (typeof entry.download_url === 'string' && entry.download_url.startsWith('http://')) inClear++
    await checkHash(entry, i)
    await pause()
  }
  if (inClear > 0) {
    warnings.add({ code: 'insecure-url', message: `${inClear} of the manifest's ${entries.length} files come from http addresses, where others can change and withhold them: use https` })
  }
}

/** Notes a file's digest that is not signed, or in another form than the release's checksum or, where nobody knows that, than the first. */
function hashCheck(form: CapgoChecksumForm | undefined, { open }: DecryptPlan, problems: Notes): (entry: EntryMembers, i: number) => Promise<void> {
  let expected = form
  return async ({ file_name, file_hash }, i) => {
    // What lacks the form was noted with the entry.
    if (!isChecksumText(file_hash)) return
    const opened = await problems.attempt(async () => openChecksum(file_hash, open), nameOf(i, file_name))
    expected ??= opened?.form
    if (opened === undefined || opened.form === expected) return
    problems.add({ code: 'malformed-release', message: `${nameOf(i, file_name)}: file_hash is of the form ${opened.form}, and ${otherForms(form, expected)}` })
  }
}

function otherForms(form: CapgoChecksumForm | undefined, expected: CapgoChecksumForm | undefined): string {
  const others = form === undefined ? 'those before it' : "the release's checksum"
  return `${others} of the form ${expected}: encrypt the release and all its files for the same plugins`
}
