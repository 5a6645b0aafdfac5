import { UsageError } from './errors.js'
import { digits, repeatable, single } from './options.js'
import { passphraseFileFlag } from './passphrase.js'
import { openersOf } from './reader-files.js'
import { trustedOrEnvironment } from './trusted.js'
import type { Command } from 'commander'
import type { DeviceOptions, TrustStore } from '../index.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Terminal } from './terminal.js'

/** What the caller trusts and accepts, as `decrypt`, `verify` and `inspect` take it. */
export interface PolicyFlags extends PassphraseFlags {
  readonly key?: readonly string[]
  readonly app?: string
  readonly channel?: string
  readonly lastSequence?: number
  readonly runtime?: string
  readonly type?: string
  readonly reader?: readonly string[]
  readonly clockTolerance?: number
}

export function addPolicyFlags(command: Command, appIsMandatory: boolean): Command {
  return addManifestPolicyFlags(command, appIsMandatory).addOption(single('--type <media>', 'the media type that it must have'))
}

/** The same for a manifest, whose type is known. */
export function addManifestPolicyFlags(command: Command, appIsMandatory: boolean): Command {
  return command
    .addOption(repeatable('--key <file>', 'trust store, or trusted public key; keys may be repeated, one must have signed (or OTASEAL_PUBLIC_KEY)'))
    .addOption(single('--app <id>', 'the app that it must be for').makeOptionMandatory(appIsMandatory))
    .addOption(single('--channel <channel>', 'the channel that it must be for; left out: not checked'))
    .addOption(single('--last-sequence <n>', 'the installed sequence, which its own must be above; left out: not checked, save minSequence of a trust store', digits))
    .addOption(single('--runtime <runtime>', 'the native runtime that it must be for'))
    .addOption(repeatable('--reader <file>', 'private key or secret of a reader; repeatable, the first that fits is used (or OTASEAL_READER_SECRET)'))
    .addOption(passphraseFileFlag())
    .addOption(single('--clock-tolerance <seconds>', 'by how much the clock may be wrong, for dates (default: 0)', digits))
}

/**
 * The flags as options of the library; `undefined` where no key is given. Tells what will not be checked.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`, `bad-trust-store`, `unsupported`
 */
export async function readPolicy(flags: PolicyFlags, terminal: Terminal): Promise<DeviceOptions | undefined> {
  const trusted = await trustedOrEnvironment(flags.key)
  if (trusted === undefined) return undefined
  const reader = await openersOf(flags.reader, flags, terminal)
  const { app = null, channel = null, lastSequence = null, runtime, type, clockTolerance } = flags
  if (app === null) terminal.note('the app is not checked: pass --app to check it')
  if (channel === null) terminal.note('the channel is not checked: pass --channel to check it')
  if (lastSequence === null) terminal.note(noLastSequence(trusted.store))
  return { trust: trusted.trust, app, channel, lastSequence, runtime, type, reader, clockTolerance }
}

/** A trust store has a floor of its own. */
function noLastSequence(store: TrustStore | undefined): string {
  if (store === undefined) return 'the sequence is not checked, so an older release would pass: pass --last-sequence to check it'
  const { minSequence } = store
  return `the sequence is checked against the trust store's minSequence alone, ${minSequence}, so an older release above it would pass: pass --last-sequence to check it`
}

/** As {@link readPolicy}, where a key must be given. */
export async function requirePolicy(flags: PolicyFlags, terminal: Terminal): Promise<DeviceOptions> {
  const policy = await readPolicy(flags, terminal)
  if (policy === undefined) throw new UsageError('no trusted key: pass --key FILE, or set OTASEAL_PUBLIC_KEY')
  return policy
}
