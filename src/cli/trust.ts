import { UsageError } from './errors.js'
import { digits, jsonFlag, repeatable, single } from './options.js'
import { checkTarget } from './output.js'
import { printable } from './text.js'
import { addEdits } from './trust-edit.js'
import { checkStore, readStoreOrUpdate, storeText, writeText } from './trust-file.js'
import { publicKeyOf } from './trust-key.js'
import { addUpdates } from './trust-update.js'
import { storeData, storeLines } from './trust-view.js'
import { warnOfStore } from './trust-warnings.js'
import type { Command } from 'commander'
import type { TrustStoreKey } from '../index.js'
import type { Terminal } from './terminal.js'

interface CreateFlags {
  readonly key: readonly string[]
  readonly threshold?: number
  readonly epoch?: number
  readonly minSequence?: number
  readonly output?: string
}

const STORE_FILE = 'trust.json'
const EXAMPLES = `
An app embeds the trust store and trusts whom it names. A changed store reaches the apps with their next version, or at once as a
trust update, which as many keys as the old store and as the new one demand must have signed.

Examples:
  $ otaseal trust create --key root.pub --min-sequence 1763700000
  $ otaseal trust revoke trust.json stolen.pub --min-sequence 1763800000
  $ otaseal trust sign trust.json --key root_key --old embedded.json
  $ otaseal trust apply trust.update.json --trust embedded.json -o new.json
  $ otaseal trust help revoke
`
const CREATE_EXAMPLES = `
The keys count for every app and channel. \`otaseal trust add\` adds keys that don't.

Examples:
  $ otaseal trust create --key .otaseal_key.pub --min-sequence 1763700000
  $ otaseal trust create --key a.pub --key b.pub --key c.pub --threshold 2 -o trust.json
`
const LIST_EXAMPLES = `
Of a trust update, the store that it holds is shown; its signatures are not checked: \`otaseal trust apply\` checks them.

Examples:
  $ otaseal trust list trust.json
  $ otaseal trust list trust.update.json --json
`
const UNVERIFIED = 'NOT VERIFIED: this is a trust update, and its signatures are not checked here; `otaseal trust apply` checks them'

export function addTrust(program: Command, terminal: Terminal): void {
  const trust = program
    .command('trust')
    .summary('make, change, sign and apply trust stores')
    .description('Trust stores: whom an app trusts, and how that changes.')
    .addHelpText('after', EXAMPLES)
  trust
    .command('create')
    .summary('write a new trust store')
    .description('Writes a trust store of public keys. Never overwrites a file.')
    .addOption(repeatable('--key <file>', 'public key; repeatable').makeOptionMandatory())
    .addOption(single('--threshold <n>', 'how many different keys must have signed (default: 1)', digits))
    .addOption(single('--epoch <n>', 'a trust update must have a higher one (default: 1)', digits))
    .addOption(single('--min-sequence <n>', 'the sequence of the bundle that the app is built with (default: 0)', digits))
    .addOption(single('-o, --output <file>', `the trust store, - for stdout (default: ${STORE_FILE})`))
    .addOption(jsonFlag())
    .addHelpText('after', CREATE_EXAMPLES)
    .action(async (flags: CreateFlags) => create(flags, terminal))
  addEdits(trust, terminal)
  trust
    .command('list')
    .summary('show a trust store')
    .description('Shows a trust store, or the one that a trust update holds.')
    .argument('<store>', 'a file, or - for stdin')
    .addOption(jsonFlag())
    .addHelpText('after', LIST_EXAMPLES)
    .action(async (path: string) => list(path, terminal))
  addUpdates(trust, terminal)
}

async function create(flags: CreateFlags, terminal: Terminal): Promise<void> {
  const { key: files, threshold = 1, epoch = 1, minSequence = 0, output = STORE_FILE } = flags
  if (threshold === 0) throw new UsageError('--threshold must be at least 1')
  if (epoch === 0) throw new UsageError('--epoch must be at least 1: 0 is that of plain public keys')
  const target = { path: output, force: false }
  checkTarget(target, files, terminal)
  const keys = new Map<string, TrustStoreKey>()
  for (const file of files) {
    const { kid, jwk } = await publicKeyOf(file, '--key')
    if (keys.has(kid)) throw new UsageError(`${file} is the same key as another --key: one key counts once`)
    keys.set(kid, { key: jwk, status: 'active' })
  }
  if (threshold > keys.size) throw new UsageError(`--threshold ${threshold} is more than the number of keys, ${keys.size}, so that no release could be accepted`)
  const made = await checkStore(output, { epoch, threshold, minSequence, keys: [...keys.values()] })
  await writeText(target, storeText(made.store))
  if (minSequence === 0) terminal.warn('minSequence is 0, which keeps no old release out: pass --min-sequence with the sequence of the bundle that the app is built with')
  warnOfStore(made, undefined, terminal)
  const name = output === '-' ? 'stdout' : printable(output)
  await terminal.show({ data: { store: output, ...storeData(made) }, lines: [`trust store: ${name}`, ...storeLines(made)] }, output)
}

async function list(path: string, terminal: Terminal): Promise<void> {
  const file = await readStoreOrUpdate(path)
  const isUpdate = 'signatures' in file
  if (isUpdate && terminal.json) terminal.note(UNVERIFIED)
  await terminal.show({
    data: { ...storeData(file), ...(isUpdate && { notice: UNVERIFIED, signatures: file.signatures }) },
    lines: [...(isUpdate ? [UNVERIFIED, ...file.signatures.map((kid) => printable(`  signature of ${kid}`))] : []), ...storeLines(file)],
  })
}
