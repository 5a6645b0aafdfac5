import { read } from 'read'
import { decryptPrivateKey, passphraseProtection } from '../index.js'
import { systemCode } from '../node/system-error.js'
import { FileError, UsageError } from './errors.js'
import { endBy } from './interrupt.js'
import { environment, readSmall, warnIfOpen } from './key-file.js'
import { single } from './options.js'
import type { Option } from 'commander'
import type { Terminal } from './terminal.js'

/** A count below this makes a passphrase cheap to guess: OpenSSL's own default is 2,048. */
const FEW_ITERATIONS = 100_000

const CONVERT = '`openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in KEY -out NEW_KEY`'
const ELSEWHERE = 'pass --passphrase-file FILE, or set OTASEAL_PASSPHRASE'

/** Where a command takes the passphrase of private keys from, before the environment and the terminal. */
export interface PassphraseFlags {
  readonly passphraseFile?: string | undefined
}

/** `--passphrase-file`, which every command that takes private keys has. */
export function passphraseFileFlag(): Option {
  return single('--passphrase-file <file>', 'its first line is the passphrase of the private keys (or OTASEAL_PASSPHRASE, or asked for)')
}

/**
 * Private keys as text, those that are encrypted decrypted with one passphrase, which is asked for only where there are any.
 *
 * @throws EnvelopeError, FileError, UsageError
 */
export async function unlockKeys(texts: readonly string[], flags: PassphraseFlags, terminal: Terminal): Promise<readonly string[]> {
  const protections = await Promise.all(texts.map(passphraseProtection))
  const counts = protections.flatMap((protection) => protection?.iterations ?? [])
  if (counts.length === 0) {
    if (flags.passphraseFile !== undefined) terminal.warn('no private key is encrypted, so --passphrase-file has no use')
    return texts
  }
  const passphrase = await findPassphrase(flags, terminal, ['Passphrase of the private key:'])
  const least = Math.min(...counts)
  if (least < FEW_ITERATIONS) {
    terminal.warn(
      `a private key is encrypted with ${least} iterations of PBKDF2, so its passphrase is cheap to guess: encrypt it again, with ${CONVERT}`,
    )
  }
  return Promise.all(texts.map(async (text, i) => (protections[i] === undefined ? text : decryptPrivateKey(text, passphrase))))
}

/**
 * The passphrase for a key that is to be encrypted; it is typed twice.
 *
 * @throws FileError, UsageError
 */
export async function newPassphrase(flags: PassphraseFlags, terminal: Terminal): Promise<string> {
  return findPassphrase(flags, terminal, ['Passphrase for the private key:', 'The same passphrase again:'])
}

/** The first source that is there: the file, the environment, the terminal, where each of `questions` is asked. */
async function findPassphrase({ passphraseFile }: PassphraseFlags, terminal: Terminal, questions: readonly string[]): Promise<string> {
  const variable = environment('OTASEAL_PASSPHRASE')
  if (passphraseFile !== undefined) return notEmpty(await fromFile(passphraseFile, terminal), '--passphrase-file')
  if (variable !== undefined) return notEmpty(firstLine(variable), 'OTASEAL_PASSPHRASE')
  const [answer = '', ...others] = await ask(questions)
  if (others.some((other) => other !== answer)) throw new UsageError('the two passphrases differ: run the command again')
  return notEmpty(answer, 'the terminal')
}

/** A name of which there is no file may be the passphrase itself, so it is not shown. */
async function fromFile(file: string, terminal: Terminal): Promise<string> {
  const bytes = await readSmall(file).catch((error: unknown) => {
    const isMissing = error instanceof FileError && ['ENOENT', 'ENAMETOOLONG', 'ENOTDIR'].includes(systemCode(error.cause) ?? '')
    throw isMissing ? new FileError('--passphrase-file names no file (the name is not shown, for it may be the passphrase)') : error
  })
  await warnIfOpen(file, terminal)
  try {
    return firstLine(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    // No cause: it may quote what it could not decode.
    throw new FileError(`${file} is not UTF-8 text: write the passphrase into it as UTF-8, in its first line`)
  }
}

function firstLine(text: string): string {
  return text.replace(/\r?\n[^]*$/, '')
}

function notEmpty(passphrase: string, source: string): string {
  if (passphrase === '') throw new UsageError(`the passphrase from ${source} is empty, which protects nothing`)
  return passphrase
}

async function ask(questions: readonly string[]): Promise<readonly string[]> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`a passphrase is needed, and there is no terminal to ask for it: ${ELSEWHERE}`)
  }
  const answers: string[] = []
  for (const question of questions) answers.push(await askOne(question))
  return answers
}

/** Without echo. Ctrl-C ends the program as it does elsewhere, and the end of input is no passphrase. */
async function askOne(question: string): Promise<string> {
  const { stdin: input, stderr: output } = process
  // `read` waits for ever where the input ends, which only pauses it. An answer pauses it too, and comes before this.
  const ended = new Promise<never>((_, reject) => input.once('pause', () => setImmediate(reject)))
  try {
    return await Promise.race([read({ prompt: question, silent: true, input, output, terminal: true }), ended])
  } catch (error) {
    if (error instanceof Error && error.message === 'canceled') await interrupted(output)
    throw new UsageError(`no passphrase was typed: type it, ${ELSEWHERE}`)
  } finally {
    output.write('\n')
  }
}

/** What comes next in the terminal begins a line. */
async function interrupted(output: NodeJS.WriteStream): Promise<never> {
  output.write('\n')
  return endBy('SIGINT')
}
