import { decryptCapgoFile } from '../node.js'
import { outputBeside } from './bundle.js'
import { PUBLIC_FILE, PUBLIC_VARIABLE, capgoPublicKey } from './capgo-keys.js'
import { capgoJsonFlag, keyDataFlag, refuseKeyData } from './capgo-options.js'
import { formOfVersion } from './capgo-version.js'
import { callFileFunction } from './file-call.js'
import { fileInput } from './input.js'
import { interruptible } from './interrupt.js'
import { single } from './options.js'
import { checkTarget, fileOutput } from './output.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { CapgoDecryptedFile } from '../node.js'
import type { Target } from './output.js'
import type { Outcome, Terminal } from './terminal.js'

interface DecryptFlags {
  readonly checksum: string
  readonly key?: string
  readonly keyData?: string
  readonly config?: string
  readonly pluginVersion?: string
  readonly output?: string
  readonly force?: true
}

const EXAMPLES = `
IVSESSIONKEY and --checksum are session_key and checksum of the update endpoint, ivSessionKey and checksum of \`otaseal capgo encrypt --json\`.
Either form of checksum is read; --plugin-version refuses the one that this plugin refuses.

Keys: --key or --config wins over ${PUBLIC_VARIABLE} (PEM), which wins over ${PUBLIC_FILE}, which wins over capacitor.config.* of the
current folder.

The ZIP appears under its name, or on stdout, only after every check; a refused release leaves no file behind. To stdout it lies in a
temporary file of TMPDIR meanwhile.

Examples:
  $ otaseal capgo decrypt app.zip_encrypted.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key .capgo_key_v2.pub
  $ otaseal capgo decrypt release.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --config capacitor.config.json -o app.zip --json
  $ curl -s "$URL" | otaseal capgo decrypt - "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key key.pub | bsdtar -tf -
`

export function addCapgoDecrypt(capgo: Command, terminal: Terminal): void {
  capgo
    .command('decrypt')
    .summary('check and decrypt such a release')
    .description('Checks and decrypts a release for deployed apps with the Capgo plugin.')
    .argument('<file>', 'the encrypted file, or - for stdin')
    .argument('<ivsessionkey>', 'its session key, as `encrypt` printed it')
    .addOption(single('--checksum <checksum>', 'its checksum, as `encrypt` printed it').makeOptionMandatory())
    .addOption(single('--key <file>', `public key of the app (or ${PUBLIC_VARIABLE}; default: ${PUBLIC_FILE}, or capacitor.config.*)`))
    .addOption(keyDataFlag())
    .addOption(single('--config <file>', 'the public key in this capacitor.config.json, .ts or .js, in place of --key'))
    .addOption(single('--plugin-version <version>', 'version of the plugin that must be able to read it'))
    .addOption(single('-o, --output <file>', 'the ZIP, - for stdout (default: FILE_decrypted.zip)'))
    .option('--force', 'replace an existing file')
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, sessionKey: string, flags: DecryptFlags) => decrypt(file, sessionKey, flags, terminal))
}

async function decrypt(path: string, sessionKey: string, flags: DecryptFlags, terminal: Terminal): Promise<void> {
  refuseKeyData(flags.keyData, PUBLIC_VARIABLE)
  const { checksum, pluginVersion } = flags
  const target: Target = { path: flags.output ?? outputBeside(path, '_decrypted.zip'), force: flags.force === true }
  if (pluginVersion !== undefined) formOfVersion(pluginVersion, '--plugin-version')
  const { key: publicKey, files } = await capgoPublicKey(flags)
  checkTarget(target, [path, ...files], terminal)
  const decrypted = await callFileFunction('decrypting', path, terminal, async (onProgress) =>
    interruptible(async (signal) =>
      decryptCapgoFile(fileInput(path), fileOutput(target), {
        ...{ publicKey, sessionKey, checksum, pluginVersion },
        ...{ overwrite: target.force, onProgress, signal },
      }),
    ),
  )
  await terminal.show(outcomeOf(decrypted, target.path), target.path)
}

function outcomeOf({ sha256, checksumForm, keyId }: CapgoDecryptedFile, filename: string): Outcome {
  return {
    data: { filename, sha256, checksumForm, keyId, checksumMatches: true },
    lines: [
      `checked and decrypted: ${filename === '-' ? 'stdout' : printable(filename)}`,
      ...table([
        ['sha256', sha256],
        ['checksum form', checksumForm],
        ['key id', keyId],
      ]),
    ],
  }
}
