import { basename } from 'node:path'
import { decryptFile } from '../node.js'
import { UsageError } from './errors.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows, signerRows } from './header-view.js'
import { fileInput } from './input.js'
import { interruptible } from './interrupt.js'
import { jsonFlag, single } from './options.js'
import { checkTarget, fileOutput } from './output.js'
import { addPolicyFlags, requirePolicy } from './policy.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { DecryptedFile, DeviceOptions } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { PolicyFlags } from './policy.js'
import type { Target } from './output.js'
import type { Terminal } from './terminal.js'

interface DecryptFlags extends PolicyFlags, AuditFlags {
  readonly output?: string
  readonly force?: true
}

const ENDING = '.otaseal'
const EXAMPLES = `
The bundle appears under its name, or on stdout, only after every check; a refused envelope leaves no file behind.
From stdin to stdout the envelope lies, still encrypted, in a temporary file of TMPDIR meanwhile.

Examples:
  $ otaseal decrypt dist.zip.otaseal --key .otaseal_key.pub --app com.example.app
  $ otaseal decrypt update.otaseal --key trust.json --reader .otaseal_reader --app com.example.app
  $ otaseal decrypt update.otaseal --key .otaseal_key.pub --app com.example.app --channel production \\
      --last-sequence 1763700000 -o update.zip
  $ curl -s https://example.com/u | otaseal decrypt - --key key.pub --app com.example.app -o - | bsdtar -tf -
`

export function addDecrypt(program: Command, terminal: Terminal): void {
  const command = program
    .command('decrypt')
    .summary('verify and decrypt an envelope')
    .description('Verifies an envelope and decrypts its bundle.')
    .argument('<envelope>', 'a file, or - for stdin')
  addPolicyFlags(command, true)
    .addOption(single('-o, --output <file>', 'the bundle, - for stdout (default: ENVELOPE without .otaseal)'))
    .option('--force', 'replace an existing file')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (envelope: string, flags: DecryptFlags) => decrypt(envelope, flags, terminal))
}

async function decrypt(path: string, flags: DecryptFlags, terminal: Terminal): Promise<void> {
  const target: Target = { path: flags.output ?? defaultOutput(path), force: flags.force === true }
  checkTarget(target, [path, ...(flags.key ?? []), ...(flags.reader ?? []), ...(flags.passphraseFile === undefined ? [] : [flags.passphraseFile])], terminal)
  const policy = await requirePolicy(flags, terminal)
  const { header, signers } = await withAudit(
    flags,
    terminal,
    async (onEvent) => decryptTo(path, target, { ...policy, onEvent }, terminal),
    [path, target.path, ...(flags.key ?? []), ...(flags.reader ?? [])],
  )
  const outcome = {
    data: { output: target.path, ...headerData(header), checksum: header.bundle.checksum, signers },
    lines: [
      `verified and decrypted: ${target.path === '-' ? 'stdout' : printable(target.path)}`,
      ...table([...headerRows(header), ['sha256', header.bundle.checksum], ...signerRows(signers)]),
    ],
  }
  await terminal.show(outcome, target.path)
}

async function decryptTo(path: string, target: Target, policy: DeviceOptions, terminal: Terminal): Promise<DecryptedFile> {
  return callFileFunction('decrypting', path, terminal, async (onProgress) =>
    interruptible(async (signal) =>
      decryptFile(fileInput(path), fileOutput(target), { ...policy, overwrite: target.force, onProgress, signal }),
    ),
  )
}

function defaultOutput(path: string): string {
  if (path === '-') return '-'
  if (path.endsWith(ENDING) && basename(path) !== ENDING) return path.slice(0, -ENDING.length)
  throw new UsageError(`${path} does not end in ${ENDING}, so its bundle has no name of its own: pass -o FILE`)
}
