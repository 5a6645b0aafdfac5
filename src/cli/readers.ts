import { addReaders, decodeHead } from '../index.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { UsageError } from './errors.js'
import { callFileFunction } from './file-call.js'
import { interruptible } from './interrupt.js'
import { digits, jsonFlag, repeatable, single } from './options.js'
import { checkTarget, isSameFile } from './output.js'
import { passphraseFileFlag } from './passphrase.js'
import { openersOf, recipientsOf } from './reader-files.js'
import { rewriteHead } from './rewrite-head.js'
import { printable, table } from './text.js'
import { trustedOrEnvironment } from './trusted.js'
import type { Command } from 'commander'
import type { AddReadersOptions } from '../index.js'
import type { EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { Target } from './output.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Recipients } from './reader-files.js'
import type { Outcome, Terminal } from './terminal.js'

interface AddFlags extends PassphraseFlags, AuditFlags {
  readonly key?: readonly string[]
  readonly reader: readonly string[]
  readonly openWith?: readonly string[]
  readonly app?: string
  readonly channel?: string
  readonly clockTolerance?: number
  readonly output?: string
  readonly force?: true
}

const GROUP_EXAMPLES = `
Examples:
  $ otaseal readers add update.otaseal --key trust.json --open-with .otaseal_reader --reader new_device.pub -o new.otaseal
  $ otaseal readers help add
`
const EXAMPLES = `
Whoever may read an envelope can let others read it as well, and need not be able to sign: the signed parts stay as they are, and the
payload is copied as it is. A head alone, as JSON, is taken too. A slot for the same reader is replaced.

--open-with wins over OTASEAL_READER_SECRET; without either, the trusted keys open what is not restricted to readers.

Examples:
  $ otaseal readers add update.otaseal --key trust.json --open-with .otaseal_reader --reader new_device.pub -o new.otaseal
  $ otaseal readers add head.json --key trust.json --app com.example.app --open-with .otaseal_secret --reader new_device.pub --force
`

export function addReadersCommand(program: Command, terminal: Terminal): void {
  program
    .command('readers')
    .summary('let others read an envelope')
    .description('Changes who may read an envelope.')
    .addHelpText('after', GROUP_EXAMPLES)
    .command('add')
    .summary('let others read an envelope')
    .description('Adds readers to an envelope, after its head is verified.')
    .argument('<envelope>', 'an envelope or a head (JSON), or - for stdin')
    .addOption(repeatable('--key <file>', 'trust store, or trusted public key; keys may be repeated, one must have signed (or OTASEAL_PUBLIC_KEY)'))
    .addOption(repeatable('--reader <file>', 'public key, X25519 or P-256, or secret of those who may read it too; repeatable').makeOptionMandatory())
    .addOption(repeatable('--open-with <file>', 'your own private key or secret, which opens it; repeatable (or OTASEAL_READER_SECRET)'))
    .addOption(passphraseFileFlag())
    .addOption(single('--app <id>', 'the app that it must be for'))
    .addOption(single('--channel <channel>', 'the channel that it must be for; left out: not checked'))
    .addOption(single('--clock-tolerance <seconds>', 'by how much the clock may be wrong, for dates (default: 0)', digits))
    .addOption(single('-o, --output <file>', 'the new envelope or head, - for stdout; left out: ENVELOPE itself is replaced, with --force'))
    .option('--force', 'replace an existing file')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: AddFlags) => add(path, flags, terminal))
}

async function add(path: string, flags: AddFlags, terminal: Terminal): Promise<void> {
  const target = targetOf(path, flags)
  const recipients = await recipientsOf(flags.reader, terminal)
  const keyFiles = [...flags.reader, ...(flags.key ?? []), ...(flags.openWith ?? []), ...(flags.passphraseFile === undefined ? [] : [flags.passphraseFile])]
  const isInPlace = target.force && isSameFile(path, target.path)
  checkTarget(target, isInPlace ? keyFiles : [path, ...keyFiles], terminal)
  const options = await optionsOf(flags, recipients, terminal)
  const work = async (onEvent?: EventListener): Promise<string> =>
    callFileFunction('copying', path, terminal, async (onProgress) =>
      interruptible(async (signal) =>
        rewriteHead(path, target, { change: async (head) => addReaders(head, { ...options, signal, onEvent }), onProgress, signal }),
      ),
    )
  const head = await withAudit(flags, terminal, work, [...keyFiles, path, target.path])
  await terminal.show(outcomeOf(head, target.path, recipients), target.path)
}

function targetOf(path: string, { output, force }: AddFlags): Target {
  if (output !== undefined) return { path: output, force: force === true }
  if (path === '-') throw new UsageError('what comes from stdin has no name: pass -o FILE, or -o - for stdout')
  if (force !== true) throw new UsageError(`pass -o FILE for the new envelope, or --force to replace ${path}`)
  return { path, force: true }
}

async function optionsOf(flags: AddFlags, { readers }: Recipients, terminal: Terminal): Promise<AddReadersOptions> {
  const trusted = await trustedOrEnvironment(flags.key)
  if (trusted === undefined) throw new UsageError('no trusted key: pass --key FILE, or set OTASEAL_PUBLIC_KEY')
  const reader = await openersOf(flags.openWith, flags, terminal)
  const { app = null, channel = null, clockTolerance } = flags
  if (app === null) terminal.note('the app is not checked: pass --app to check it')
  if (channel === null) terminal.note('the channel is not checked: pass --channel to check it')
  return { trust: trusted.trust, app, channel, clockTolerance, reader, readers }
}

function outcomeOf(head: string, output: string, { kids }: Recipients): Outcome {
  const { slots } = decodeHead(head)
  return {
    data: { output, added: kids, slots },
    lines: [
      `readers added: ${output === '-' ? 'stdout' : printable(output)}`,
      ...table(slots.map((kid) => ['reader', `${kid ?? 'of a kind that this version cannot read'}${kid !== undefined && kids.includes(kid) ? ', added' : ''}`] as const)),
    ],
  }
}
