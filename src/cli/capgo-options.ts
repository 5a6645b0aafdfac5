import { Option } from 'commander'
import { UsageError } from './errors.js'
import { single } from './options.js'
import type { Command } from 'commander'

/** `--json`, and `-j` as the Capgo CLI has it. */
export function capgoJsonFlag(): Option {
  return new Option('-j, --json', 'print exactly one JSON object on stdout, also on failure')
}

/** The flag of the Capgo CLI that takes a key itself: not in the help, but answered. */
export function keyDataFlag(): Option {
  return new Option('--key-data <key>').hideHelp()
}

/** @throws UsageError where a key itself was passed, which all on the machine can see, and logs keep */
export function refuseKeyData(keyData: string | undefined, variable: string): void {
  if (keyData === undefined) return
  throw new UsageError(`--key-data is not taken, since other users and logs would see the key: set ${variable}, or pass --key FILE`)
}

/** What a release is read by. */
export function addRelease(command: Command): Command {
  return command
    .argument('<file>', 'the encrypted file, or - for stdin')
    .argument('<ivsessionkey>', 'its session key, as `encrypt` printed it')
    .addOption(single('--checksum <checksum>', 'its checksum, as `encrypt` printed it').makeOptionMandatory())
}
