import { EnvelopeError } from '../errors.js'
import { splitEnvelope } from '../format/container.js'
import { parseHead } from '../format/head.js'
import { contentKey } from '../format/manifest.js'
import { entriesOf, openManifestBy } from '../manifest/open-manifest.js'
import { countedSigners, judgeSignatures } from '../trust/judge.js'
import { readTrust } from '../trust/trust.js'
import type { EnvelopeInput } from '../device/verify-and-decrypt.js'
import type { ParsedHead } from '../format/head.js'
import type { Claims } from '../format/header.js'
import type { ObjectEntry } from '../format/manifest.js'
import type { ManifestPolicy } from '../manifest/policy.js'
import type { PublishOptions } from './options.js'

/** Objects by what they hold: see {@link contentKey}. */
export type KnownObjects = ReadonlyMap<string, ObjectEntry>

/**
 * The objects of the release before: only of the same app, and of one whose signatures count today, for its own channel and for
 * that of the new release. That it has expired, or is older than a trust store's built-in release, is no reason to encrypt its
 * files anew; that devices can't decode one is.
 *
 * @throws EnvelopeError `rollback`, `out-of-scope`, and the other codes of `openManifest`
 */
export async function previousObjects({ previous, encodings, plan }: PublishOptions): Promise<KnownObjects> {
  if (previous === undefined) return new Map()
  const { manifest, policy } = previous
  // R80. Both read the manifest before anything is waited for, so later changes of the caller's memory are not seen.
  const [opening, head] = [openManifestBy(manifest, policy), headOf(manifest)]
  // What is wrong with it is told by the other.
  head.catch(() => undefined)
  const opened = await opening
  await checkScope(await head, plan.claims, policy)
  checkSequence(plan.claims, opened.header)
  const files = [...entriesOf(opened).files.values()]
  const readable = files.filter(({ object: { encoding } }) => encoding === undefined || encodings.includes(encoding))
  return new Map(readable.map((file) => [contentKey(file), file.object]))
}

async function headOf(manifest: EnvelopeInput): Promise<ParsedHead> {
  return parseHead(ArrayBuffer.isView(manifest) ? splitEnvelope(manifest).head : manifest.head)
}

/** Who may sign for one channel alone has no say in which objects the releases of another have. */ // R80
async function checkScope(head: ParsedHead, { channel }: Claims, policy: ManifestPolicy): Promise<void> {
  const { channel: before, ...header } = head.header
  if (channel === before) return
  const trust = await readTrust(policy.trust, policy.backend)
  const asIfNew = { ...head, header: { ...header, ...(channel !== undefined && { channel }) } }
  const verdicts = await judgeSignatures(asIfNew, { ...policy, trust })
  try {
    countedSigners(verdicts, trust, 'the trust store')
  } catch (cause) {
    const [old, now] = [before, channel].map((name) => (name === undefined ? 'no channel' : `channel ${name}`))
    throw new EnvelopeError('out-of-scope', `the previous manifest is for ${old}, and its signatures do not count for ${now}: publish without previous`, { cause })
  }
}

/** No device that has the previous release would install the new one. */
function checkSequence({ channel, runtime, sequence }: Claims, previous: Claims): void {
  if (channel !== previous.channel || runtime !== previous.runtime || sequence > previous.sequence) return
  throw new EnvelopeError('rollback', `sequence ${sequence} is not above ${previous.sequence}, that of the previous manifest: publish with a higher one`)
}
