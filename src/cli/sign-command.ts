import { commandSigner } from '../node.js'
import { UsageError } from './errors.js'
import { keyText } from './key-file.js'
import { PRIVATE_KEY_FILE, privateKeys } from './keys.js'
import { digits, repeatable, single } from './options.js'
import { passphraseFileFlag } from './passphrase.js'
import type { Command } from 'commander'
import type { Signer, SignerInput } from '../node.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Terminal } from './terminal.js'

/** The flags that say who signs. */
export interface SignFlags extends PassphraseFlags {
  readonly key?: readonly string[]
  readonly signCommand?: readonly string[]
  readonly signKey?: readonly string[]
  readonly signTimeout?: number
}

/** Who signs, and which files must never be replaced. */
export interface Signers {
  readonly signers: readonly SignerInput[]
  /** Private keys and the passphrase. */
  readonly secretFiles: readonly string[]
  readonly publicFiles: readonly string[]
}

/** For the help of a command with {@link addSignFlags}. */
export const SIGN_HELP = `A key in a KMS, an HSM or an agent signs by --sign-command: the shell runs it, the bytes to sign are its stdin, its stdout is
the signature, raw or as base64, and --sign-key its public key. An RSA key is asked twice. Then no other key is taken but those of --key.`

/** Adds the flags of {@link SignFlags}. */
export function addSignFlags(command: Command): Command {
  return command
    .addOption(repeatable('--key <file>', `private key that signs; repeatable (default: ${PRIVATE_KEY_FILE})`))
    .addOption(passphraseFileFlag())
    .addOption(repeatable('--sign-command <command>', 'command that signs its stdin; repeatable, each with its --sign-key'))
    .addOption(repeatable('--sign-key <file>', 'public key of the --sign-command'))
    .addOption(single('--sign-timeout <seconds>', 'how long one signature may take (default: 120)', digits))
}

/**
 * Who signs: the keys of `--key` and the commands of `--sign-command`; only where neither is given, the key that is taken by
 * default.
 *
 * @throws EnvelopeError, FileError, UsageError
 */
export async function signersOf(flags: SignFlags, terminal: Terminal): Promise<Signers> {
  const commands = await commandsOf(flags)
  const publicFiles = flags.signKey ?? []
  if (commands.length > 0 && flags.key === undefined) {
    if (flags.passphraseFile !== undefined) throw new UsageError('--passphrase-file is for private keys, and --sign-command takes none: leave it out, or pass --key too')
    return { signers: commands, secretFiles: [], publicFiles }
  }
  const { keys, files } = await privateKeys(flags.key, flags, terminal)
  const secretFiles = flags.passphraseFile === undefined ? files : [...files, flags.passphraseFile]
  return { signers: [...keys, ...commands], secretFiles, publicFiles }
}

/** Commands and their keys belong together in the order of their flags. */
async function commandsOf({ signCommand = [], signKey = [], signTimeout }: SignFlags): Promise<readonly Signer[]> {
  if (signCommand.length !== signKey.length) {
    throw new UsageError(
      `each --sign-command needs its --sign-key, in the same order: ${signCommand.length} commands and ${signKey.length} keys are given`,
    )
  }
  if (signTimeout !== undefined && signCommand.length === 0) throw new UsageError('--sign-timeout is for --sign-command, which is missing')
  return Promise.all(
    signCommand.map(async (command, i) => {
      const file = signKey[i] as string
      const publicKey = await keyText(file, '--sign-key', 'pass the public key of --sign-command')
      return commandSigner(command, { publicKey, name: file, timeout: signTimeout })
    }),
  )
}
