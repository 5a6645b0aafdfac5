import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseObjectList } from '../format/object-list.js'
import { unusedObjects, verifyManifestSet } from '../manifest.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { FileError, UsageError, fileError } from './errors.js'
import { interruptible } from './interrupt.js'
import { isAddress } from './manifest-fetch.js'
import { GC_HELP } from './manifest-help.js'
import { manifestOf, objectListOf, readManifest, requireFolder, whenMade } from './manifest-source.js'
import { isObject, storedIn } from './manifest-stored.js'
import { objectsText } from './manifest-view.js'
import { digits, jsonFlag, repeatable, single } from './options.js'
import { printable, table } from './text.js'
import { naming } from './trust-file.js'
import { trustedOrEnvironment } from './trusted.js'
import type { Command } from 'commander'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { StoredFile } from './manifest-stored.js'
import type { Trusted } from './trusted.js'
import type { Outcome, Terminal } from './terminal.js'

interface GcFlags extends AuditFlags {
  readonly objects: string
  readonly key?: readonly string[]
  readonly minAge?: number
  readonly delete?: true
}

/** What no manifest lists. */
interface Unused {
  readonly old: readonly StoredFile[]
  readonly young: readonly StoredFile[]
  /** Of the old, what has only the name of an object. */
  readonly foreign: readonly StoredFile[]
}

/** What the manifests list. */
interface Used {
  readonly names: ReadonlySet<string>
  /** Objects that are not there. */
  readonly missing: readonly string[]
}

const DAY = 86_400

export function addManifestGc(parent: Command, terminal: Terminal): void {
  parent
    .command('gc')
    .summary('find, and delete, objects that no release uses')
    .description('Finds objects in a folder that none of the manifests lists, and deletes them if asked to.')
    .argument('<manifest...>', 'every manifest in use, or its object list; both must be there')
    .addOption(single('--objects <folder>', 'where the objects are').makeOptionMandatory())
    .addOption(repeatable('--key <file>', 'trust store, or trusted public key; keys may be repeated, one must have signed (or OTASEAL_PUBLIC_KEY)'))
    .addOption(single('--min-age <seconds>', `how long an object must have lain there (default: ${DAY}, a day)`, digits))
    .option('--delete', 'delete what is unused; left out: it is listed')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', GC_HELP)
    .action(async (manifests: readonly string[], flags: GcFlags) => gc(manifests, flags, terminal))
}

async function gc(sources: readonly string[], flags: GcFlags, terminal: Terminal): Promise<void> {
  const manifests = [...new Set(sources.map(manifestOf))]
  if (manifests.some((path) => path === '-' || isAddress(path))) throw new UsageError('a manifest and its object list must be files, beside each other')
  await requireFolder(flags.objects)
  const trust = await trustedOrEnvironment(flags.key)
  if (trust === undefined) throw new UsageError('no trusted key: pass --key FILE, or set OTASEAL_PUBLIC_KEY')
  const work = async (onEvent?: EventListener): Promise<readonly Uint8Array[]> => listsOf(manifests, trust, onEvent)
  // What is there is looked at first: an object is older than its list.
  const stored = await storedIn(flags.objects)
  const lists = await withAudit(flags, terminal, work, [...manifests, ...manifests.map(objectListOf), ...(flags.key ?? [])])
  const used = usedOf(stored, lists)
  const isDeleting = flags.delete === true
  if (isDeleting && used.names.size === 0) throw new FileError('the manifests list no object at all: nothing is deleted, since all would be')
  if (used.missing.length > 0) refuseMissing(used.missing, flags.objects, isDeleting, terminal)
  const unused = await unusedOf(stored, lists, flags)
  const { length: foreign } = unused.foreign
  if (foreign > 0) terminal.warn(`${foreign} files in ${flags.objects} are named as objects and are none, or are damaged: they are left there`)
  if (isDeleting) await interruptible(async (signal) => deleteAll(flags.objects, unused.old, signal))
  await terminal.show(outcomeOf(unused, used, flags, { manifests: manifests.length, stored: stored.length }))
}

/** The object list of each manifest, after all that can be checked of both without a key that opens it. */
async function listsOf(manifests: readonly string[], { trust }: Trusted, onEvent: EventListener | undefined): Promise<readonly Uint8Array[]> {
  const lists: Uint8Array[] = []
  for (const path of manifests) {
    const manifest = await readManifest(path)
    const list = await readManifest(objectListOf(path))
    await naming(path, async () => {
      // Objects of an expired release may be used by the next one.
      await verifyManifestSet(manifest, list, () => undefined, { trust, now: whenMade(manifest), onEvent })
    })
    lists.push(list)
  }
  return lists
}

function usedOf(stored: readonly StoredFile[], lists: readonly Uint8Array[]): Used {
  const there = new Set(stored.map(({ name }) => name))
  const names = new Set(lists.flatMap(parseObjectList))
  return { names, missing: [...names].filter((name) => !there.has(name)) }
}

async function unusedOf(stored: readonly StoredFile[], lists: readonly Uint8Array[], { objects, minAge = DAY }: GcFlags): Promise<Unused> {
  const byName = new Map(stored.map((file) => [file.name, file]))
  const unused = (await unusedObjects(byName.keys(), lists)).map((name) => byName.get(name) as StoredFile)
  const border = Date.now() - minAge * 1000
  const old: StoredFile[] = []
  const foreign: StoredFile[] = []
  for (const file of unused.filter(({ time }) => time <= border)) ((await isObject(objects, file)) ? old : foreign).push(file)
  return { old, foreign, young: unused.filter(({ time }) => time > border) }
}

function refuseMissing(missing: readonly string[], folder: string, isDeleting: boolean, terminal: Terminal): void {
  const message = `${missing.length} objects of the manifests are not in ${folder}`
  if (isDeleting) throw new FileError(`${message}: nothing is deleted, since this may be another folder; copy the objects there, or leave out manifests that nobody uses`)
  terminal.warn(`${message}: devices can't fetch these releases from there`)
}

async function deleteAll(folder: string, objects: readonly StoredFile[], signal: AbortSignal): Promise<void> {
  for (const { name } of objects) {
    signal.throwIfAborted()
    const path = join(folder, name)
    await rm(path, { force: true }).catch((error: unknown) => {
      throw fileError('delete', path, error)
    })
  }
}

function outcomeOf({ old, young, foreign }: Unused, { missing }: Used, flags: GcFlags, counts: { readonly manifests: number; readonly stored: number }): Outcome {
  const isDeleted = flags.delete === true
  const unused = old.map(({ name, size }) => ({ name, size }))
  const size = old.reduce((sum, object) => sum + object.size, 0)
  return {
    data: { objectsFolder: flags.objects, ...counts, unused, unusedSize: size, young: young.length, foreign: foreign.map(({ name }) => name), missing, deleted: isDeleted },
    lines: [
      `${isDeleted ? 'deleted' : 'unused'}: ${objectsText(old.length, size)}`,
      ...(isDeleted ? [] : unused.map(({ name }) => printable(`  ${name}`))),
      ...table([
        ...foreign.map(({ name }) => ['no object', name] as const),
        ['manifests', String(counts.manifests)],
        ['stored', `${counts.stored} objects`],
        ['too young', `${young.length} unused objects`],
        ['missing', String(missing.length)],
      ]),
    ],
  }
}
