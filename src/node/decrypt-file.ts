import { openSource } from '../device/verify-and-decrypt-stream.js'
import { headOf } from '../device/envelope-stream.js'
import { readPolicy } from '../device/options.js'
import { booleanOption, checkAborted } from '../options.js'
import { pathOf, untilAborted, withInput, withSeekable } from './file-source.js'
import { writeWhole } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { DeviceOptions, Policy } from '../device/options.js'
import type { Header } from '../format/header.js'
import type { ByteSource } from '../stream/source.js'
import type { FileInput, FileName } from './file-source.js'

/**
 * Where a result goes: a file, or a function that takes its pieces one after the other, for example to the standard
 * output. The bytes belong to the function until its promise settles.
 */
export type FileOutput = FileName | ((bytes: Uint8Array<ArrayBuffer>) => Promise<void>)

/** What file functions take besides. */
export interface FileOptions {
  /** Whether an existing file may be replaced, by one of the same mode; a link is replaced itself. Left out: `false`. */
  readonly overwrite?: boolean | undefined
}

/** What was verified; the bundle itself is in its file. */
export interface DecryptedFile {
  /** The signed header; its checksum is the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
}

/**
 * Verifies and decrypts an envelope from file to file, in bounded memory. The bundle appears under its name only after
 * every check, the checksum of the whole included, and after it was written down to the disk; before that it is a
 * temporary file in the same folder, which is removed if anything fails. A function in place of the file gets nothing
 * before every check either: the envelope is read twice for that.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`, and the `path` of the file at fault
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function decryptFile(envelope: FileInput, bundle: FileOutput, options: DeviceOptions & FileOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options)
  const overwrite = overwriteOption(options)
  const { signal } = policy
  if (typeof bundle === 'function') {
    return withSeekable(envelope, signal, async ({ source, again }) => {
      await decryptTo(source, undefined, inHalf(policy, 0))
      return decryptTo(again(), async (bytes) => untilAborted(signal, bundle(bytes)), inHalf(policy, 1))
    })
  }
  const path = pathOf(bundle)
  return withInput(envelope, signal, async ({ source }) =>
    writeWhole(path, { overwrite, check: () => checkAborted(signal) }, async (file) => decryptTo(source, file.write, policy)),
  )
}

/** Each of two readings is half of the work. */
function inHalf(policy: Policy, half: 0 | 1): Policy {
  return { ...policy, onProgress: ({ done, total }) => policy.onProgress({ done: Math.floor((half * total + done) / 2), total }) }
}

/**
 * Checks all that {@link decryptFile} checks, and writes nothing.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws Error of Node with a code such as `ENOENT`, and the `path`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyFile(envelope: FileInput, options: DeviceOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options)
  return withInput(envelope, policy.signal, async ({ source }) => decryptTo(source, undefined, policy))
}

/** @throws TypeError */
export function overwriteOption({ overwrite = false }: FileOptions): boolean {
  return booleanOption('overwrite', overwrite)
}

async function decryptTo(
  source: ByteSource,
  write: ((bytes: Bytes) => Promise<void>) | undefined,
  policy: Policy,
): Promise<DecryptedFile> {
  const { body, pieces } = await openSource({ head: async () => headOf(source), source }, policy)
  for (let chunk = await pieces.next(); chunk !== undefined; chunk = await pieces.next()) {
    if (chunk.plaintext.length > 0) await write?.(chunk.plaintext)
    policy.backend.release?.(chunk.plaintext)
  }
  return { header: body.header, signers: body.signers }
}
