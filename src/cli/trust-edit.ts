import { EnvelopeError } from '../index.js'
import { NAME_PARTS, UsageError } from './errors.js'
import { date, digits, jsonFlag, repeatable, single } from './options.js'
import { printable } from './text.js'
import { checkStore, readStore, replaceText, storeText } from './trust-file.js'
import { findKey, publicKeyOf } from './trust-key.js'
import { storeData, storeLines } from './trust-view.js'
import { warnOfStore } from './trust-warnings.js'
import type { Command } from 'commander'
import type { TrustStore, TrustStoreKey } from '../index.js'
import type { Terminal } from './terminal.js'
import type { StoreFile } from './trust-file.js'

interface EditFlags {
  readonly minSequence?: number
}

interface AddFlags extends EditFlags {
  readonly key: readonly string[]
  readonly app?: readonly string[]
  readonly channel?: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

interface RetireFlags extends EditFlags {
  readonly lastSequence: number
}

interface SetFlags extends EditFlags {
  readonly threshold?: number
}

/** What an edit changes, and what it says of that. */
interface Edit {
  readonly change: Partial<TrustStore>
  /** The key concerned, where there is one. */
  readonly kid?: string
  readonly told: string
  /** What its publisher may not mean. */
  readonly doubt?: string | undefined
}

const KEY = 'its kid, the first 6 characters of it or more, or the file of the public key'
const EPOCH = `
Each edit raises the epoch by one. Devices that take the store as a trust update forget those stored sequences that are more than
a day ahead of their clock. For devices that have none, as after a fresh install, minSequence alone keeps old releases out: raise
it along, to the sequence of the newest release.
`

export function addEdits(trust: Command, terminal: Terminal): void {
  editCommand(trust, 'add', 'add public keys')
    .addOption(repeatable('--key <file>', 'public key; repeatable').makeOptionMandatory())
    .addOption(repeatable('--app <id>', 'only for releases of this app; repeatable'))
    .addOption(repeatable('--channel <channel>', 'only for releases of this channel; repeatable'))
    .addOption(single('--not-before <date>', 'ISO date or date-time before which they count for nothing', date))
    .addOption(single('--not-after <date>', 'the same, after which', date))
    .addHelpText('after', `${EPOCH}\nExample:\n  $ otaseal trust add trust.json --key new.pub --min-sequence 1763700000\n`)
    .action(async (path: string, flags: AddFlags) => edit(path, flags, terminal, async (file) => addKeys(file, flags)))
  editCommand(trust, 'retire', 'let a key count for the releases that it has signed, and for no more')
    .argument('<key>', KEY)
    .addOption(single('--last-sequence <n>', 'the highest sequence that it has signed', digits).makeOptionMandatory())
    .addHelpText(
      'after',
      `\nA key that may be stolen is revoked, never retired: who has it can sign with any sequence.\n${EPOCH}\nExample:\n  $ otaseal trust retire trust.json old.pub --last-sequence 1763700000 --min-sequence 1763700000\n`,
    )
    .action(async (path: string, key: string, flags: RetireFlags) => edit(path, flags, terminal, async (file) => retireKey(file, key, flags)))
  editCommand(trust, 'revoke', 'let a key count for nothing any more')
    .argument('<key>', KEY)
    .addHelpText(
      'after',
      `\nA key that the store does not have, as a release key that a link names, is added to it as revoked: pass its file. It\nstays revoked. A kid that begins with - comes after --.\n${EPOCH}\nExamples:\n  $ otaseal trust revoke trust.json q8Zk2x --min-sequence 1763700000\n  $ otaseal trust revoke trust.json stolen.pub\n`,
    )
    .action(async (path: string, key: string, flags: EditFlags) => edit(path, flags, terminal, async (file) => revokeKey(file, key)))
  editCommand(trust, 'set', 'change the threshold or minSequence')
    .addOption(single('--threshold <n>', 'how many different keys must have signed', digits))
    .addHelpText('after', `${EPOCH}\nExample:\n  $ otaseal trust set trust.json --threshold 2 --min-sequence 1763700000\n`)
    .action(async (path: string, flags: SetFlags) => edit(path, flags, terminal, async (file) => setNumbers(file, flags)))
}

function editCommand(trust: Command, name: string, does: string): Command {
  return trust
    .command(name)
    .summary(does)
    .description(`Changes a trust store: ${does}.`)
    .argument('<store>', 'the trust store, which is changed in place')
    .addOption(single('--min-sequence <n>', 'an update must be above it: the sequence of the newest release', digits))
    .addOption(jsonFlag())
}

async function edit(path: string, { minSequence }: EditFlags, terminal: Terminal, work: (file: StoreFile) => Promise<Edit>): Promise<void> {
  const file = await readStore(path)
  const { change, kid, told, doubt } = await work(file)
  const wanted = { ...file.store, ...change, ...(minSequence !== undefined && { minSequence }) }
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(file.store)
  if (isChanged) checkEpoch(file)
  const next = isChanged ? { ...wanted, epoch: file.store.epoch + 1 } : wanted
  checkThreshold(next, path)
  const after = await checkStore(path, next)
  if (isChanged) await replaceText(file, storeText(after.store))
  if (doubt !== undefined) terminal.warn(doubt)
  if (isChanged) warnOfStore(after, file.store, terminal)
  const done = isChanged ? `${told}; epoch ${next.epoch}: ${path}` : `nothing is changed, it says so already: ${path}`
  await terminal.show({ data: { store: path, changed: isChanged, kid, ...storeData(after) }, lines: [printable(done), ...storeLines(after)] })
}

/** Told before the library does, with what to do. */
function checkEpoch({ path, store: { epoch } }: StoreFile): void {
  if (epoch < Number.MAX_SAFE_INTEGER) return
  throw new EnvelopeError('bad-trust-store', `${path} has the epoch ${epoch}, and there is no higher epoch, so that no edit can replace it: make a new store, which reaches the apps with their next version`)
}

/** The same. */
function checkThreshold({ threshold, keys }: TrustStore, path: string): void {
  const active = keys.filter(({ status }) => status === 'active').length
  if (active >= threshold) return
  throw new EnvelopeError(
    'bad-trust-store',
    `${active} active ${active === 1 ? 'key' : 'keys'} would be left in ${path}, and its threshold is ${threshold}, so that devices would refuse every ` +
      'release: first add a key with `otaseal trust add`, or lower the threshold with `otaseal trust set --threshold`',
  )
}

async function addKeys({ path, store, kids }: StoreFile, flags: AddFlags): Promise<Edit> {
  const { app: apps, channel: channels, notBefore, notAfter } = flags
  const scope = {
    ...(notBefore !== undefined && { notBefore: seconds(notBefore) }),
    ...(notAfter !== undefined && { notAfter: seconds(notAfter) }),
    ...(apps !== undefined && { apps }),
    ...(channels !== undefined && { channels }),
  }
  if (notBefore !== undefined && notAfter !== undefined && notAfter < notBefore) throw new UsageError('--not-after is before --not-before')
  for (const text of [...(apps ?? []), ...(channels ?? [])]) checkName(text)
  const added = new Map<string, TrustStoreKey>()
  for (const file of flags.key) {
    const { kid, jwk } = await publicKeyOf(file, '--key')
    const existing = store.keys[kids.indexOf(kid)]
    if (existing !== undefined) throw new EnvelopeError('bad-trust-store', isThere(file, path, existing))
    if (added.has(kid)) throw new UsageError(`${file} is the same key as another --key: one key counts once`)
    added.set(kid, { key: jwk, status: 'active', ...scope })
  }
  const [kid] = added.keys()
  return { change: { keys: [...store.keys, ...added.values()] }, told: `added ${[...added.keys()].join(', ')}`, ...(added.size === 1 && kid !== undefined && { kid }) }
}

/** No release has another, so that the key would count for none. */
function checkName(text: string): void {
  if (!/^[A-Za-z0-9._+-]{1,128}$/.test(text)) throw new UsageError(`no app or channel can be named ${JSON.stringify(text)}: a name has ${NAME_PARTS}`)
}

function isThere(file: string, path: string, { status }: TrustStoreKey): string {
  const why = {
    active: 'one key counts once',
    retired: 'a retired key is not made active again: make a new key pair',
    revoked: 'a key that may be stolen stays revoked: make a new key pair',
  }
  return `${file} is in ${path} already, as ${status}: ${why[status]}`
}

async function retireKey(file: StoreFile, name: string, { lastSequence }: RetireFlags): Promise<Edit> {
  const { kid, index } = await findKey(file, name)
  const entry = file.store.keys[index]
  if (entry === undefined) throw new UsageError(`${file.path} does not have the key ${name}: \`otaseal trust list\` shows those that it has`)
  if (entry.status === 'revoked') {
    throw new EnvelopeError('bad-trust-store', `${kid} is revoked in ${file.path}, and retiring would let it count again: a key that may be stolen stays revoked`)
  }
  const { lastSequence: before = lastSequence } = entry
  const doubt = lastSequence > before ? `the last sequence of ${kid}, which is retired already, grows from ${before} to ${lastSequence}: the key could sign more releases` : undefined
  return { change: { keys: replaced(file.store.keys, index, { ...entry, status: 'retired', lastSequence }) }, kid, told: `retired ${kid}`, doubt }
}

async function revokeKey(file: StoreFile, name: string): Promise<Edit> {
  const { kid, jwk, index } = await findKey(file, name)
  const { keys } = file.store
  const entry = keys[index]
  if (entry === undefined) return { change: { keys: [...keys, { key: jwk, status: 'revoked' }] }, kid, told: `added ${kid} as revoked` }
  const { lastSequence, ...rest } = entry
  const told = `revoked ${kid}${lastSequence === undefined ? '' : ', which was retired'}`
  return { change: { keys: replaced(keys, index, { ...rest, status: 'revoked' }) }, kid, told }
}

async function setNumbers({ path }: StoreFile, { threshold, minSequence }: SetFlags): Promise<Edit> {
  if (threshold === undefined && minSequence === undefined) throw new UsageError(`what is to be set in ${path}? Pass --threshold N, --min-sequence N, or both`)
  if (threshold === 0) throw new UsageError('--threshold must be at least 1')
  return { change: threshold === undefined ? {} : { threshold }, told: 'changed' }
}

function replaced(keys: readonly TrustStoreKey[], index: number, entry: TrustStoreKey): readonly TrustStoreKey[] {
  return keys.map((key, i) => (i === index ? entry : key))
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
