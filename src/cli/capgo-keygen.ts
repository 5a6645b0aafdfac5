import { EnvelopeError, capgoKeyId, generateCapgoKeyPair, writeCapgoConfig } from '../capgo.js'
import { FileError, UsageError } from './errors.js'
import { PRIVATE_FILE, PRIVATE_VARIABLE, readConfig } from './capgo-keys.js'
import { capgoJsonFlag } from './capgo-options.js'
import { refuseExisting, writeAll } from './keygen.js'
import { single } from './options.js'
import { printable, table } from './text.js'
import { naming, replaceTextUntil } from './trust-file.js'
import type { Command } from 'commander'
import type { CapgoConfig, CapgoKeyPair } from '../capgo.js'
import type { Outcome, Terminal } from './terminal.js'

interface KeygenFlags {
  readonly output?: string
  readonly config?: string
  readonly force?: true
}

/** The configuration of the app that is to get the public key. */
interface AppConfig {
  readonly path: string
  readonly text: string
  /** A script is not edited. */
  readonly isJson: boolean
}

const NOTHING_KNOWN: CapgoConfig = { hasPrivateKey: false }
const EXAMPLES = `
The app gets the public key with its next release in the store. Until then, and wherever it has another public key, it takes none of the
releases that the new private key signs: a public key that is in the configuration already is replaced only with --force.
In capacitor.config.json all else stays as it is. What to paste into a capacitor.config.ts or .js is printed, not written.

Examples:
  $ otaseal capgo keygen                                   ${PRIVATE_FILE} and ${PRIVATE_FILE}.pub
  $ otaseal capgo keygen --config capacitor.config.json    the public key written into the configuration as well
  $ otaseal capgo keygen -o keys/capgo --json
`

export function addCapgoKeygen(capgo: Command, terminal: Terminal): void {
  capgo
    .command('keygen')
    .summary('make a key pair for deployed apps')
    .description('Makes an RSA-2048 key pair as deployed Capgo plugins and the Capgo CLI read it. Never overwrites a key file.')
    .addOption(single('-o, --output <file>', `private file; the public one is FILE.pub (default: ${PRIVATE_FILE})`))
    .addOption(single('--config <file>', 'write the public key into this capacitor.config.json, or print it for a .ts or .js'))
    .option('--force', 'replace a public key that is in the configuration already')
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: KeygenFlags) => terminal.show(await keygen(flags, terminal)))
}

async function keygen(flags: KeygenFlags, terminal: Terminal): Promise<Outcome> {
  const { output = PRIVATE_FILE, config: configPath } = flags
  const force = flags.force === true
  const publicPath = `${output}.pub`
  if (output === '-') throw new UsageError('keys are written to files only: pass -o FILE')
  if (force && configPath === undefined) throw new UsageError('--force replaces the public key in a configuration, and never a key file: pass --config FILE, or leave it out')
  refuseExisting(output, publicPath)
  const config = configPath === undefined ? undefined : await configFor(configPath, force, terminal)
  const pair = await generateCapgoKeyPair()
  const text = config?.isJson === true ? await naming(config.path, async () => writeCapgoConfig(config.text, pair.publicKey)) : undefined
  const files = [
    { path: output, text: pair.privateKey, mode: 0o600 },
    { path: publicPath, text: pair.publicKey, mode: 0o644 },
  ]
  await writeAll(files, async (signal) => {
    if (config !== undefined && text !== undefined) await replaceTextUntil(signal, config, text)
  })
  return outcomeOf(pair, output, publicPath, config)
}

/** Reads the configuration before anything is made. */
async function configFor(path: string, force: boolean, terminal: Terminal): Promise<AppConfig> {
  const isJson = /\.json$/i.test(path)
  const { text, config } = await readConfig(path).catch((error: unknown) => {
    if (isJson || !(error instanceof EnvelopeError)) throw error
    terminal.warn(`${error.message}; if it has a public key, installed apps hold that one`)
    return { text: '', config: NOTHING_KNOWN }
  })
  if (config.hasPrivateKey) terminal.warn(`${path} has the private key of the older format V1, which belongs in no app: remove plugins.CapacitorUpdater.privateKey`)
  if (config.publicKey === undefined) return { path, text, isJson }
  const held = `${path} has a public key already${idOf(config.publicKey)}, and apps that hold it take no release of a new key until they are updated in the store`
  if (!force) throw new FileError(`${held}: pass --force to replace it, or leave --config out`)
  terminal.warn(`${held}: keep its private key for their releases`)
  return { path, text, isJson }
}

/** What is there may be no key at all. */
function idOf(publicKey: string): string {
  try {
    return ` (key id ${capgoKeyId(publicKey)})`
  } catch {
    return ''
  }
}

function outcomeOf({ keyId, publicKey }: CapgoKeyPair, path: string, publicPath: string, config: AppConfig | undefined): Outcome {
  return {
    data: {
      ...{ keyId, privateKeyFile: path, publicKeyFile: publicPath },
      ...(config !== undefined && { configFile: config.path, configWritten: config.isJson }),
    },
    lines: [
      `RSA-2048 key pair for Capgo plugins, key id ${keyId}`,
      ...table([
        [path, `private: signs releases; for \`otaseal capgo encrypt\`, or as ${PRIVATE_VARIABLE} in CI`],
        [publicPath, 'public: belongs into the app, as plugins.CapacitorUpdater.publicKey'],
        ...(config?.isJson === true ? [[config.path, 'has the public key now: run `npx cap sync`, and release the app'] as const] : []),
      ]),
      ...(config?.isJson === false ? pasteLines(config, publicKey) : []),
      'Keep the private key out of version control and out of bundles, and keep a copy of it in a safe place.',
    ],
  }
}

function pasteLines({ path }: AppConfig, publicKey: string): readonly string[] {
  return [printable(`Paste this into plugins.CapacitorUpdater of ${path}:`), `  publicKey: ${JSON.stringify(publicKey)},`]
}
