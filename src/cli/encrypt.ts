import { decodeHead } from '../index.js'
import { encryptFile } from '../node.js'
import { auditFlag, withAudit } from './audit-flag.js'
import { bundleAt, bundlePieces, checkBundle, outputBeside } from './bundle.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows } from './header-view.js'
import { streamOf } from './input.js'
import { interruptible } from './interrupt.js'
import { linksOf } from './links.js'
import { PRIVATE_KEY_FILE, environmentSecret } from './keys.js'
import { date, digits, jsonFlag, metaFlag, repeatable, single } from './options.js'
import { checkTarget, fileOutput, refuseInside } from './output.js'
import { recipientsOf } from './reader-files.js'
import { SIGN_HELP, addSignFlags, signersOf } from './sign-command.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { ReaderInput } from '../index.js'
import type { EncryptedFile, EncryptOptions, EventListener, SignerInput } from '../node.js'
import type { AuditFlags } from './audit-flag.js'
import type { LinkFlags } from './links.js'
import type { Recipients } from './reader-files.js'
import type { Target } from './output.js'
import type { SignFlags } from './sign-command.js'
import type { Outcome, Terminal } from './terminal.js'

interface EncryptFlags extends SignFlags, AuditFlags, LinkFlags {
  readonly app: string
  readonly bundleVersion: string
  readonly sequence?: number
  readonly allowFutureSequence?: true
  readonly channel?: string
  readonly runtime?: string
  readonly expires?: Date
  readonly type?: string
  readonly meta?: ReadonlyMap<string, string>
  readonly reader?: readonly string[]
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
Readers: --reader wins over OTASEAL_READER_SECRET; without either, all who have the public key can read; under a link, all
who have the public key of its --root.

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
    .addOption(single('--app <id>', 'the app that the bundle is for').makeOptionMandatory())
    .addOption(single('--bundle-version <version>', 'its version, for people').makeOptionMandatory())
    .addOption(single('--sequence <n>', 'grows with each release (default: now, in seconds since 1970)', digits))
    .option('--allow-future-sequence', 'take a sequence more than a day ahead of the clock')
    .addOption(single('--channel <channel>', 'only for devices of this channel'))
    .addOption(single('--runtime <runtime>', 'only for apps with this native runtime'))
    .addOption(single('--expires <date>', 'ISO date or date-time after which devices refuse it', date))
    .addOption(single('--type <media>', 'media type (default: application/zip for a folder or *.zip, else application/octet-stream)'))
    .addOption(metaFlag())
  addSignFlags(command)
    .addOption(repeatable('--chain <file>', 'link by which a root key lets a --key sign, made by `otaseal delegate`; repeatable'))
    .addOption(repeatable('--root <file>', 'public key of the root that signed the --chain; repeatable'))
    .addOption(repeatable('--reader <file>', 'public key, X25519 or P-256, or secret of those who may read it; repeatable (or OTASEAL_READER_SECRET)'))
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
  const { signers, secretFiles: keyFiles, publicFiles: signKeys } = await signersOf(flags, terminal)
  const { readers, secretFiles: readerFiles, publicFiles: readerKeys } = await readersOf(flags.reader, terminal)
  const links = await linksOf(flags)
  const secretFiles = [...keyFiles, ...readerFiles]
  const publicFiles = [...signKeys, ...readerKeys, ...links.files]
  checkTarget(target, [...secretFiles, ...publicFiles, path], terminal)
  await checkBundle(bundle, target, secretFiles)
  const options = { ...encryptOptions(flags, signers, readers, flags.type ?? defaultType(path, isFolder)), ...links.options }
  if (isFolder && flags.audit !== undefined) await refuseInside(path, flags.audit, 'the log would be in the bundle')
  const work = async (onEvent?: EventListener): Promise<EncryptedFile> =>
    callFileFunction('encrypting', path, terminal, async (onProgress) =>
      interruptible(async (signal) => {
        const pieces = await bundlePieces(bundle, onProgress)
        return encryptFile(streamOf(pieces), fileOutput(target), { ...options, onEvent, overwrite: target.force, signal })
      }),
    )
  const encrypted = await withAudit(flags, terminal, work, [...secretFiles, ...publicFiles, path, target.path])
  warnOfExpiry(flags.expires, terminal)
  await terminal.show(outcomeOf(encrypted, target.path), target.path)
}

function encryptOptions(
  { app, bundleVersion, sequence, allowFutureSequence, channel, runtime, expires, meta }: EncryptFlags,
  signer: readonly SignerInput[],
  readers: readonly ReaderInput[] | undefined,
  type: string,
): EncryptOptions {
  return {
    ...{ signer, readers, app, version: bundleVersion, sequence, allowFutureSequence, channel, runtime, expires, type },
    meta: meta && Object.fromEntries(meta),
  }
}

async function readersOf(
  files: readonly string[] | undefined,
  terminal: Terminal,
): Promise<Partial<Recipients> & Pick<Recipients, 'secretFiles' | 'publicFiles'>> {
  if (files !== undefined) return recipientsOf(files, terminal)
  const secret = environmentSecret()
  return { ...(secret !== undefined && { readers: [secret] }), secretFiles: [], publicFiles: [] }
}

function defaultType(path: string, isFolder: boolean): string {
  return isFolder || /\.zip$/i.test(path) ? 'application/zip' : 'application/octet-stream'
}

function warnOfExpiry(expires: Date | undefined, terminal: Terminal): void {
  if (expires !== undefined && expires.getTime() <= Date.now()) terminal.warn('the release has expired already: devices will refuse it')
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
