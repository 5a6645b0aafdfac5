import { environmentSecret } from './keys.js'
import { linksOf } from './links.js'
import { date, digits, metaFlag, repeatable, single } from './options.js'
import { recipientsOf } from './reader-files.js'
import { addSignFlags, signersOf } from './sign-command.js'
import type { Command } from 'commander'
import type { EncryptOptions } from '../node.js'
import type { LinkFlags } from './links.js'
import type { Recipients } from './reader-files.js'
import type { SignFlags } from './sign-command.js'
import type { Terminal } from './terminal.js'

/** What a publisher says of a release, who signs it, and who may read it. */
export interface ReleaseFlags extends SignFlags, LinkFlags {
  readonly app: string
  readonly bundleVersion: string
  readonly sequence?: number
  readonly allowFutureSequence?: true
  readonly channel?: string
  readonly runtime?: string
  readonly expires?: Date
  readonly meta?: ReadonlyMap<string, string>
  readonly reader?: readonly string[]
}

/** The same as options of the library, and the files that were read for it. */
export interface Release {
  readonly options: EncryptOptions
  /** Private keys, secrets and passphrases. */
  readonly secretFiles: readonly string[]
  readonly publicFiles: readonly string[]
}

/** Of how keys, passphrases and readers are found; for the help of a command with {@link addReleaseFlags}. */
export const READERS_HELP = `Readers: --reader wins over OTASEAL_READER_SECRET; without either, all who have the public key can read; under a link, all
who have the public key of its --root.`

/** Adds the flags of {@link ReleaseFlags}. */
export function addReleaseFlags(command: Command): Command {
  command
    .addOption(single('--app <id>', 'the app that the bundle is for').makeOptionMandatory())
    .addOption(single('--bundle-version <version>', 'its version, for people').makeOptionMandatory())
    .addOption(single('--sequence <n>', 'grows with each release (default: now, in seconds since 1970)', digits))
    .option('--allow-future-sequence', 'take a sequence more than a day ahead of the clock')
    .addOption(single('--channel <channel>', 'only for devices of this channel'))
    .addOption(single('--runtime <runtime>', 'only for apps with this native runtime'))
    .addOption(single('--expires <date>', 'ISO date or date-time after which devices refuse it', date))
    .addOption(metaFlag())
  return addSignFlags(command)
    .addOption(repeatable('--chain <file>', 'link by which a root key lets a --key sign, made by `otaseal delegate`; repeatable'))
    .addOption(repeatable('--root <file>', 'public key of the root that signed the --chain; repeatable'))
    .addOption(repeatable('--reader <file>', 'public key, X25519 or P-256, or secret of those who may read it; repeatable (or OTASEAL_READER_SECRET)'))
}

/**
 * Reads the keys, links and readers of a release.
 *
 * @throws EnvelopeError, FileError, UsageError
 */
export async function readRelease(flags: ReleaseFlags, terminal: Terminal): Promise<Release> {
  const { app, bundleVersion, sequence, allowFutureSequence, channel, runtime, expires, meta } = flags
  const { signers, secretFiles: keyFiles, publicFiles: signKeys } = await signersOf(flags, terminal)
  const { readers, secretFiles: readerFiles, publicFiles: readerKeys } = await readersOf(flags.reader, terminal)
  const links = await linksOf(flags)
  return {
    options: {
      ...{ signer: signers, readers, app, version: bundleVersion, sequence, allowFutureSequence, channel, runtime, expires },
      ...{ meta: meta && Object.fromEntries(meta), ...links.options },
    },
    secretFiles: [...keyFiles, ...readerFiles],
    publicFiles: [...signKeys, ...readerKeys, ...links.files],
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

export function warnOfExpiry({ expires }: Pick<ReleaseFlags, 'expires'>, terminal: Terminal): void {
  if (expires !== undefined && expires.getTime() <= Date.now()) terminal.warn('the release has expired already: devices will refuse it')
}
