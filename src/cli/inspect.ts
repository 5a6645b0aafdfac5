import { EnvelopeError, decodeHead, publicJwk, splitEnvelope } from '../index.js'
import { verifyFile } from '../node.js'
import { UsageError, failureOf } from './errors.js'
import { callFileFunction } from './file-call.js'
import { headerData, headerRows, signerRows } from './header-view.js'
import { inputPieces, startOf, statInput, streamOf, withStart } from './input.js'
import { jsonFlag } from './options.js'
import { addPolicyFlags, readPolicy } from './policy.js'
import { printable, sizeText, table } from './text.js'
import { scopeText, validityText } from './trust-view.js'
import type { Command } from 'commander'
import type { DecodedHead, DecodedLink, DeviceOptions } from '../index.js'
import type { Pieces } from './input.js'
import type { PolicyFlags } from './policy.js'
import type { Outcome, Terminal } from './terminal.js'

const EXAMPLES = `
Without --key nothing is verified, and everything shown may be forged. With it all of the envelope must pass the checks
of \`verify\`, and "signed by" names the trusted keys whose signatures counted; signatures, readers and links are shown as the head
has them, whether or not they count. Prints JSON where stdout is no terminal.

Examples:
  $ otaseal inspect dist.zip.otaseal
  $ otaseal inspect dist.zip.otaseal --key .otaseal_key.pub --app com.example.app
`
const NO_KEY = 'NOT VERIFIED: no key was given, and everything shown may be forged; pass --key PUBLIC_KEY to verify it'

/** More than what comes before the payload ever takes. */
const START = 2 ** 19

/** An envelope taken apart, believed by nobody. */
interface Sight {
  readonly head: DecodedHead
  /** Bytes of payload that are there, as far as that is known. */
  readonly payloadSize: number | undefined
  readonly links: readonly ShownLink[]
}

/** A link for people and programs. */
interface ShownLink extends Omit<DecodedLink, 'key'> {
  /** The kid of the key that may sign; `undefined` for one that no device takes. */
  readonly delegate: string | undefined
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
  const size = await fileSize(path)
  const pieces = inputPieces(path)
  try {
    const start = await startOf(pieces, START)
    const { head, payload } = splitEnvelope(start)
    const decoded = decodeHead(head)
    const links = await Promise.all(decoded.links.map(showLink))
    const sight: Sight = { head: decoded, payloadSize: size && size - start.length + payload.length, links }
    if (policy === undefined) {
      if (terminal.json) terminal.note(NO_KEY)
      const payloadSize = sight.payloadSize ?? payload.length + (await lengthOf(pieces))
      await terminal.show(outcomeOf({ ...sight, payloadSize }, NO_KEY, undefined))
    } else await showVerdict(sight, path, withStart(start, pieces), policy, terminal)
  } finally {
    await pieces.return()
  }
}

async function showVerdict(sight: Sight, path: string, pieces: Pieces, policy: DeviceOptions, terminal: Terminal): Promise<void> {
  try {
    const { header, signers } = await callFileFunction('verifying', path, terminal, async (onProgress) =>
      verifyFile(streamOf(pieces), { ...policy, onProgress }),
    )
    const whole = { ...sight, payloadSize: sight.head.payloadLength }
    await terminal.show(outcomeOf(whole, 'VERIFIED: a trusted key signed this, and all of it is intact', { checksum: header.bundle.checksum, signers }))
  } catch (error) {
    const code = failureOf(error)?.code ?? 'internal'
    if (!terminal.json) await terminal.show(outcomeOf(sight, `NOT VERIFIED: refused (${code})`, undefined))
    throw error
  }
}

async function showLink({ key, ...link }: DecodedLink): Promise<ShownLink> {
  const named = await publicJwk(key).catch((error: unknown) => {
    if (error instanceof EnvelopeError && error.code === 'bad-key') return undefined
    throw error
  })
  return { ...link, delegate: named?.kid }
}

/** `undefined` for what has no size before it is read. */
async function fileSize(path: string): Promise<number | undefined> {
  const stats = path === '-' ? undefined : await statInput(path)
  return stats?.isFile() === true ? stats.size : undefined
}

async function lengthOf(pieces: Pieces): Promise<number> {
  let length = 0
  for await (const piece of pieces) length += piece.length
  return length
}

/** A check that nothing enforces would be believed. */
function refuseIdleFlags(flags: PolicyFlags): void {
  const { app, channel, lastSequence, runtime, type, reader, passphraseFile, clockTolerance } = flags
  if ([app, channel, lastSequence, runtime, type, reader, passphraseFile, clockTolerance].every((value) => value === undefined)) return
  throw new UsageError('nothing can be checked without a trusted key: pass --key FILE, or leave the other flags out')
}

/** What is known only where all is verified. */
interface Proof {
  readonly checksum: string
  readonly signers: readonly string[]
}

function outcomeOf({ head, payloadSize, links }: Sight, notice: string, proof: Proof | undefined): Outcome {
  const { header, signatures, slots, slotAlgorithms, chunks, payloadLength } = head
  const { chunk } = header.body
  const payload = { expected: payloadLength, present: payloadSize }
  return {
    data: {
      ...{ verified: proof !== undefined, notice, ...headerData(header), ...proof, chunk, chunks, payload },
      ...{ signatures, slots, slotAlgorithms, links },
    },
    lines: [
      printable(notice),
      ...table([
        ...headerRows(header),
        ...(proof === undefined ? [] : [['sha256', proof.checksum] as const, ...signerRows(proof.signers)]),
        ['chunks', `${chunks} of ${chunk} bytes`],
        ['payload', payloadSize === payloadLength ? sizeText(payloadSize) : `${payloadSize ?? 'some'} of ${payloadLength} bytes`],
        ...signatures.map(({ alg, kid }) => ['signature', `${alg} ${kid}`] as const),
        ...slots.map((kid, i) => ['reader', kid === undefined ? 'of a kind that this version cannot read' : `${slotAlgorithms[i] ?? ''} ${kid}`] as const),
        ...links.flatMap(linkRows),
      ]),
    ],
  }
}

function linkRows(link: ShownLink): readonly (readonly [string, string])[] {
  const { alg, signer, delegate, maxSequence } = link
  return [
    ['link by', `${alg} ${signer}`],
    ['  lets sign', delegate ?? 'a key that no device takes'],
    ['  validity', validityText(link)],
    ['  scope', `${scopeText(link)}${maxSequence === undefined ? '' : `; up to sequence ${maxSequence}`}`],
  ]
}
