import { dirname, join } from 'node:path'
import { decodeHead } from '../index.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { bundleAt, checkBundle, outputBeside } from './bundle.js'
import { FileError, UsageError } from './errors.js'
import { callFileFunction } from './file-call.js'
import { interruptible } from './interrupt.js'
import { CREATE_HELP } from './manifest-help.js'
import { encodingsFlag, ofPrevious, previousOf, refuseIdleFlags, tellOwnReader } from './manifest-previous.js'
import { publish } from './manifest-publish.js'
import { objectListOf } from './manifest-source.js'
import { objectsText, releaseData, releaseRows } from './manifest-view.js'
import { jsonFlag, repeatable, single } from './options.js'
import { checkTarget, refuseInside } from './output.js'
import { addReleaseFlags, readRelease, warnOfExpiry } from './release-flags.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { CreateManifestOptions, Manifest } from '../build.js'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { PreviousFlags } from './manifest-previous.js'
import type { Places } from './manifest-publish.js'
import type { ReleaseFlags } from './release-flags.js'
import type { Outcome, Terminal } from './terminal.js'

interface CreateFlags extends ReleaseFlags, PreviousFlags, AuditFlags {
  readonly compress?: CreateManifestOptions['compress']
  readonly output?: string
  readonly objects?: string
  readonly force?: true
}

export function addManifestCreate(manifest: Command, terminal: Terminal): void {
  const command = manifest
    .command('create')
    .summary('make a release of the files of a folder')
    .description('Encrypts each new file of a folder as an object, and signs and encrypts the list of all of them.')
    .argument('<folder>', 'the files of the release')
  addReleaseFlags(command)
    .addOption(single('--previous <manifest>', 'the manifest of the release before, whose objects are used again; it may be replaced by the new one'))
    .addOption(repeatable('--trust <file>', 'public key or trust store that the --previous must be signed by; repeatable (default: KEY.pub beside each --key)'))
    .addOption(repeatable('--previous-reader <file>', 'your own private key or secret that opens the --previous; repeatable (or OTASEAL_READER_SECRET)'))
    .addOption(encodingsFlag())
    .addOption(single('-o, --output <file>', 'the manifest (default: FOLDER.manifest.otaseal)'))
    .addOption(single('--objects <folder>', 'where new objects go (default: objects, beside the manifest)'))
    .option('--force', 'replace an existing manifest and its object list')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', CREATE_HELP)
    .action(async (folder: string, flags: CreateFlags) => create(folder, flags, terminal))
}

async function create(folder: string, flags: CreateFlags, terminal: Terminal): Promise<void> {
  const places = placesOf(folder, flags)
  refuseIdleFlags(flags)
  const bundle = await bundleAt(folder)
  if (!bundle.isFolder) throw new FileError(`${folder} is no folder: a manifest lists the files of one; \`otaseal encrypt\` takes a file`)
  const { options, secretFiles, publicFiles } = await readRelease(flags, terminal)
  const { previous, files: previousFiles } = await previousOf(flags, options.readers, terminal)
  const inputs = [...secretFiles, ...publicFiles, ...previousFiles]
  checkTarget(places.manifest, inputs, terminal)
  checkTarget(places.list, inputs, terminal)
  await checkBundle(bundle, places.manifest, [...secretFiles, ...(flags.previousReader ?? [])])
  await refuseInside(folder, places.objects, 'pass --objects FOLDER with a place outside')
  if (flags.audit !== undefined) await refuseInside(folder, flags.audit, 'the log would be in the release')
  const work = async (onEvent?: EventListener): Promise<Manifest> =>
    callFileFunction('encrypting', folder, terminal, async (onProgress) =>
      interruptible(async (signal) => {
        const calls = { previous, compress: flags.compress, onEvent, onProgress }
        return publish(folder, places, { ...options, ...calls }, signal).catch((error: unknown) => {
          throw ofPrevious(flags, error)
        })
      }),
    )
  const made = await withAudit(flags, terminal, work, [...inputs, places.manifest.path, places.list.path])
  warnOfExpiry(flags, terminal)
  tellOwnReader(flags, options.readers, terminal)
  await terminal.show(outcomeOf(made, places))
}

function placesOf(folder: string, { output, objects, force: isForced }: CreateFlags): Places {
  const force = isForced === true
  if (folder === '-') throw new UsageError('a manifest lists the files of a folder: pass its name')
  const path = output ?? outputBeside(folder, '.manifest.otaseal')
  if (path === '-') throw new UsageError('a manifest has its object list beside it: pass -o FILE')
  return { manifest: { path, force }, list: { path: objectListOf(path), force }, objects: objects ?? join(dirname(path), 'objects') }
}

function outcomeOf(made: Manifest, { manifest, list, objects: folder }: Places): Outcome {
  const { head, files, objects: fresh } = made
  const { header, signatures, slots } = decodeHead(head)
  const release = { header, files, size: files.reduce((sum, { size }) => sum + size, 0) }
  const all = new Map(files.map(({ object }) => [object.name, object.size]))
  const [objectsSize, newSize] = [sumOf(all.values()), sumOf(fresh.map(({ size }) => size))]
  const counts = { objects: all.size, objectsSize, newSize, reused: all.size - fresh.length, reusedSize: objectsSize - newSize }
  return {
    data: {
      ...{ output: manifest.path, objectList: list.path, objectsFolder: folder, ...releaseData(release) },
      ...{ ...counts, newObjects: fresh.map(({ name, size }) => ({ name, size })), signatures, slots },
    },
    lines: [
      `signed and encrypted: ${printable(manifest.path)}`,
      ...table([
        ...releaseRows(release),
        ['new', objectsText(fresh.length, newSize)],
        ['reused', objectsText(counts.reused, counts.reusedSize)],
        ['in total', objectsText(all.size, objectsSize)],
        ['objects in', folder],
        ['object list', list.path],
        ...signatures.map(({ alg, kid }) => ['signed by', `${alg} ${kid}`] as const),
      ]),
    ],
  }
}

function sumOf(sizes: Iterable<number>): number {
  return [...sizes].reduce((sum, size) => sum + size, 0)
}
