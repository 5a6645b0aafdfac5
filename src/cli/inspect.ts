import { decodeHead, splitEnvelope } from '../index.js'
import { UsageError, failureOf } from './errors.js'
import { headerData, headerRows } from './header-view.js'
import { readInput } from './input.js'
import { openAll } from './open.js'
import { jsonFlag } from './options.js'
import { addPolicyFlags, readPolicy } from './policy.js'
import { printable, sizeText, table } from './text.js'
import type { Command } from 'commander'
import type { DecodedHead } from '../index.js'
import type { PolicyFlags } from './policy.js'
import type { Outcome, Terminal } from './terminal.js'

const EXAMPLES = `
Without --key nothing is verified, and everything shown may be forged. With it all of the envelope must pass the checks
of \`verify\`. Prints JSON where stdout is no terminal.

Examples:
  $ otaseal inspect dist.zip.otaseal
  $ otaseal inspect dist.zip.otaseal --key .otaseal_key.pub --app com.example.app
`
const NO_KEY = 'NOT VERIFIED: no key was given, and everything shown may be forged; pass --key PUBLIC_KEY to verify it'

/** An envelope taken apart, believed by nobody. */
interface Sight {
  readonly head: DecodedHead
  /** Bytes of payload that are there. */
  readonly payloadSize: number
}

export function addInspect(program: Command, terminal: Terminal): void {
  const command = program
    .command('inspect')
    .summary('show what an envelope says of itself')
    .description('Shows the head of an envelope.')
    .argument('<envelope>', 'a file, or - for stdin')
  addPolicyFlags(command, false)
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (envelope: string, flags: PolicyFlags) => inspect(envelope, flags, terminal))
}

async function inspect(path: string, flags: PolicyFlags, terminal: Terminal): Promise<void> {
  const policy = await readPolicy(flags, terminal)
  if (policy === undefined) refuseIdleFlags(flags)
  const envelope = await readInput(path)
  const { head, payload } = splitEnvelope(envelope)
  const sight: Sight = { head: decodeHead(head), payloadSize: payload.length }
  if (policy === undefined) {
    if (terminal.json) terminal.note(NO_KEY)
    await terminal.show(outcomeOf(sight, NO_KEY, undefined))
    return
  }
  try {
    const { header } = await openAll(envelope, policy, 'verifying', terminal)
    await terminal.show(outcomeOf(sight, 'VERIFIED: a trusted key signed this, and all of it is intact', header.bundle.checksum))
  } catch (error) {
    const code = failureOf(error)?.code ?? 'internal'
    if (!terminal.json) await terminal.show(outcomeOf(sight, `NOT VERIFIED: refused (${code})`, undefined))
    throw error
  }
}

/** A check that nothing enforces would be believed. */
function refuseIdleFlags(flags: PolicyFlags): void {
  const { app, channel, lastSequence, runtime, type, reader } = flags
  if ([app, channel, lastSequence, runtime, type, reader].every((value) => value === undefined)) return
  throw new UsageError('nothing can be checked without a trusted key: pass --key FILE, or leave the other flags out')
}

/** `checksum` is known only where all is verified. */
function outcomeOf({ head, payloadSize }: Sight, notice: string, checksum: string | undefined): Outcome {
  const { header, signatures, slots, chunks, payloadLength } = head
  const { chunk } = header.body
  const payload = { expected: payloadLength, present: payloadSize }
  return {
    data: { verified: checksum !== undefined, notice, ...headerData(header), checksum, chunk, chunks, payload, signatures, slots },
    lines: [
      printable(notice),
      ...table([
        ...headerRows(header),
        ...(checksum === undefined ? [] : [['sha256', checksum] as const]),
        ['chunks', `${chunks} of ${chunk} bytes`],
        ['payload', payloadSize === payloadLength ? sizeText(payloadSize) : `${payloadSize} of ${payloadLength} bytes`],
        ...signatures.map(({ alg, kid }) => ['signature', `${alg} ${kid}`] as const),
        ...slots.map((kid) => ['reader', kid ?? 'of a kind that this version cannot read'] as const),
      ]),
    ],
  }
}
