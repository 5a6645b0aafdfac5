import { EnvelopeError, capgoPrivateKey as privatePem, capgoPublicKey as publicPem, readCapgoConfig } from '../capgo.js'
import { keyDataFlag, refuseKeyData } from './capgo-options.js'
import { inFlag } from './capgo-words.js'
import { UsageError } from './errors.js'
import { environment, exactText, keyText } from './key-file.js'
import { keyTexts } from './keys.js'
import { single } from './options.js'
import { exists } from './output.js'
import { naming } from './trust-file.js'
import type { Command } from 'commander'
import type { CapgoConfig } from '../capgo.js'
import type { Terminal } from './terminal.js'

export const PRIVATE_FILE = '.capgo_key_v2'
export const PUBLIC_FILE = '.capgo_key_v2.pub'
export const PRIVATE_VARIABLE = 'OTASEAL_CAPGO_PRIVATE_KEY'
export const PUBLIC_VARIABLE = 'OTASEAL_CAPGO_PUBLIC_KEY'

/** As Capacitor looks for them, in its order. */
const CONFIGS = ['capacitor.config.ts', 'capacitor.config.js', 'capacitor.config.json'] as const
/** Bytes; the library reads less of a script. */
const CONFIG_MAX = 1_048_576
const IN_CONFIG = 'plugins.CapacitorUpdater.publicKey'
const MAKER = 'otaseal capgo keygen'

/** A key that was read, as PKCS#1 in PEM. */
export interface KeyFrom {
  readonly key: string
  /** Where it comes from, for people. */
  readonly from: string
  /** Its file, unless it comes from the environment. */
  readonly files: readonly string[]
}

/** Where the app's public key is, for those who check releases. */
export interface PublicKeyFlags {
  readonly key?: string
  readonly keyData?: string
  readonly config?: string
}

export const PUBLIC_KEY_HELP: string = `Keys: --key or --config wins over ${PUBLIC_VARIABLE} (PEM), which wins over ${PUBLIC_FILE}, which wins over
capacitor.config.* of the current folder.`

/** The same, for publishers. */
export interface AppKeyFlags {
  readonly publicKey?: string
  readonly config?: string
}

/**
 * The private key of `--key`, or else of the environment, or else of the file that keygen writes.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`
 */
export async function capgoPrivateKey(file: string | undefined, terminal: Terminal): Promise<KeyFrom> {
  const places = { variable: PRIVATE_VARIABLE, file: PRIVATE_FILE, maker: MAKER }
  const { keys, files } = await keyTexts(file === undefined ? undefined : [file], places, terminal)
  const from = files[0] ?? PRIVATE_VARIABLE
  return { key: await naming(from, async () => privatePem(keys[0] as string)), from, files }
}

/** `usual` is what happens without them, in words. */
export function addPublicKeyFlags(command: Command, usual = `${PUBLIC_FILE}, or capacitor.config.*`): Command {
  const environment = usual === 'none' ? '' : `or ${PUBLIC_VARIABLE}; `
  return command
    .addOption(single('--key <file>', `public key of the app (${environment}default: ${usual})`))
    .addOption(keyDataFlag())
    .addOption(single('--config <file>', 'the public key in this capacitor.config.json, .ts or .js, in place of --key'))
}

/**
 * The public key of `--key` or `--config`, or else of the environment, of the file that keygen writes, or of the app's configuration.
 *
 * @throws FileError, UsageError, EnvelopeError
 */
export async function capgoPublicKey(flags: PublicKeyFlags): Promise<KeyFrom> {
  const named = await namedPublicKey(flags)
  if (named !== undefined) return named
  const text = environment(PUBLIC_VARIABLE)
  if (text !== undefined) return publicKeyFrom(text, PUBLIC_VARIABLE, [])
  if (exists(PUBLIC_FILE)) return fileKey(PUBLIC_FILE, '--key')
  const found = CONFIGS.find(exists)
  if (found !== undefined) return configKey(found)
  throw new UsageError(`no public key: pass --key FILE or --config FILE, or set ${PUBLIC_VARIABLE}`)
}

