import { verifyFile } from '../node.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows, signerRows } from './header-view.js'
import { fileInput } from './input.js'
import { jsonFlag } from './options.js'
import { addPolicyFlags, requirePolicy } from './policy.js'
import { table } from './text.js'
import type { Command } from 'commander'
import type { DecryptedFile, EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { PolicyFlags } from './policy.js'
import type { Terminal } from './terminal.js'

const EXAMPLES = `
Examples:
  $ otaseal verify dist.zip.otaseal --key .otaseal_key.pub --app com.example.app
  $ otaseal verify dist.zip.otaseal --key trust.json --app com.example.app --clock-tolerance 300
  $ otaseal verify - --key old.pub --key new.pub --app com.example.app --json < dist.zip.otaseal
`

export function addVerify(program: Command, terminal: Terminal): void {
  const command = program
    .command('verify')
    .summary('check an envelope without writing')
    .description('Checks all that `decrypt` checks, and writes nothing.')
    .argument('<envelope>', 'a file, or - for stdin')
  addPolicyFlags(command, true)
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (envelope: string, flags: PolicyFlags & AuditFlags) => verify(envelope, flags, terminal))
}

async function verify(path: string, flags: PolicyFlags & AuditFlags, terminal: Terminal): Promise<void> {
  const policy = await requirePolicy(flags, terminal)
  const work = async (onEvent?: EventListener): Promise<DecryptedFile> =>
    callFileFunction('verifying', path, terminal, async (onProgress) => verifyFile(fileInput(path), { ...policy, onProgress, onEvent }))
  const { header, signers } = await withAudit(flags, terminal, work, [path, ...(flags.key ?? []), ...(flags.reader ?? [])])
  const { checksum } = header.bundle
  await terminal.show({
    data: { ...headerData(header), checksum, signers },
    lines: ['verified', ...table([...headerRows(header), ['sha256', checksum], ...signerRows(signers)])],
  })
}
