import { decodeHead } from '../index.js'
import { encryptFile } from '../node.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { bundleAt, bundlePieces, checkBundle, outputBeside } from './bundle.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows } from './header-view.js'
import { streamOf } from './input.js'
import { interruptible } from './interrupt.js'
import { PRIVATE_KEY_FILE } from './keys.js'
import { jsonFlag, single } from './options.js'
import { checkTarget, fileOutput, refuseInside } from './output.js'
import { READERS_HELP, addReleaseFlags, readRelease, warnOfExpiry } from './release-flags.js'
import { SIGN_HELP } from './sign-command.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { EncryptedFile, EventListener } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { Target } from './output.js'
import type { ReleaseFlags } from './release-flags.js'
import type { Outcome, Terminal } from './terminal.js'

interface EncryptFlags extends ReleaseFlags, AuditFlags {
  readonly type?: string
  readonly output?: string
  readonly force?: true
}

const EXAMPLES = `
A folder is packed as a ZIP file whose bytes depend on the names and contents of its files alone: mode bits, times
and empty folders are not kept. Links, special files, and private keys in PEM or JWK, or named as keygen names them, are
refused.

Keys: --key wins over OTASEAL_PRIVATE_KEY (PEM or JWK, also where newlines were lost), which wins over ${PRIVATE_KEY_FILE}.
Of encrypted keys, all with one passphrase: --passphrase-file wins over OTASEAL_PASSPHRASE, which wins over asking for it.
${SIGN_HELP}
${READERS_HELP}

The envelope's head comes first and is known last: its body lies in a temporary file until then, beside the envelope,
or in TMPDIR where the envelope goes to stdout.

Examples:
  $ otaseal encrypt dist --app com.example.app --bundle-version 1.4.0
  $ otaseal encrypt dist --app com.example.app --bundle-version 1.4.0 --channel beta --expires 2027-01-31 -o beta.otaseal
  $ otaseal encrypt dist --app com.example.app --bundle-version 1.4.0 --key release --chain release.link --root root.pub
  $ otaseal encrypt dist --app com.example.app --bundle-version 1.4.0 --reader device.pub --reader .otaseal_secret
  $ zip -qr - www | otaseal encrypt - --type application/zip --app com.example.app --bundle-version 1.4.0 > www.otaseal
`

export function addEncrypt(program: Command, terminal: Terminal): void {
  const command = program
    .command('encrypt')
    .summary('sign and encrypt a bundle')
    .description('Signs and encrypts a bundle for an app.')
    .argument('<bundle>', 'a file, a folder, or - for stdin')
  addReleaseFlags(command)
    .addOption(single('--type <media>', 'media type (default: application/zip for a folder or *.zip, else application/octet-stream)'))
    .addOption(single('-o, --output <file>', 'the envelope, - for stdout (default: BUNDLE.otaseal)'))
    .option('--force', 'replace an existing file')
    .addOption(auditFlag())
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, flags: EncryptFlags) => encrypt(bundle, flags, terminal))
}

async function encrypt(path: string, flags: EncryptFlags, terminal: Terminal): Promise<void> {
  const target: Target = { path: flags.output ?? outputBeside(path, '.otaseal'), force: flags.force === true }
  const bundle = await bundleAt(path)
  const { isFolder } = bundle
  const { options: claims, secretFiles, publicFiles } = await readRelease(flags, terminal)
  checkTarget(target, [...secretFiles, ...publicFiles, path], terminal)
  await checkBundle(bundle, target, secretFiles)
  const options = { ...claims, type: flags.type ?? defaultType(path, isFolder) }
  if (isFolder && flags.audit !== undefined) await refuseInside(path, flags.audit, 'the log would be in the bundle')
  const work = async (onEvent?: EventListener): Promise<EncryptedFile> =>
    callFileFunction('encrypting', path, terminal, async (onProgress) =>
      interruptible(async (signal) => {
        const pieces = await bundlePieces(bundle, onProgress)
        return encryptFile(streamOf(pieces), fileOutput(target), { ...options, onEvent, overwrite: target.force, signal })
      }),
    )
  const encrypted = await withAudit(flags, terminal, work, [...secretFiles, ...publicFiles, path, target.path])
  warnOfExpiry(flags, terminal)
  await terminal.show(outcomeOf(encrypted, target.path), target.path)
}

function defaultType(path: string, isFolder: boolean): string {
  return isFolder || /\.zip$/i.test(path) ? 'application/zip' : 'application/octet-stream'
}

function outcomeOf({ head, checksum, size: envelopeSize }: EncryptedFile, output: string): Outcome {
  const { header, signatures, slots } = decodeHead(head)
  return {
    data: { output, ...headerData(header), checksum, envelopeSize, signatures, slots },
    lines: [
      `signed and encrypted: ${output === '-' ? 'stdout' : printable(output)}`,
      ...table([...headerRows(header), ['sha256', checksum], ...signatures.map(({ alg, kid }) => ['signed by', `${alg} ${kid}`] as const)]),
    ],
  }
}
