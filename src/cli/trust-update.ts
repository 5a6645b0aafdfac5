import { signTrustUpdate, verifyTrustUpdate } from '../index.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { UsageError } from './errors.js'
import { sequenceText } from './header-view.js'
import { interruptible } from './interrupt.js'
import { digits, jsonFlag, repeatable, single } from './options.js'
import { checkTarget, isSameFile } from './output.js'
import { SIGN_HELP, addSignFlags, signersOf } from './sign-command.js'
import { printable, table } from './text.js'
import { checkStore, readStore, readStoreOrUpdate, refuseUnsigned, replaceText, signerKids, storeText, updateText, writeText } from './trust-file.js'
import { signingState, tellState, warnOfOld } from './trust-signing.js'
import { trusted } from './trusted.js'
import { storeData, storeLines } from './trust-view.js'
import type { Command } from 'commander'
import type { AuditFlags } from './audit-flag.js'
import type { SignFlags } from './sign-command.js'
import type { Terminal } from './terminal.js'
import type { StoreFile, UpdateFile } from './trust-file.js'

interface SignUpdateFlags extends SignFlags, AuditFlags {
  readonly old?: string
  readonly allowFutureSequence?: true
  readonly output?: string
  readonly force?: true
}

interface ApplyFlags extends AuditFlags {
  readonly trust: readonly string[]
  readonly output: string
  readonly force?: true
  readonly clockTolerance?: number
}

const SIGN_EXAMPLES = `
As many keys as the old store demands must sign, and as many as the new one does. Keys that lie apart sign one after the other: the
first signs the store, each further one the update, to which its signature is added.

Keys: --key wins over OTASEAL_PRIVATE_KEY, which wins over .otaseal_key.
${SIGN_HELP}

Examples:
  $ otaseal trust sign trust.json --key root_key --old embedded.json
  $ otaseal trust sign trust.update.json --key other_root_key
`
const APPLY_EXAMPLES = `
Checks a trust update as a device does, and writes the store that a device would keep.

Examples:
  $ otaseal trust apply trust.update.json --trust embedded.json -o new.json
  $ otaseal trust apply trust.update.json --trust trust.json -o trust.json --force
`

export function addUpdates(trust: Command, terminal: Terminal): void {
  const sign = trust
    .command('sign')
    .summary('sign a trust store as a trust update')
    .description('Signs a trust store as a trust update, or adds signatures to one.')
    .argument('<store-or-update>', 'the new trust store, or a trust update that others have signed; - for stdin')
  addSignFlags(sign)
    .addOption(single('--old <store>', 'the trust store that devices have now: warns of what they would refuse'))
    .option('--allow-future-sequence', 'take a minSequence more than a day ahead of the clock')
    .addOption(single('-o, --output <file>', 'the trust update, - for stdout (default: STORE.update.json, or the update itself)'))
    .option('--force', 'replace an existing file')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', SIGN_EXAMPLES)
    .action(async (path: string, flags: SignUpdateFlags) => signUpdate(path, flags, terminal))
  trust
    .command('apply')
    .summary('check a trust update, and write the store that it leads to')
    .description('Replaces a trust store by that of a trust update, if enough keys have signed it.')
    .argument('<update>', 'a file, or - for stdin')
    .addOption(repeatable('--trust <file>', 'the trust store, or public keys of which one must have signed, that the update is to replace').makeOptionMandatory())
    .addOption(single('-o, --output <file>', 'the trust store from now on, - for stdout').makeOptionMandatory())
    .option('--force', 'replace an existing file')
    .addOption(single('--clock-tolerance <seconds>', 'by how much the clock may be wrong (default: 0)', digits))
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', APPLY_EXAMPLES)
    .action(async (path: string, flags: ApplyFlags) => apply(path, flags, terminal))
}

async function signUpdate(path: string, flags: SignUpdateFlags, terminal: Terminal): Promise<void> {
  const { output = defaultOutput(path), force, old, allowFutureSequence } = flags
  const file = await readStoreOrUpdate(path)
  const inPlace = path !== '-' && 'signatures' in file && (flags.output === undefined || isSameFile(output, path))
  const target = { path: inPlace ? path : output, force: force === true }
  const { signers, secretFiles, publicFiles } = await signersOf(flags, terminal)
  const inputs = [...secretFiles, ...publicFiles, ...(old === undefined ? [] : [old])]
  if (!inPlace) checkTarget(target, [path, ...inputs], terminal)
  const before = old === undefined ? undefined : await readStore(old)
  const work = async (onEvent: Parameters<Parameters<typeof withAudit>[2]>[0]): Promise<string> =>
    interruptible(async (signal) => signTrustUpdate(file.text, { signer: signers, allowFutureSequence, signal, onEvent }))
  const update = `${await withAudit(flags, terminal, work, [...inputs, path, target.path])}\n`
  await (inPlace ? replaceText(file, update) : writeText(target, update))
  await showSigned({ ...file, signatures: signerKids(path, update) }, update, target.path, before, terminal)
}

async function showSigned(file: UpdateFile, update: string, output: string, before: StoreFile | undefined, terminal: Terminal): Promise<void> {
  const state = signingState(file, before)
  const refusal = before && (await warnOfOld(update, file, before, terminal))
  await terminal.show(
    {
      data: { output, ...storeData(file), signatures: file.signatures, ...state, ...(refusal !== undefined && { refusal }) },
      lines: [
        `signed: ${output === '-' ? 'stdout' : printable(output)}`,
        ...table(file.signatures.map((kid) => ['signed by', kid] as const)),
        ...tellState(state),
        ...storeLines(file),
      ],
    },
    output,
  )
}

async function apply(path: string, flags: ApplyFlags, terminal: Terminal): Promise<void> {
  const { trust: files, output, force, clockTolerance } = flags
  const target = { path: output, force: force === true }
  const { trust, store: before } = await trusted(files, '--trust')
  // Only a trust store may be replaced by the one that it leads to.
  checkTarget(target, before === undefined ? [path, ...files] : [path], terminal)
  const inPlace = typeof trust === 'string' && files.some((file) => isSameFile(file, output))
  const update = await updateText(path)
  refuseUnsigned(path, update)
  const { trust: store, changed, forgetAbove, signers } = await withAudit(
    flags,
    terminal,
    async (onEvent) => verifyTrustUpdate(update, { trust, clockTolerance, onEvent }),
    [path, output, ...files],
  )
  await (inPlace ? replaceText({ path: output, text: trust }, storeText(store)) : writeText(target, storeText(store)))
  const checked = await checkStore(output, store)
  const verdict = changed
    ? `the trust store is replaced: devices forget stored sequences above ${sequenceText(forgetAbove)}, and keep all others`
    : 'the trust update holds the very store that is trusted already: nothing is changed'
  await terminal.show(
    {
      data: { output, changed, ...(changed && { forgetAbove }), signers, ...storeData(checked) },
      lines: [verdict, ...table([['written', output === '-' ? 'stdout' : output], ...signers.map((kid) => ['signed by', kid] as const)]), ...storeLines(checked)],
    },
    output,
  )
}

function defaultOutput(path: string): string {
  if (path === '-') throw new UsageError('what comes from stdin has no name: pass -o FILE, or -o - for stdout')
  return `${path.replace(/(?<=[^/\\])\.json$/i, '')}.update.json`
}
