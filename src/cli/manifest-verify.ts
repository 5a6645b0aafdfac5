import { objectListText } from '../format/object-list.js'
import { openManifest, verifyManifestSet } from '../manifest.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { ShownError, UsageError } from './errors.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows, signerRows } from './header-view.js'
import { differencesIn } from './manifest-folder.js'
import { VERIFY_HELP } from './manifest-help.js'
import { readManifest, readerOf, sourceName } from './manifest-source.js'
import { openedData, openedRows } from './manifest-view.js'
import { jsonFlag, single } from './options.js'
import { addManifestPolicyFlags, requirePolicy } from './policy.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { DeviceOptions, Header, Progress } from '../index.js'
import type { OpenedManifest, VerifiedManifestSet } from '../manifest.js'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { FolderDifferences } from './manifest-folder.js'
import type { PolicyFlags } from './policy.js'
import type { Terminal } from './terminal.js'

interface VerifyFlags extends PolicyFlags, AuditFlags {
  readonly objects?: string
  readonly folder?: string
  readonly objectList?: string
}

/** What was found. */
interface Findings {
  readonly header: Header
  readonly signers: readonly string[]
  /** Not without a key that opens it. */
  readonly opened?: OpenedManifest
  readonly objects?: Pick<VerifiedManifestSet, 'missing' | 'damaged'> | undefined
  readonly folder?: FolderDifferences | undefined
}

/** What is not as it was signed. */
interface Fault {
  readonly code: string
  readonly what: string
  readonly name: string
}

export function addManifestVerify(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('verify')
    .summary('check a manifest, its objects and a folder')
    .description('Checks a manifest, and whether its objects, or the files of a folder, are what was signed.')
    .argument('<manifest>', 'a file, an address, or - for stdin')
  addManifestPolicyFlags(command, true)
    .addOption(single('--objects <place>', 'folder or address whose objects are checked'))
    .addOption(single('--folder <folder>', 'folder that must hold just the files of the release').conflicts('objectList'))
    .addOption(single('--object-list <file>', 'the object list of the manifest: checks without a key that opens it').conflicts('reader'))
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', VERIFY_HELP)
    .action(async (manifest: string, flags: VerifyFlags) => verify(manifest, flags, terminal))
}

async function verify(source: string, flags: VerifyFlags, terminal: Terminal): Promise<void> {
  const { objectList: list, key = [], reader = [] } = flags
  if (list === '-') throw new UsageError('--object-list takes the name of a file')
  const policy = await requirePolicy(flags, terminal)
  const work = async (onEvent?: EventListener): Promise<Findings> =>
    callFileFunction('verifying', source, terminal, async (onProgress) => find(source, flags, { ...policy, onEvent }, onProgress))
  const findings = await withAudit(flags, terminal, work, [source, ...(list === undefined ? [] : [list]), ...key, ...reader])
  const faults = faultsOf(findings)
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  const failure = first && new ShownError(first.code, `${first.what} ${first.name}${more}`)
  const name = printable(sourceName(source))
  await terminal.show({
    data: { ok: failure === undefined, ...(failure !== undefined && { error: { code: failure.code, message: failure.message } }), ...dataOf(findings) },
    lines: [`${failure === undefined ? 'verified' : 'NOT AS IT WAS SIGNED'}: ${name}`, ...table([...faults.map(({ what, name }) => [what, name] as const), ...rowsOf(findings)])],
  })
  if (failure !== undefined) throw failure
}

async function find(source: string, flags: VerifyFlags, policy: DeviceOptions, onProgress: (progress: Progress) => void): Promise<Findings> {
  const { objects: place, folder, objectList } = flags
  const manifest = await readManifest(source)
  const readObject = place === undefined ? undefined : await readerOf(place)
  if (objectList !== undefined) {
    const list = await readManifest(objectList)
    const { header, signers, ...objects } = await verifyManifestSet(manifest, list, readObject ?? (() => undefined), { ...policy, onProgress })
    return { header, signers, ...(readObject !== undefined && { objects }) }
  }
  const opened = await openManifest(manifest, policy)
  // What opening has told of is not told twice.
  const tell: EventListener = (event) => {
    if (event.event === 'object-refused') policy.onEvent?.(event)
  }
  return {
    ...{ header: opened.header, signers: opened.signers, opened },
    objects: readObject && (await verifyManifestSet(manifest, objectListText(opened.files.map(({ object }) => object.name)), readObject, { ...policy, onEvent: tell, onProgress })),
    folder: folder === undefined ? undefined : await differencesIn(folder, opened.files, onProgress),
  }
}

function faultsOf({ objects, folder, opened }: Findings): readonly Fault[] {
  const paths = new Map(opened?.files.map(({ object, path }) => [object.name, path]))
  const named = (name: string): string => [name, paths.get(name)].filter((part) => part !== undefined).join(' of ')
  return [
    ...(objects?.missing ?? []).map((name) => ({ code: 'io', what: 'missing object', name: named(name) })),
    ...(objects?.damaged ?? []).map(({ name, code }) => ({ code, what: 'damaged object', name: named(name) })),
    ...(folder?.missing ?? []).map((name) => ({ code: 'io', what: 'missing file', name })),
    ...(folder?.damaged ?? []).map((name) => ({ code: 'bad-checksum', what: 'damaged file', name })),
    ...(folder?.extra ?? []).map((name) => ({ code: 'bad-checksum', what: 'extra file', name })),
  ]
}

function dataOf({ header, signers, opened, objects, folder }: Findings): Readonly<Record<string, unknown>> {
  const release = opened === undefined ? { ...headerData(header), signers } : openedData(opened)
  return { ...release, ...(objects !== undefined && { objects: { missing: objects.missing, damaged: objects.damaged } }), ...(folder !== undefined && { folder }) }
}

function rowsOf({ header, signers, opened, objects, folder }: Findings): readonly (readonly [string, string])[] {
  const checked = [...(objects === undefined ? [] : ['objects']), ...(folder === undefined ? [] : ['folder'])]
  const rows = opened === undefined ? [...headerRows(header), ...signerRows(signers)] : openedRows(opened)
  return [...rows, ['checked', ['manifest', ...checked].join(', ')]]
}
