import { Option } from 'commander'
import { UsageError } from './errors.js'

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