/**
 * The public key of `--key` or `--config`; `undefined` where there is neither.
 *
 * @throws FileError, UsageError, EnvelopeError
 */
export async function namedPublicKey({ key, keyData, config }: PublicKeyFlags): Promise<KeyFrom | undefined> {
  refuseKeyData(keyData, PUBLIC_VARIABLE)
  if (key !== undefined && config !== undefined) throw new UsageError('pass one of --key and --config')
  if (key !== undefined) return fileKey(key, '--key')
  return config === undefined ? undefined : configKey(config)
}

export function addAppKeyFlags(command: Command): Command {
  return command
    .addOption(single('--public-key <file>', 'public key of the app, which the private key must belong to'))
    .addOption(single('--config <file>', `the same as ${IN_CONFIG} of this configuration (default: capacitor.config.* of the current folder)`))
}

/**
 * The public key of the app, as far as it can be found; what is not found is told, unless it was asked for.
 *
 * @throws FileError, UsageError, EnvelopeError
 */
export async function appKey({ publicKey, config }: AppKeyFlags, terminal: Terminal): Promise<KeyFrom | undefined> {
  if (publicKey !== undefined && config !== undefined) throw new UsageError('pass one of --public-key and --config')
  if (publicKey !== undefined) return fileKey(publicKey, '--public-key')
  if (config !== undefined) return checkedForm(await textInConfig(config, '--public-key'), config, terminal)
  const unchecked = 'so nobody checks that the private key belongs to the app: pass --public-key FILE to check it'
  const found = CONFIGS.find(exists)
  if (found === undefined) {
    terminal.note(`there is no capacitor.config here, ${unchecked}`)
    return undefined
  }
  const text = await textInConfig(found).catch((error: unknown) => {
    if (!(error instanceof EnvelopeError)) throw error
    terminal.warn(`${error.message}; ${unchecked}`)
    return undefined
  })
  return text === undefined ? undefined : checkedForm(text, found, terminal)
}

/** Publishers are warned of a key that works here, and not in apps. */
async function checkedForm(text: string, path: string, terminal: Terminal): Promise<KeyFrom> {
  const key = await publicKeyFrom(text, path, [path])
  if (!/^\s*-----BEGIN RSA PUBLIC KEY-----/.test(text)) {
    terminal.warn(`the public key in ${path} is not in the form that the plugin reads, PKCS#1 ("BEGIN RSA PUBLIC KEY"): Android apps crash with it at their start`)
  }
  return key
}

/**
 * A configuration, and what it says; `flag` takes the public key in its place.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key` where it can't be told without running it
 */
export async function readConfig(path: string, flag?: string): Promise<{ readonly text: string; readonly config: CapgoConfig }> {
  const text = await exactText(path, '--config', 'pass the name of capacitor.config.json, .ts or .js', CONFIG_MAX)
  try {
    return { text, config: readCapgoConfig(text, path) }
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    throw new EnvelopeError(error.code, `${path}: ${inFlag(error.message, flag)}`, { cause: error })
  }
}

/** The public key in a configuration as it stands. */
async function textInConfig(path: string, flag?: string): Promise<string> {
  const { publicKey } = (await readConfig(path, flag)).config
  if (publicKey !== undefined) return publicKey
  throw new EnvelopeError('bad-key', `${path} has no public key (${IN_CONFIG}), so apps that are built with it take no encrypted release`)
}

async function configKey(path: string): Promise<KeyFrom> {
  return publicKeyFrom(await textInConfig(path, '--key'), path, [path])
}

async function fileKey(file: string, flag: string): Promise<KeyFrom> {
  return publicKeyFrom(await keyText(file, flag, `pass the public key, for example ${PUBLIC_FILE}`), file, [file])
}

async function publicKeyFrom(text: string, from: string, files: readonly string[]): Promise<KeyFrom> {
  return { key: await naming(from, async () => publicPem(text)), from, files }
}
