import { identifyRelease } from '../capgo.js'
import { addPublicKeyFlags, namedPublicKey } from './capgo-keys.js'
import { capgoJsonFlag } from './capgo-options.js'
import { inCommands } from './capgo-words.js'
import { UsageError } from './errors.js'
import { inputPieces, startOf } from './input.js'
import { single } from './options.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { CapgoIdentity, CapgoKind } from '../capgo.js'
import type { PublicKeyFlags } from './capgo-keys.js'
import type { Outcome, Terminal } from './terminal.js'

interface IdentifyFlags extends PublicKeyFlags {
  readonly sessionKey?: string
  readonly checksum?: string
}

/** Bytes that tell one kind of file from another. */
const START = 64

const kinds: Readonly<Record<CapgoKind, string>> = {
  otaseal: 'an envelope of otaseal',
  'capgo-v2': 'a release for Capgo plugins, format V2',
  'capgo-v1': 'a release for Capgo plugins, format V1',
  zip: 'a ZIP file that is not encrypted',
  unknown: 'unknown',
}

const EXAMPLES = `
Looks at the first bytes of the file and at the form of the texts. The file of a Capgo release has no mark of its own: what it is shows in its
session key and checksum, and by whom it is in these with --key alone. Nothing is decrypted: \`otaseal capgo check\` does that.

Exit code 0 whatever it is, also where it is unknown: --json has the field kind, one of ${Object.keys(kinds).join(', ')};
besides checksumForm where it can be told, isSigned, and advice.

Examples:
  $ otaseal capgo identify update.zip
  $ otaseal capgo identify update.zip --session-key "$SESSION_KEY" --checksum "$CHECKSUM" --key .capgo_key_v2.pub --json
`

export function addCapgoIdentify(capgo: Command, terminal: Terminal): void {
  const command = capgo
    .command('identify')
    .summary('say what kind of release something is')
    .description('Says what kind of release something is, and what to do with it.')
    .argument('[file]', 'a file, or - for stdin')
    .addOption(single('--session-key <key>', 'its session_key, ivSessionKey of the Capgo CLI'))
    .addOption(single('--checksum <checksum>', 'its checksum'))
  addPublicKeyFlags(command, 'none')
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, flags: IdentifyFlags) => identify(file, flags, terminal))
}

async function identify(path: string | undefined, flags: IdentifyFlags, terminal: Terminal): Promise<void> {
  const { sessionKey, checksum } = flags
  if (path === undefined && sessionKey === undefined && checksum === undefined) throw new UsageError('there is nothing to identify: pass a file, --session-key or --checksum')
  const publicKey = (await namedPublicKey(flags))?.key
  const payload = path === undefined ? undefined : await firstBytes(path)
  await terminal.show(outcomeOf(path, await identifyRelease({ payload, sessionKey, checksum, publicKey })))
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const pieces = inputPieces(path)
  return startOf(pieces, START).finally(async () => pieces.return())
}

function outcomeOf(path: string | undefined, identity: CapgoIdentity): Outcome {
  const { kind, checksumForm, isSigned } = identity
  const advice = inCommands(identity.advice)
  return {
    data: { ...(path !== undefined && { file: path }), ...identity, advice },
    lines: [
      `${kinds[kind]}${path === undefined ? '' : `: ${path === '-' ? 'stdin' : printable(path)}`}`,
      ...table([
        ...(checksumForm === undefined ? [] : [['checksum form', checksumForm] as const]),
        ...(kind === 'capgo-v2' ? [['signed', isSigned ? 'yes, by this key' : 'not known, or not by this key'] as const] : []),
        ['advice', advice],
      ]),
    ],
  }
}
