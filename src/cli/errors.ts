import { EnvelopeError } from '../index.js'
import { systemCode } from '../node/system-error.js'
import { CommanderError } from 'commander'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A file can't be read, taken or written: exit code 1, code `io`. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

/** What is wrong has been told on stdout, as the result of the command: exit code 1. */
export class ShownError extends Error {
  override readonly name = 'ShownError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** How a command ended that did not do its work. */
export interface Failure {
  readonly exitCode: 1 | 2
  /** A code of the library, `usage`, `io`, or `internal` for what should never happen. */
  readonly code: string
  readonly message: string
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['ENOSPC', 'no space is left on the device'],
  ['EEXIST', 'it exists already: pass another -o FILE, or --force where the command has it'],
  ['ELOOP', 'it is a symbolic link, or its path has too many of them'],
  ['EROFS', 'the file system is read-only'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['EBUSY', 'another program uses or changes it'],
])

/** What a failed system call on `path` means to the user; other errors pass unchanged. */
export function fileError(verb: string, path: string, error: unknown): unknown {
  const code = systemCode(error)
  return code === undefined ? error : new FileError(`cannot ${verb} ${path}: ${reasons.get(code) ?? code}`, { cause: error })
}

/** What a failed file function means to the user: its error names the one of its files that was at fault. */
export function fileCallError(source: string, error: unknown): unknown {
  const path = error instanceof Error && 'path' in error ? error.path : undefined
  return typeof path === 'string' ? fileError(path === source ? 'read' : 'write', path, error) : error
}

/** Sorts any error into its exit code; `undefined` where a help text or the version was all that was wanted. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : commanderFailure(error)
  if (error instanceof EnvelopeError) return { exitCode: 1, code: error.code, message: error.message }
  if (error instanceof ShownError) return { exitCode: 1, code: error.code, message: error.message }
  if (error instanceof FileError) return { exitCode: 1, code: 'io', message: error.message }
  if (error instanceof UsageError) return { exitCode: 2, code: 'usage', message: error.message }
  const message = error instanceof Error ? error.message : String(error)
  if (systemCode(error) !== undefined) return { exitCode: 1, code: 'io', message }
  if (error instanceof TypeError || error instanceof RangeError) return { exitCode: 2, code: 'usage', message: inFlags(message) }
  return { exitCode: 1, code: 'internal', message: `unexpected error: ${message}` }
}

/** An argument that is quoted in a message may be a key that was passed by mistake. */
function commanderFailure(error: CommanderError): Failure {
  const plain = error.message === '(outputHelp)' ? 'a command is missing' : error.message.replace(/^error: /, '').replace(/\n/g, ' ')
  const isKey = /-----BEGIN|'\s*\{/.test(plain)
  const message = isKey ? 'an argument is a key: pass the name of its file' : plain.replace(/(--passphrase)=[^]*'/, "$1=(not shown)'").replace(keyLike, '(not shown)')
  return { exitCode: 2, code: 'usage', message }
}

/** As long as a private key or secret at least is, in the characters of base64, base64url and hex. */
const keyLike = /[A-Za-z0-9+/_=-]{40,}/g

/** Whether an argument may be a key or secret that was passed in place of its file's name. */
export function mayBeKey(argument: string): boolean {
  return argument.search(keyLike) >= 0
}

const flags: ReadonlyMap<string, string> = new Map([
  ['command', '--sign-command'],
  ['app', '--app'],
  ['version', '--bundle-version'],
  ['sequence', '--sequence'],
  ['allowFutureSequence', '--allow-future-sequence'],
  ['channel', '--channel'],
  ['runtime', '--runtime'],
  ['expires', '--expires'],
  ['type', '--type'],
  ['lastSequence', '--last-sequence'],
  ['clockTolerance', '--clock-tolerance'],
  ['notBefore', '--not-before'],
  ['notAfter', '--not-after'],
  ['maxSequence', '--max-sequence'],
  ['fileName', '--config'],
  ['parallel', '--parallel'],
])

/** What a name of an app, version, channel or runtime has, in words. */
export const NAME_PARTS = '1 to 128 letters, digits, dots, underscores, plus and minus signs'

/** A message of the library about an option, in the words of the command line. */
function inFlags(message: string): string {
  return message
    .replace(/^(\w+?)s?(\[\d+\])?(?= must)/, (text, name: string, index?: string) => flags.get(index === undefined ? text : name) ?? text)
    .replace('allowFutureSequence', '--allow-future-sequence')
    .replace(/(?<!-)\bnotBefore\b/, '--not-before')
    .replace('must match ^[A-Za-z0-9._+-]{1,128}$', `must have ${NAME_PARTS}`)
    .replace(/^--type must match .*/, '--type must be a media type, such as application/zip')
}
