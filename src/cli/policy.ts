import { UsageError } from './errors.js'
import { environmentSecret, publicKeys, readerSecret } from './keys.js'
import { digits, repeatable, single } from './options.js'
import type { Command } from 'commander'
import type { DeviceOptions } from '../index.js'
import type { Terminal } from './terminal.js'

/** What the caller trusts and accepts, as `decrypt`, `verify` and `inspect` take it. */
export interface PolicyFlags {
  readonly key?: readonly string[]
  readonly app?: string
  readonly channel?: string
  readonly lastSequence?: number
  readonly runtime?: string
  readonly type?: string
  readonly reader?: string
}

export function addPolicyFlags(command: Command, appIsMandatory: boolean): Command {
  return command
    .addOption(repeatable('--key <file>', 'trusted public key; repeatable, one of them must have signed (or OTASEAL_PUBLIC_KEY)'))
    .addOption(single('--app <id>', 'the app that it must be for').makeOptionMandatory(appIsMandatory))
    .addOption(single('--channel <channel>', 'the channel that it must be for; left out: not checked'))
    .addOption(single('--last-sequence <n>', 'the installed sequence, which its own must be above; left out: not checked', digits))
    .addOption(single('--runtime <runtime>', 'the native runtime that it must be for'))
    .addOption(single('--type <media>', 'the media type that it must have'))
    .addOption(single('--reader <file>', 'reader secret, where it was encrypted for one (or OTASEAL_READER_SECRET)'))
}

/**
 * The flags as options of the library; `undefined` where no key is given. Tells what will not be checked.
 *
 * @throws FileError, UsageError, EnvelopeError `bad-key`
 */
export async function readPolicy(flags: PolicyFlags, terminal: Terminal): Promise<DeviceOptions | undefined> {
  const trust = await publicKeys(flags.key)
  if (trust === undefined) return undefined
  const reader = flags.reader === undefined ? environmentSecret() : await readerSecret(flags.reader, terminal)
  const { app = null, channel = null, lastSequence = null, runtime, type } = flags
  if (app === null) terminal.note('the app is not checked: pass --app to check it')
  if (channel === null) terminal.note('the channel is not checked: pass --channel to check it')
  if (lastSequence === null) terminal.note('the sequence is not checked, so an older release would pass: pass --last-sequence to check it')
  return { trust, app, channel, lastSequence, runtime, type, reader }
}

/** As {@link readPolicy}, where a key must be given. */
export async function requirePolicy(flags: PolicyFlags, terminal: Terminal): Promise<DeviceOptions> {
  const policy = await readPolicy(flags, terminal)
  if (policy === undefined) throw new UsageError('no trusted key: pass --key FILE, or set OTASEAL_PUBLIC_KEY')
  return policy
}
