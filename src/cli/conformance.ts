import { InvalidArgumentError } from 'commander'
import { runVectors } from './conformance-run.js'
import { chooseVectors } from './conformance-vectors.js'
import { outcomeOf } from './conformance-view.js'
import { ShownError } from './errors.js'
import { interruptible } from './interrupt.js'
import { digits, jsonFlag, repeatable, single } from './options.js'
import { createBar } from './progress.js'
import { version } from './version.js'
import type { Command } from 'commander'
import type { Terminal } from './terminal.js'

interface ConformanceFlags {
  readonly command: string
  readonly vectors?: readonly string[]
  readonly family?: readonly string[]
  readonly timeout?: number
}

const TIMEOUT = 30
const TIMEOUT_MAX = 86_400

const EXAMPLES = `
The shell runs the command once. For each vector it gets one line of JSON on its stdin, {"operation", "input", "options"}, and must
print one: {"output"} where it accepts, {"code", "output"} where it refuses, bytes in base64url. docs/conformance.md has the rest.
Exit code 0 where all vectors pass, 1 where any fails.

Examples:
  $ otaseal conformance --command "java Reader"
  $ otaseal conformance --command "python3 reader.py" --family envelope --family head
  $ otaseal conformance --command ./reader --vectors my-vectors.json --json
`

export function addConformance(program: Command, terminal: Terminal): void {
  program
    .command('conformance')
    .summary('run test vectors against any reader')
    .description('Asks a program in any language what it makes of each test vector, and tells where it is wrong.')
    .addOption(single('--command <command>', 'what the shell runs (required)', shellCommand).makeOptionMandatory())
    .addOption(repeatable('--vectors <path>', 'file of vectors, or a folder of them; repeatable (default: those of the package)'))
    .addOption(repeatable('--family <name>', 'only these vectors: a file without its ending; repeatable'))
    .addOption(single('--timeout <seconds>', `how long one answer may take (default: ${TIMEOUT})`, seconds))
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ConformanceFlags) => conformance(flags, terminal))
}

function shellCommand(text: string): string {
  if (text.trim() === '' || text.includes('\0')) throw new InvalidArgumentError('It must be what the shell can run.')
  return text
}

function seconds(text: string): number {
  const value = digits(text)
  if (value < 1 || value > TIMEOUT_MAX) throw new InvalidArgumentError(`It must be from 1 to ${TIMEOUT_MAX}.`)
  return value
}

async function conformance({ command, vectors: paths, family, timeout = TIMEOUT }: ConformanceFlags, terminal: Terminal): Promise<void> {
  const choice = chooseVectors(paths, family)
  const bar = createBar('asking', !terminal.json)
  const run = await interruptible(async (signal) => runVectors(command, choice.vectors, { seconds: timeout, signal, onProgress: bar.update })).finally(bar.stop)
  if (run.warning !== undefined) terminal.warn(`the command ${run.warning}`)
  const { outcome, sentence, isPass } = outcomeOf(choice, run, version())
  await terminal.show(outcome)
  if (!isPass) throw new ShownError('failed-vectors', sentence)
}
