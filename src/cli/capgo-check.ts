import { checkCapgoRelease } from '../capgo.js'
import { PUBLIC_KEY_HELP, addPublicKeyFlags, capgoPublicKey } from './capgo-keys.js'
import { addRelease, capgoJsonFlag } from './capgo-options.js'
import { inCommands } from './capgo-words.js'
import { FileError, ShownError, UsageError } from './errors.js'
import { callFileFunction } from './file-call.js'
import { counted, inputName, inputPieces, statInput, streamOf } from './input.js'
import { keyText } from './key-file.js'
import { repeatable, single } from './options.js'
import { tally } from './progress.js'
import { printable, table } from './text.js'
import type { Command } from 'commander'
import type { CapgoCheckOptions, CapgoManifestEntry, CapgoNote, CapgoReport } from '../capgo.js'
import type { PublicKeyFlags } from './capgo-keys.js'
import type { Outcome, Terminal } from './terminal.js'

interface CheckFlags extends PublicKeyFlags {
  readonly checksum: string
  readonly keyId?: string
  readonly pluginVersion?: readonly string[]
  readonly manifest?: string
  readonly previous?: readonly string[]
}

type Earlier = NonNullable<CapgoCheckOptions['previous']>[number]

/** Bytes of a list of files or releases. */
const LIST_MAX = 2 ** 26

const EXAMPLES = `
Problems are what devices would refuse, or what nobody should publish: exit code 1. Warnings are what devices accept, since the format can't
rule it out: exit code 0. With --json both are lists of { code, message }, beside sha256, checksumForm and keyId.

--manifest is a list of { file_name, file_hash, download_url }, or an answer of the update endpoint that has one. What its addresses hold is
not fetched. --previous is what \`otaseal capgo encrypt --json\` printed for an earlier release, or a list of such; session_key of the update
endpoint is read as well, and may be missing: one that was not encrypted is passed over.

${PUBLIC_KEY_HELP}

Examples:
  $ otaseal capgo check app.zip_encrypted.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --plugin-version 8.51.14
  $ otaseal capgo check release.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key app.pub --plugin-version 7.29.0 --plugin-version 7.42.0 \\
      --previous releases.json --json
`

export function addCapgoCheck(capgo: Command, terminal: Terminal): void {
  const command = capgo
    .command('check')
    .summary('check such a release before it is published')
    .description('Checks a release for deployed apps with the Capgo plugin before it is published, and writes nothing.')
  addPublicKeyFlags(addRelease(command))
    .addOption(single('--key-id <id>', 'the key id that the publisher names'))
    .addOption(repeatable('--plugin-version <version>', 'version of the plugin that must be able to read it; repeatable'))
    .addOption(single('--manifest <file>', 'the same release file by file, as JSON'))
    .addOption(repeatable('--previous <file>', 'an earlier release or a list of them, as JSON; repeatable'))
    .addOption(capgoJsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, sessionKey: string, flags: CheckFlags) => check(file, sessionKey, flags, terminal))
}

async function check(path: string, sessionKey: string, flags: CheckFlags, terminal: Terminal): Promise<void> {
  const { checksum, keyId, pluginVersion: pluginVersions } = flags
  const { key: publicKey } = await capgoPublicKey(flags)
  const manifest = flags.manifest === undefined ? undefined : manifestIn(await jsonOf(flags.manifest, '--manifest'), flags.manifest)
  const previous: Earlier[] = []
  for (const file of flags.previous ?? []) previous.push(...releasesIn(await jsonOf(file, '--previous'), file))
  if (pluginVersions === undefined) terminal.note('whether the apps can read its checksum is not checked: pass --plugin-version to check it')
  const stats = path === '-' ? undefined : await statInput(path)
  const report = await callFileFunction('checking', path, terminal, async (onProgress) => {
    const payload = streamOf(counted(inputPieces(path), tally(stats?.isFile() === true ? stats.size : Infinity, onProgress)))
    return checkCapgoRelease({ payload, sessionKey, checksum, keyId, manifest }, { publicKey, pluginVersions, previous })
  })
  const [first] = report.problems
  const failure = first && new ShownError(first.code, `${inputName(path)} must not be published: ${inCommands(first.message)}${andMore(report)}`)
  await terminal.show(outcomeOf(path, report, failure))
  if (failure !== undefined) throw failure
}

function andMore({ problems }: CapgoReport): string {
  return problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
}

async function jsonOf(file: string, flag: string): Promise<unknown> {
  const text = await keyText(file, flag, 'pass the name of a JSON file', LIST_MAX)
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw new FileError(`${file} is not JSON: ${flag} takes what \`otaseal capgo check --help\` says`)
  }
}

/** What is no list is the library's to judge, but for what it takes for none at all. */
function manifestIn(value: unknown, file: string): readonly CapgoManifestEntry[] {
  const inner = typeof value === 'object' && value !== null && 'manifest' in value ? value.manifest : value
  if (inner === null) throw new UsageError(`${file} holds no list of files: --manifest takes a list of { file_name, file_hash, download_url }, or an answer that has one`)
  return inner as readonly CapgoManifestEntry[]
}

function releasesIn(value: unknown, file: string): readonly Earlier[] {
  return (Array.isArray(value) ? value : [value]).map((release: unknown) => {
    const { ivSessionKey, session_key, sessionKey: spelt, checksum } = membersOf(release)
    const sessionKey = ivSessionKey ?? session_key ?? spelt
    if (isText(sessionKey) && isText(checksum) && (sessionKey ?? checksum) !== undefined) return { sessionKey, checksum }
    throw new FileError(`${file} holds something that is no release: one has checksum, and ivSessionKey (or session_key) if it is encrypted`)
  })
}

/** As text or, of a release that is not encrypted, as nothing. */
function isText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function outcomeOf(path: string, { ok, problems, warnings, ...found }: CapgoReport, failure: ShownError | undefined): Outcome {
  const notes = { problems: problems.map(inWords), warnings: warnings.map(inWords) }
  const { sha256, checksumForm, keyId } = found
  const error = failure && { code: failure.code, message: failure.message }
  return {
    data: { ok, ...(error !== undefined && { error }), file: path, ...notes, ...found },
    lines: [
      `${ok ? 'no problem found' : 'NOT TO BE PUBLISHED'}: ${printable(inputName(path))}`,
      ...table([
        ...notes.problems.map(({ code, message }) => [`problem`, `${code}: ${message}`] as const),
        ...notes.warnings.map(({ code, message }) => ['warning', `${code}: ${message}`] as const),
        ...(sha256 === undefined ? [] : [['sha256', sha256] as const]),
        ...(checksumForm === undefined ? [] : [['checksum form', checksumForm] as const]),
        ['key id', keyId],
      ]),
    ],
  }
}

function inWords({ code, message }: CapgoNote): CapgoNote {
  return { code, message: inCommands(message) }
}
