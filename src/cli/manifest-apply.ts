import { Option } from 'commander'
import { applyManifest, openManifest } from '../manifest.js'
import { folderStorage } from '../node.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { FileError, UsageError, fileError } from './errors.js'
import { callFileFunction } from './file-call.js'
import { interruptible } from './interrupt.js'
import { APPLY_HELP } from './manifest-help.js'
import { fetcherOf, readManifest } from './manifest-source.js'
import { objectsText, openedData, openedRows } from './manifest-view.js'
import { digits, jsonFlag, single } from './options.js'
import { exists } from './output.js'
import { addManifestPolicyFlags, requirePolicy } from './policy.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { DeviceOptions } from '../index.js'
import type { AppliedRelease, ApplyOptions, InstalledRelease, OpenedManifest } from '../manifest.js'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { PolicyFlags } from './policy.js'
import type { Outcome, Terminal } from './terminal.js'

interface ApplyFlags extends PolicyFlags, AuditFlags {
  readonly objects: string
  readonly output: string
  readonly parallel?: number
  readonly allowRollback?: true
}

/** What was done with which manifest. */
interface Applied {
  readonly manifest: OpenedManifest
  readonly done: AppliedRelease
}

export function addManifestApply(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('apply')
    .summary('install a release in a folder')
    .description('Puts a release together out of what is there and what must be fetched, and installs it in a folder.')
    .argument('<manifest>', 'a file, an address, or - for stdin')
    .addOption(single('--objects <place>', 'folder or address of the objects').makeOptionMandatory())
    .addOption(single('-o, --output <folder>', 'where releases are installed; made where it is missing').makeOptionMandatory())
  addManifestPolicyFlags(command, true)
    .addOption(single('--parallel <n>', 'how many files are worked on at once, 1 to 64 (default: 6)', digits))
    .addOption(rollbackFlag())
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', APPLY_HELP)
    .action(async (manifest: string, flags: ApplyFlags) => apply(manifest, flags, terminal))
}

function rollbackFlag(): Option {
  const text = 'install it also where it is not above what is installed; old releases have known faults: only where you know why'
  return new Option('--allow-rollback', text).conflicts('lastSequence')
}

async function apply(source: string, flags: ApplyFlags, terminal: Terminal): Promise<void> {
  const { output, objects, parallel, key = [], reader = [] } = flags
  if (output === '-') throw new UsageError('--output takes the name of a folder')
  const fetchObject = await fetcherOf(objects)
  const storage = folderStorage(output)
  const policy = await policyOver(await installedIn(output), flags, terminal)
  const work = async (onEvent?: EventListener): Promise<Applied> =>
    callFileFunction('applying', source, terminal, async (onProgress) =>
      interruptible(async (signal) => {
        const manifest = await openManifest(await readManifest(source, signal), { ...policy, onEvent, signal })
        const allowRollback = flags.allowRollback === true
        const options: ApplyOptions = { storage, fetchObject, parallel, allowRollback, onProgress, signal }
        return { manifest, done: await applyManifest(manifest, options) }
      }),
    )
  const applied = await withAudit(flags, terminal, work, [source, ...key, ...reader])
  await terminal.show(outcomeOf(applied, storage.releasePath(applied.done.releaseId)))
}

async function installedIn(folder: string): Promise<InstalledRelease | undefined> {
  if (!exists(folder)) return undefined
  return folderStorage(folder)
    .installed()
    .catch((error: unknown) => {
      throw fileError('read', folder, error)
    })
}

/** What is installed is a floor that `applyManifest` holds to, by what is there when it begins; another one counts above that alone. */
async function policyOver(installed: InstalledRelease | undefined, flags: ApplyFlags, terminal: Terminal): Promise<DeviceOptions> {
  const { app, channel, lastSequence = 0, allowRollback, output } = flags
  if (installed === undefined) return requirePolicy(flags, terminal)
  if (installed.app !== app) throw new FileError(`${output} holds the app ${installed.app}: pass --output FOLDER with another place for ${app ?? ''}`)
  const isFloor = allowRollback !== true && (channel === undefined || channel === installed.channel)
  if (!isFloor || lastSequence > installed.sequence) return requirePolicy(flags, terminal)
  return { ...(await requirePolicy({ ...flags, lastSequence: installed.sequence }, terminal)), lastSequence: null }
}

function outcomeOf({ manifest, done }: Applied, path: string): Outcome {
  const { wasInstalled, fetchedObjects, fetchedBytes } = done
  const objects = new Set(manifest.files.map(({ object }) => object.name)).size
  const reusedObjects = objects - fetchedObjects
  return {
    data: { path, ...openedData(manifest), wasInstalled, fetchedObjects, fetchedBytes, reusedObjects },
    lines: [
      `${wasInstalled ? 'already installed' : 'verified and installed'}: ${printable(path)}`,
      ...table([
        ...openedRows(manifest),
        ...(wasInstalled ? [] : ([['fetched', objectsText(fetchedObjects, fetchedBytes)], ['reused', String(reusedObjects)]] as const)),
      ]),
    ],
  }
}
