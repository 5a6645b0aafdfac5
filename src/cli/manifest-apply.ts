import { EnvelopeError, decodeHead, splitEnvelope } from '../index.js'
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
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', APPLY_HELP)
    .action(async (manifest: string, flags: ApplyFlags) => apply(manifest, flags, terminal))
}

async function apply(source: string, flags: ApplyFlags, terminal: Terminal): Promise<void> {
  const { output, objects, parallel, key = [], reader = [] } = flags
  if (output === '-') throw new UsageError('--output takes the name of a folder')
  const fetchObject = await fetcherOf(objects)
  const storage = folderStorage(output)
  const installed = await installedIn(output)
  const policy = await requirePolicy({ ...flags, ...floorOf(flags, installed) }, terminal)
  const work = async (onEvent?: EventListener): Promise<Applied> =>
    callFileFunction('applying', source, terminal, async (onProgress) =>
      interruptible(async (signal) => {
        const manifest = await openOver(installed, await readManifest(source, signal), { ...policy, onEvent, signal })
        const options: ApplyOptions = { storage, fetchObject, parallel, onProgress, signal }
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

/** What is installed is a floor; that of another channel only where no channel is asked for. */
function floorOf({ app, channel, lastSequence, output }: ApplyFlags, installed: InstalledRelease | undefined): Pick<PolicyFlags, 'lastSequence'> {
  if (installed === undefined) return {}
  if (installed.app !== app) throw new FileError(`${output} holds the app ${installed.app}: pass --output FOLDER with another place for ${app ?? ''}`)
  if (channel !== undefined && channel !== installed.channel) return {}
  return { lastSequence: Math.max(lastSequence ?? 0, installed.sequence) }
}

/** Opens a manifest that is above what is installed, or that very release. */
async function openOver(installed: InstalledRelease | undefined, bytes: Uint8Array, policy: DeviceOptions): Promise<OpenedManifest> {
  const { lastSequence } = policy
  // Not believed: what it says is held against the release once that is verified.
  const isAgain = lastSequence !== null && lastSequence === installed?.sequence && decodeHead(splitEnvelope(bytes).head).header.sequence === lastSequence
  if (!isAgain) return openManifest(bytes, policy)
  const manifest = await openManifest(bytes, { ...policy, lastSequence: lastSequence === 0 ? null : lastSequence - 1 })
  if (manifest.releaseId === installed.releaseId) return manifest
  throw new EnvelopeError('rollback', `sequence ${lastSequence} is that of the installed release, which is another one: publish a release with a higher one`)
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
