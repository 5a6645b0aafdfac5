import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Option } from 'commander'
import { encryptPrivateKey, generateKeyPair, readerKid } from '../index.js'
import { writeWhole } from '../node/temporary-file.js'
import { FileError, UsageError, fileCallError } from './errors.js'
import { interruptible } from './interrupt.js'
import { PRIVATE_KEY_FILE, READER_FILE, SECRET_FILE, SECRET_SIZE } from './keys.js'
import { jsonFlag, single } from './options.js'
import { exists } from './output.js'
import { newPassphrase } from './passphrase.js'
import { table } from './text.js'
import type { Command } from 'commander'
import type { KeyPairType } from '../index.js'
import type { PassphraseFlags } from './passphrase.js'
import type { Outcome, Terminal } from './terminal.js'

type KeyType = KeyPairType | 'secret'

interface KeygenFlags extends PassphraseFlags {
  readonly type: KeyType
  readonly output?: string
  readonly passphrase?: true
}

/** A file that keygen writes: what it is, and who may read it. */
export interface KeyFile {
  readonly path: string
  readonly text: string
  readonly mode: number
}

const EXAMPLES = `
Examples:
  $ otaseal keygen                                RSA-4096: .otaseal_key and .otaseal_key.pub
  $ otaseal keygen --type Ed25519 -o release_key  smaller and faster, where every device has Ed25519
  $ otaseal keygen --passphrase                   the private key encrypted: asks for a passphrase, twice
  $ otaseal keygen --type X25519                  .otaseal_reader and .otaseal_reader.pub, for bundles that only its holder can read
  $ otaseal keygen --type secret                  .otaseal_secret, for bundles that only its holders can read
`

export function addKeygen(program: Command, terminal: Terminal): void {
  program
    .command('keygen')
    .summary('make a key pair, or a reader secret')
    .description('Makes a key pair to sign releases with, or a key pair or secret that restricts who can read them. Never overwrites a file.')
    .addOption(new Option('--type <type>', 'what to make').choices(['RSA-4096', 'Ed25519', 'X25519', 'P-256', 'secret']).default('RSA-4096'))
    .addOption(single('-o, --output <file>', `private file (default: ${PRIVATE_KEY_FILE}, ${READER_FILE} for X25519 and P-256, ${SECRET_FILE} for a secret)`))
    .option('--passphrase', 'encrypt the private key with a passphrase, which is asked for (or OTASEAL_PASSPHRASE)')
    .addOption(single('--passphrase-file <file>', 'encrypt it with the passphrase that is the first line of this file'))
    .addOption(jsonFlag())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: KeygenFlags) => terminal.show(await keygen(flags, terminal)))
}

async function keygen(flags: KeygenFlags, terminal: Terminal): Promise<Outcome> {
  const { type, output } = flags
  const isEncrypted = flags.passphrase === true || flags.passphraseFile !== undefined
  if (output === '-') throw new UsageError('keys are written to files only: pass -o FILE')
  if (type !== 'secret') return makePair(type, output ?? (isReader(type) ? READER_FILE : PRIVATE_KEY_FILE), isEncrypted && (async () => newPassphrase(flags, terminal)))
  if (isEncrypted) throw new UsageError('a reader secret has no passphrase: keep its file as secret as one, or leave --passphrase out')
  return makeSecret(output ?? SECRET_FILE)
}

async function makePair(type: Exclude<KeyType, 'secret'>, path: string, findPassphrase: false | (() => Promise<string>)): Promise<Outcome> {
  const publicPath = `${path}.pub`
  refuseExisting(path, publicPath)
  const passphrase = findPassphrase === false ? undefined : await findPassphrase()
  const { privateKey, publicKey, kid } = await generateKeyPair(type)
  const text = passphrase === undefined ? privateKey : await encryptPrivateKey(privateKey, passphrase)
  await writeAll([{ path, text, mode: 0o600 }, { path: publicPath, text: publicKey, mode: 0o644 }])
  return {
    data: { type, kid, privateKeyFile: path, publicKeyFile: publicPath, ...(passphrase !== undefined && { encrypted: true }) },
    lines: [
      `${type} key pair, kid ${kid}`,
      ...table([
        [path, isReader(type) ? 'private: for those who may read the bundles' : 'private: signs releases; for `otaseal encrypt`, or as OTASEAL_PRIVATE_KEY in CI'],
        [publicPath, isReader(type) ? 'public: for the publisher, as `otaseal encrypt --reader`' : 'public: belongs into the app, which trusts it'],
      ]),
      'Keep the private key out of version control and out of bundles, and keep a copy of it in a safe place.',
      ...(passphrase === undefined ? [] : ['Without its passphrase the private key is lost: keep that too, in another place.']),
    ],
  }
}

/** Whether a key pair is one of those who read, not of those who sign. */
function isReader(type: KeyType): boolean {
  return type === 'X25519' || type === 'P-256'
}

async function makeSecret(path: string): Promise<Outcome> {
  refuseExisting(path)
  const secret = randomBytes(SECRET_SIZE)
  const kid = await readerKid(secret)
  await writeAll([{ path, text: `${secret.toString('base64url')}\n`, mode: 0o600 }])
  return {
    data: { type: 'secret', kid, secretFile: path },
    lines: [
      `reader secret, kid ${kid}`,
      ...table([[path, 'secret: for `otaseal encrypt --reader`, and for those who may read the bundles']]),
      'Keep it out of version control and out of bundles.',
    ],
  }
}

export function refuseExisting(...paths: readonly string[]): void {
  for (const path of paths) {
    if (exists(path)) throw new FileError(`${path} exists already, and a key is never overwritten: pass another -o FILE`)
  }
}

/** All of the files or none; `finish` comes last, and where it fails there are none either. */
export async function writeAll(files: readonly KeyFile[], finish: (signal: AbortSignal) => Promise<void> = async () => undefined): Promise<void> {
  await interruptible(async (signal) => {
    const written: string[] = []
    try {
      for (const { path, text, mode } of files) {
        await writeWhole(path, { mode, check: () => signal.throwIfAborted() }, async (file) => file.write(Buffer.from(text)))
        written.push(path)
      }
      signal.throwIfAborted()
      await finish(signal)
    } catch (error) {
      for (const path of written) rmSync(path, { force: true })
      throw fileCallError('', error)
    }
  })
}
