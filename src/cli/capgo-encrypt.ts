import { createHash } from 'node:crypto'
import { InvalidArgumentError } from 'commander'
import { EnvelopeError, checkCapgoKeyPair } from '../capgo.js'
import { encryptFileForCapgo } from '../node.js'
import { bundleAt, bundlePieces, checkBundle, outputBeside } from './bundle.js'
import { checkManifestFolder, encryptWithFiles } from './capgo-manifest.js'
import { PRIVATE_FILE, PRIVATE_VARIABLE, addAppKeyFlags, appKey, capgoPrivateKey } from './capgo-keys.js'
import { capgoJsonFlag, keyDataFlag, refuseKeyData } from './capgo-options.js'
import { spooled } from './capgo-spool.js'
import { addPluginFlags, pluginForm } from './capgo-version.js'
import { callFileFunction } from './file-call.js'
import { inputName, startOf, streamOf, withStart } from './input.js'
import { interruptible } from './interrupt.js'
import { single } from './options.js'
import { checkTarget, fileOutput } from './output.js'
import { printable, sizeText, table } from './text.js'
import { naming } from './trust-file.js'
import type { Command } from 'commander'
import type { CapgoEncryptedFile, FileOutput } from '../node.js'
import type { Bundle } from './bundle.js'
import type { AppKeyFlags } from './capgo-keys.js'
import type { EncryptedWithFiles } from './capgo-manifest.js'
import type { PluginFlags, PluginForm } from './capgo-version.js'
import type { Pieces } from './input.js'
import type { Target } from './output.js'
import type { Outcome, Terminal } from './terminal.js'

interface EncryptFlags extends AppKeyFlags, PluginFlags {
  readonly key?: string
  readonly keyData?: string
  readonly output?: string
  readonly force?: true
  readonly manifest?: string
}

const EXAMPLES = `
A folder is packed as \`otaseal encrypt\` packs it. CHECKSUM is the SHA-256 of FILE, 64 hex digits, as \`npx @capgo/cli bundle zip --json\`
prints it: a file with another is refused. With it, what goes to stdout lies in a temporary file of TMPDIR until it was compared.

Keys: --key wins over ${PRIVATE_VARIABLE} (PEM, also where newlines were lost), which wins over ${PRIVATE_FILE}.
A private key that does not belong to the public key of the app is refused: devices could not read the release.

--manifest makes the delta form besides, of which devices load only the files that changed: the new folder has the encrypted files, and
manifest.json, a list of { file_name, file_hash, file }. Upload the files, and put download_url in the place of file: that is \`manifest\` of the
update endpoint. One session key is for all of it; whoever sees the files sees which begin alike.

The JSON has the fields of \`npx @capgo/cli bundle encrypt --json\`: filename, ivSessionKey (\`session_key\` of the update endpoint), checksum;
besides keyId, checksumForm, size, pluginVersion where the form comes from one version, and manifestFolder and manifestFiles.

Examples:
  $ otaseal capgo encrypt app.zip --plugin-version 8.51.14
  $ otaseal capgo encrypt dist --plugin-version 8.51.14 --config capacitor.config.json -o release.zip --json
  $ otaseal capgo encrypt app.zip "$(sha256sum < app.zip | cut -c-64)" --checksum-form V2 --key keys/capgo --json
`

export function addCapgoEncrypt(capgo: Command, terminal: Terminal): void {
  const command = capgo
    .command('encrypt')
    .summary('encrypt a ZIP for deployed apps')
    .description('Encrypts and signs a ZIP file for deployed apps with the Capgo plugin.')
    .argument('<file>', 'a ZIP file, a folder, or - for stdin')
    .argument('[checksum]', 'its SHA-256 in hex, to be compared', digest)
    .addOption(single('--key <file>', `private key (or ${PRIVATE_VARIABLE}; default: ${PRIVATE_FILE})`))
    .addOption(keyDataFlag())
  addPluginFlags(addAppKeyFlags(command))
    .addOption(single('-o, --output <file>', 'the encrypted file, - for stdout (default: FILE_encrypted.zip)'))
    .option('--force', 'replace an existing file')
    .addOption(single('--manifest <folder>', 'of a folder, encrypt the files one by one too, into this new folder'))
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, checksum: string | undefined, flags: EncryptFlags) => encrypt(file, checksum, flags, terminal))
}

