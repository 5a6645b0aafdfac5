import { openManifest } from '../manifest.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { PLAN_HELP } from './manifest-help.js'
import { haveOf } from './manifest-folder.js'
import { readManifest, sourceName, whenMade } from './manifest-source.js'
import { objectsText, openedData, openedRows } from './manifest-view.js'
import { jsonFlag, single } from './options.js'
import { addManifestPolicyFlags, requirePolicy } from './policy.js'
import { table } from './text.js'
import { naming } from './trust-file.js'
import type { Command } from 'commander'
import type { DeviceOptions } from '../index.js'
import type { HaveFile, ManifestPlan, OpenedManifest } from '../manifest.js'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { PolicyFlags } from './policy.js'
import type { Outcome, Terminal } from './terminal.js'

interface PlanFlags extends PolicyFlags, AuditFlags {
  readonly have?: string
  readonly haveManifest?: string
}

/** A manifest, and what it means for who has these files. */
interface Planned {
  readonly manifest: OpenedManifest
  readonly plan: ManifestPlan
}

export function addManifestPlan(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('plan')
    .summary('show what a device would fetch')
    .description('Shows what a device would fetch, keep, copy and delete.')
    .argument('<manifest>', 'a file, an address, or - for stdin')
  addManifestPolicyFlags(command, true)
    .addOption(single('--have <folder>', 'the files that the device has').conflicts('haveManifest'))
    .addOption(single('--have-manifest <manifest>', 'the manifest of the release that it has'))
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', PLAN_HELP)
    .action(async (manifest: string, flags: PlanFlags) => plan(manifest, flags, terminal))
}

async function plan(source: string, flags: PlanFlags, terminal: Terminal): Promise<void> {
  const policy = await requirePolicy(flags, terminal)
  const work = async (onEvent?: EventListener): Promise<Planned> => {
    const options = { ...policy, onEvent }
    const manifest = await openManifest(await readManifest(source), options)
    return { manifest, plan: manifest.plan(await filesOf(flags, options)) }
  }
  const files = [source, ...(flags.haveManifest === undefined ? [] : [flags.haveManifest]), ...(flags.key ?? []), ...(flags.reader ?? [])]
  await terminal.show(outcomeOf(await withAudit(flags, terminal, work, files)))
}

async function filesOf({ have, haveManifest }: PlanFlags, policy: DeviceOptions): Promise<Iterable<HaveFile>> {
  if (have !== undefined) return haveOf(have)
  if (haveManifest === undefined) return []
  const bytes = await readManifest(haveManifest)
  return naming(sourceName(haveManifest), async () => (await openOld(bytes, policy)).files)
}

/** A device may have a release that has expired. */
async function openOld(manifest: Uint8Array, policy: DeviceOptions): Promise<OpenedManifest> {
  return openManifest(manifest, { ...policy, channel: null, lastSequence: null, runtime: undefined, now: whenMade(manifest) })
}

function outcomeOf({ manifest, plan: { fetch, bytes, keep, copy, delete: gone } }: Planned): Outcome {
  return {
    data: { ...openedData(manifest), fetch, bytes, keep, copy, delete: gone },
    lines: [
      `to be fetched: ${objectsText(fetch.length, bytes)}`,
      ...table([
        ...openedRows(manifest),
        ['files kept', String(keep.length)],
        ['fetched', String(fetch.reduce((sum, { paths }) => sum + paths.length, 0))],
        ['copied', String(copy.length)],
        ['deleted', String(gone.length)],
      ]),
    ],
  }
}
