import { decryptCapgoFile } from '../node.js'
import { outputBeside } from './bundle.js'
import { PUBLIC_KEY_HELP, addPublicKeyFlags, capgoPublicKey } from './capgo-keys.js'
import { addRelease, capgoJsonFlag } from './capgo-options.js'
import { pluginForm } from './capgo-version.js'
import { callFileFunction } from './file-call.js'
import { fileInput } from './input.js'
import { interruptible } from './interrupt.js'
import { single } from './options.js'
import { checkTarget, fileOutput } from './output.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { CapgoDecryptedFile } from '../node.js'
import type { PublicKeyFlags } from './capgo-keys.js'
import type { PluginFlags } from './capgo-version.js'
import type { Target } from './output.js'
import type { Outcome, Terminal } from './terminal.js'

interface DecryptFlags extends PublicKeyFlags, Omit<PluginFlags, 'checksumForm'> {
  readonly checksum: string
  readonly output?: string
  readonly force?: true
}

const EXAMPLES = `
IVSESSIONKEY and --checksum are session_key and checksum of the update endpoint, ivSessionKey and checksum of \`otaseal capgo encrypt --json\`.
Either form of checksum is read; --plugin-version refuses the one that this plugin refuses.

${PUBLIC_KEY_HELP}

The ZIP appears under its name, or on stdout, only after every check; a refused release leaves no file behind. To stdout it lies in a
temporary file of TMPDIR meanwhile. A run that is killed outright (SIGKILL, a power cut) leaves its temporary file, .otaseal-*.tmp beside the
output or in TMPDIR, with a ZIP that may be unchecked: delete it.

Examples:
  $ otaseal capgo decrypt app.zip_encrypted.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key .capgo_key_v2.pub
  $ otaseal capgo decrypt release.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --config capacitor.config.json -o app.zip --json
  $ curl -s "$URL" | otaseal capgo decrypt - "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key key.pub | bsdtar -tf -
`

export function addCapgoDecrypt(capgo: Command, terminal: Terminal): void {
  const command = capgo
    .command('decrypt')
    .summary('check and decrypt such a release')
    .description('Checks and decrypts a release for deployed apps with the Capgo plugin.')
  addPublicKeyFlags(addRelease(command))
    .addOption(single('--plugin-version <version>', 'version of the plugin that must be able to read it'))
    .addOption(single('--package-json <file>', 'the same, of the version in node_modules, from the folder of this package.json on; several with commas between them'))
    .addOption(single('-o, --output <file>', 'the ZIP, - for stdout (default: FILE_decrypted.zip)'))
    .option('--force', 'replace an existing file')
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, sessionKey: string, flags: DecryptFlags) => decrypt(file, sessionKey, flags, terminal))
}

async function decrypt(path: string, sessionKey: string, flags: DecryptFlags, terminal: Terminal): Promise<void> {
  const { checksum } = flags
  const target: Target = { path: flags.output ?? outputBeside(path, '_decrypted.zip'), force: flags.force === true }
  const isNamed = flags.pluginVersion !== undefined || flags.packageJson !== undefined
  // All of them read one form.
  const [pluginVersion] = isNamed ? (await pluginForm(flags, terminal, false)).pluginVersions : []
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