function digest(text: string): string {
  const trimmed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return trimmed.toLowerCase()
  throw new InvalidArgumentError('It must be a SHA-256: 64 hex digits.')
}

async function encrypt(path: string, checksum: string | undefined, flags: EncryptFlags, terminal: Terminal): Promise<void> {
  refuseKeyData(flags.keyData, PRIVATE_VARIABLE)
  const target: Target = { path: flags.output ?? outputBeside(path, '_encrypted.zip'), force: flags.force === true }
  const bundle = await bundleAt(path)
  const form = await pluginForm(flags, terminal)
  const { key, files: secretFiles } = await capgoPrivateKey(flags.key, terminal)
  const app = await appKey(flags, terminal)
  if (app !== undefined) await naming(app.from, async () => checkCapgoKeyPair(key, app.key))
  checkTarget(target, [...secretFiles, ...(app?.files ?? []), path], terminal)
  await checkBundle(bundle, target, secretFiles)
  if (flags.manifest !== undefined) await checkManifestFolder({ bundle, target, folder: flags.manifest }, form)
  const options = { privateKey: key, checksumForm: form.checksumForm, publicKey: app?.key }
  const encrypted = await callFileFunction('encrypting', path, terminal, async (onProgress) =>
    interruptible(async (signal) => {
      const pieces = withDigest(bundle, checksum, withZipWarning(bundle, terminal, await bundlePieces(bundle, onProgress)))
      const encryptTo = async (output: FileOutput): Promise<CapgoEncryptedFile> =>
        encryptFileForCapgo(streamOf(pieces), output, { ...options, overwrite: target.force, signal })
      if (flags.manifest !== undefined) return encryptWithFiles({ bundle, target, folder: flags.manifest }, encryptTo, { ...form, privateKey: key, signal, terminal })
      if (checksum !== undefined && target.path === '-') return spooled(signal, encryptTo)
      return encryptTo(fileOutput(target))
    }),
  )
  await terminal.show(outcomeOf(encrypted, form, target.path, flags.manifest), target.path)
}

/** Passes on what has the expected SHA-256: before all of it is known to have, it doesn't end. */
async function* withDigest({ path }: Bundle, expected: string | undefined, pieces: Pieces): Pieces {
  if (expected === undefined) return yield* pieces
  const hash = createHash('sha256')
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  const found = hash.digest('hex')
  if (found === expected) return
  throw new EnvelopeError('bad-checksum', `${inputName(path)} has the SHA-256 ${found}, which is not CHECKSUM: it was changed meanwhile, or CHECKSUM is of another file; nothing is written`)
}

/** Devices unpack nothing but ZIP files. */
async function* withZipWarning({ path }: Bundle, terminal: Terminal, pieces: Pieces): Pieces {
  const start = await startOf(pieces, 4)
  if (start.length > 0 && Buffer.from(start).toString('latin1', 0, 2) !== 'PK') terminal.warn(`${inputName(path)} is no ZIP file, and devices unpack nothing else`)
  yield* withStart(start, pieces)
}

function outcomeOf(encrypted: CapgoEncryptedFile | EncryptedWithFiles, { pluginVersions }: PluginForm, filename: string, folder?: string): Outcome {
  const { sessionKey, checksum, checksumForm, keyId, size } = encrypted
  const files = 'files' in encrypted ? encrypted.files : undefined
  const [pluginVersion, ...others] = pluginVersions
  return {
    data: {
      ...{ filename, ivSessionKey: sessionKey, checksum, keyId, checksumForm },
      ...(pluginVersion !== undefined && others.length === 0 && { pluginVersion }),
      size,
      ...(files !== undefined && { manifestFolder: folder, manifestFiles: files }),
    },
    lines: [
      `encrypted and signed: ${filename === '-' ? 'stdout' : printable(filename)}`,
      ...table([
        ['ivSessionKey', sessionKey],
        ['checksum', checksum],
        ['checksum form', pluginVersion === undefined ? checksumForm : `${checksumForm}, for plugin ${pluginVersions.join(', ')}`],
        ['key id', keyId],
        ['size', sizeText(size)],
        ...(files === undefined ? [] : [['manifest', `${files} ${files === 1 ? 'file' : 'files'} in ${folder ?? ''}`] as const]),
      ]),
    ],
  }
}
