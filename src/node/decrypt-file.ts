import { nodeDeviceBackend } from '../crypto/node.js'
import { openSource } from '../device/verify-and-decrypt-stream.js'
import { headOf } from '../device/envelope-stream.js'
import { readPolicy } from '../device/options.js'
import { booleanOption, checkAborted, untilAborted } from '../options.js'
import { iterate } from '../stream/pieces.js'
import { changed } from './file-source.js'
import { pathOf, withInput, withSeekable } from './input.js'
import { writeWhole } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { DeviceOptions, Policy, PolicyDefaults } from '../device/options.js'
import type { Header } from '../format/header.js'
import type { ByteSource } from '../stream/source.js'
import type { FileInput, FileName } from './input.js'

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

/** A backend without a running hash, as WebCrypto is, has node:crypto's for the checksum. */
const DEFAULTS: PolicyDefaults = { hasher: () => nodeDeviceBackend.hasher() }

/** What was verified; the bundle itself is in its file. */
export interface DecryptedFile {
  /** The signed header; its checksum is the hex SHA-256 of the bundle. */
  readonly header: Header
  /** The kid of each trusted key whose signature counted. */
  readonly signers: readonly string[]
}

/**
 * Verifies and decrypts an envelope from file to file, in bounded memory. The bundle appears under its name only after
 * every check (that of the whole, too, unless `checksum` is `false`), and after it was written down to the disk; before that it is a
 * temporary file in the same folder, which is removed if anything fails. A function in place of the file gets nothing
 * before every check either: the envelope is read twice for that, and checked each time. If the file is changed between
 * the two, the function may get a part of the bundle, each chunk of it signed, before the call fails.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`, and the `path` of the file at fault
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function decryptFile(envelope: FileInput, bundle: FileOutput, options: DeviceOptions & FileOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options, DEFAULTS)
  const overwrite = overwriteOption(options)
  const { signal } = policy
  if (typeof bundle === 'function') {
    const write = async (bytes: Bytes): Promise<void> => untilAborted(signal, async () => bundle(bytes))
    return withSeekable(envelope, signal, async ({ source, again }) => {
      const { payload } = await decryptTo(source, undefined, inHalf(policy, 0))
      return (await decryptTo(again(), { write, payload }, inHalf(policy, 1))).decrypted
    })
  }
  const path = pathOf(bundle)
  return withInput(envelope, signal, async ({ source }) =>
    writeWhole(path, { overwrite, check: () => checkAborted(signal) }, async (file) => (await decryptTo(source, file, policy)).decrypted),
  )
}

/** Each of two readings is half of the work; what the second finds once more was told. */
function inHalf(policy: Policy, half: 0 | 1): Policy {
  return {
    ...policy,
    onProgress: ({ done, total }) => policy.onProgress({ done: Math.floor((half * total + done) / 2), total }),
    onEvent: (event) => {
      if (half === 0 || ('code' in event && event.event !== 'signature-refused')) policy.onEvent(event)
    },
  }
}

/**
 * Checks all that {@link decryptFile} checks, and writes nothing.
 *
 * @throws EnvelopeError with one of the codes of `docs/errors.md`
 * @throws Error of Node with a code such as `ENOENT`, and the `path`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function verifyFile(envelope: FileInput, options: DeviceOptions): Promise<DecryptedFile> {
  const policy = readPolicy(options, DEFAULTS)
  return withInput(envelope, policy.signal, async ({ source }) => (await decryptTo(source, undefined, policy)).decrypted)
}

/** @throws TypeError */
export function overwriteOption({ overwrite = false }: FileOptions): boolean {
  return booleanOption('overwrite', overwrite)
}

/** What takes the bundle, and the member `payload` that the head must have, where it was seen before. */
interface Output {
  readonly write: (bytes: Bytes) => Promise<void>
  readonly payload?: string
}

async function decryptTo(
  source: ByteSource,
  output: Output | undefined,
  policy: Policy,
): Promise<{ readonly decrypted: DecryptedFile; readonly payload: string }> {
  const { body, payload, pieces } = await openSource({ head: async () => headOf(source), source }, policy)
  if (output?.payload !== undefined && output.payload !== payload) {
    const error = changed('the envelope')
    await pieces.cancel(error)
    throw error
  }
  for await (const chunk of iterate(() => pieces)) {
    if (chunk.plaintext.length > 0) await output?.write(chunk.plaintext)
    policy.backend.release?.(chunk.plaintext)
  }
  return { decrypted: { header: body.header, signers: body.signers }, payload }
}
