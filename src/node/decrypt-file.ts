import { openSource } from '../device/verify-and-decrypt-stream.js'
import { headOf } from '../device/envelope-stream.js'
import { readPolicy } from '../device/options.js'
import { booleanOption } from '../options.js'
import { pathOf, withInput, withSeekable } from './file-source.js'
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
  /** Whether an existing file may be replaced. Left out: `false`. */
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
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function decryptFile(envelope: FileInput, bundle: FileOutput, options: DeviceOptions & FileOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options)
  const overwrite = overwriteOption(options)
  if (typeof bundle === 'function') {
    return withSeekable(envelope, async ({ source, again }) => {
      await decryptTo(source, undefined, policy)
      return decryptTo(again(), bundle, policy)
    })
  }
  return withInput(envelope, async ({ source }) => writeWhole(pathOf(bundle), overwrite, async (file) => decryptTo(source, file.write, policy)))
}

/**
 * Checks all that {@link decryptFile} checks, and writes nothing.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws Error of Node with a code such as `ENOENT`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyFile(envelope: FileInput, options: DeviceOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options)
  return withInput(envelope, async ({ source }) => decryptTo(source, undefined, policy))
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
