import { Command } from 'commander'
import { addAudit } from './audit.js'
import { addCapgo } from './capgo.js'
import { addConformance } from './conformance.js'
import { addDecrypt } from './decrypt.js'
import { addDelegate } from './delegate.js'
import { addEncrypt } from './encrypt.js'
import { addInspect } from './inspect.js'
import { addKeygen } from './keygen.js'
import { addManifest } from './manifest.js'
import { addReadersCommand } from './readers.js'
import { createTerminal, tolerateBrokenPipes } from './terminal.js'
import { addTrust } from './trust.js'
import { addVerify } from './verify.js'
import { version } from './version.js'
import type { Terminal } from './terminal.js'

const EXAMPLES = `
Exit codes: 0 done; 1 refused, or a file could not be read or written; 2 wrong usage.

Examples:
  $ otaseal keygen
  $ otaseal encrypt dist --app com.example.app --bundle-version 1.4.0
  $ otaseal decrypt dist.otaseal --key .otaseal_key.pub --app com.example.app -o dist.zip
  $ otaseal help encrypt
`

/** Runs one command line and returns its exit code. */
async function run(argv: readonly string[]): Promise<number> {
  tolerateBrokenPipes()
  const terminal = createTerminal(argv)
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return terminal.fail(error)
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('otaseal')
    .description('Signed and encrypted over-the-air updates of apps.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', EXAMPLES)
  const trust = [addTrust, addDelegate, addReadersCommand]
  const commands = [addKeygen, addEncrypt, addDecrypt, addVerify, addInspect, addManifest, ...trust, addAudit, addCapgo, addConformance]
  for (const add of commands) add(program, terminal)
  return program
}

process.exitCode = await run(process.argv.slice(2))
