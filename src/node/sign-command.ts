import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { signerLabel } from '../build/signer.js'
import { nodeDeviceBackend } from '../crypto/node.js'
import { signatureLength } from '../crypto/signature-shape.js'
import { EnvelopeError } from '../errors.js'
import { readPublicKey } from '../keys/public.js'
import { objectOption } from '../options.js'
import { SHELL_CODES, endGroup, publicEnvironment } from './shell-command.js'
import { systemCode } from './system-error.js'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Signer } from '../build/signer.js'
import type { Bytes } from '../bytes.js'
import type { KeyInput } from '../keys/types.js'
import type { AbortSignalLike } from '../options.js'

/** More than the longest signature takes in any writing. */
const OUTPUT_MAX = 16_384

/** Milliseconds after the end of a command in which all that it printed is read. */
const GRACE = 1000

/** A command that signs. */
export interface CommandSignerOptions extends Pick<Signer, 'name' | 'timeout'> {
  /** The public key of the private one that the command signs with. */
  readonly publicKey: KeyInput
}

type Child = ChildProcessByStdio<Writable, Readable, null>

/**
 * A signer that runs a command by the shell (`sh -c`; on Windows `cmd`) for each signature: the bytes to sign are its stdin, and
 * its stdout is the signature, as raw bytes or as base64 or base64url text. Its stderr is that of this program. It does not get the
 * environment variables in which otaseal takes secrets.
 *
 * @throws EnvelopeError `bad-key`
 * @throws TypeError, RangeError
 */
export async function commandSigner(command: string, options: CommandSignerOptions): Promise<Signer> {
  const shell = shellCommand(command)
  const { publicKey, name, timeout } = objectOption('options', options)
  const key = await readPublicKey(publicKey, nodeDeviceBackend)
  const length = signatureLength(key)
  const fail: Fail = (what, cause) => new EnvelopeError('signer-failed', `the command of the signer ${signerLabel(name, key)} ${what}`, { cause })
  return {
    ...{ algorithm: key.algorithm, publicKey, name, timeout },
    sign: async (message, { signal }) => parseSignature(await runCommand(shell, message, signal, fail), length, fail),
  }
}

function shellCommand(command: unknown): string {
  if (typeof command !== 'string') throw new TypeError('command must be a string')
  if (command.trim() === '' || command.includes('\0')) throw new RangeError('command must be what the shell can run: it is empty, or has a NUL character in it')
  return command
}

type Fail = (what: string, cause?: unknown) => EnvelopeError

/** The stdout of a command that has done its work. */
async function runCommand(command: string, input: Bytes, signal: AbortSignalLike, fail: Fail): Promise<Buffer> {
  const detached = !hasTerminal()
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, detached, env: publicEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] })
    const stop = (): void => endChild(child, detached)
    const parts: Buffer[] = []
    let length = 0
    signal.addEventListener?.('abort', stop)
    child.on('error', (error) => reject(fail(`could not be started: ${systemCode(error) ?? 'the system refused'}`, error)))
    // It may sign without reading to the end, or fail before it reads: its end tells.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.stdout.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length <= OUTPUT_MAX) return
      stop()
      reject(fail(`printed more than ${OUTPUT_MAX} bytes: it must print nothing but the signature`))
    })
    // What it started may hold its stdout for ever.
    let grace: NodeJS.Timeout | undefined
    child.on('exit', () => (grace = setTimeout(() => child.stdout.destroy(), GRACE)))
    child.on('close', (code, killer) => {
      clearTimeout(grace)
      signal.removeEventListener?.('abort', stop)
      if (code === 0) resolve(Buffer.concat(parts))
      else reject(fail(code === null ? `was ended by ${killer ?? 'a signal'}` : (SHELL_CODES.get(code) ?? `failed with exit code ${code}: its own messages say why`)))
    })
  })
}

/**
 * With a terminal, where it may ask for a PIN, the command stays in our group of processes, since one of its own would have no
 * terminal. Without one it gets its own, so that all that it started can be ended. Windows has no such groups.
 */
function hasTerminal(): boolean {
  if (process.platform === 'win32') return true
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** Ends a command, and lets this program end whatever becomes of it. */
function endChild(child: Child, detached: boolean): void {
  child.stdout.destroy()
  child.unref()
  if (!detached || child.pid === undefined) {
    // Gently: it may have switched off the echo of the terminal.
    child.kill('SIGTERM')
    return
  }
  endGroup(child.pid)
}

/** A signature of `length` bytes, raw where the output has just these, else as text, which is longer. */
function parseSignature(output: Buffer, length: number, fail: Fail): Uint8Array {
  if (output.length === length) return output
  if (output.length === 0) throw fail('printed nothing: it must print the signature on its stdout')
  const text = output.toString('latin1').replace(/[ \t\r\n]+/g, '')
  const bytes = Buffer.from(text, 'base64')
  const isText = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text)
  if (isText && bytes.length === length) return bytes
  const printed = isText ? `base64 of ${bytes.length} bytes` : `${output.length} bytes`
  throw fail(`printed ${printed}: it must print a signature of ${length} bytes, raw or as base64 text`)
}
