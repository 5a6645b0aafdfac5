import { addCapgoCheck } from './capgo-check.js'
import { addCapgoDecrypt } from './capgo-decrypt.js'
import { addCapgoEncrypt } from './capgo-encrypt.js'
import { addCapgoIdentify } from './capgo-identify.js'
import { addCapgoKeygen } from './capgo-keygen.js'
import type { Command } from 'commander'
import type { Terminal } from './terminal.js'

const EXAMPLES = `
The format of deployed apps is weaker than the envelope of \`otaseal encrypt\`: it binds a release to no app, channel or time, and all who
have the public key can read it.

Examples:
  $ otaseal capgo keygen --config capacitor.config.json
  $ otaseal capgo encrypt dist --plugin-version 8.51.14 --json
  $ otaseal capgo decrypt dist_encrypted.zip "$IV_SESSION_KEY" --checksum "$CHECKSUM" --key .capgo_key_v2.pub
  $ otaseal capgo help encrypt
`

export function addCapgo(program: Command, terminal: Terminal): void {
  const capgo = program
    .command('capgo')
    .summary('releases for deployed apps with the Capgo plugin')
    .description('Releases in the format that deployed apps with @capgo/capacitor-updater read ("encryption V2"), as the Capgo CLI makes them.')
    .addHelpText('after', EXAMPLES)
  for (const add of [addCapgoKeygen, addCapgoEncrypt, addCapgoDecrypt, addCapgoCheck, addCapgoIdentify]) add(capgo, terminal)
}
