import { tmpdir } from 'node:os'
import { decryptSource, fieldsOf, findingsOf, openFields } from '../capgo/decrypt.js'
import { encryptSource, namesOf, newSession } from '../capgo/encrypt.js'
import { readDecryptPlan, readEncryptPlan } from '../capgo/options.js'
import { drain } from '../capgo/pieces.js'
import { checkAborted, untilAborted } from '../options.js'
import { overwriteOption } from './decrypt-file.js'
import { copySource } from './file-source.js'
import { pathOf, withInput } from './input.js'
import { withTemporary, writeWhole } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { CapgoFindings } from '../capgo/decrypt.js'
import type { CapgoFields } from '../capgo/encrypt.js'
import type { CapgoDecryptOptions, CapgoEncryptOptions, EncryptPlan } from '../capgo/options.js'
import type { FileOptions, FileOutput } from './decrypt-file.js'
import type { FileInput, OpenInput } from './input.js'
import type { TemporaryFile } from './temporary-file.js'

/** What the update endpoint answers with; the payload itself is in its file. */
export interface CapgoEncryptedFile extends CapgoFields {
  /** Bytes of the payload. */
  readonly size: number
}

/** What was verified; the bundle itself is in its file. */
export interface CapgoDecryptedFile extends CapgoFindings {
  /** Hex SHA-256 of the bundle, as `sha256sum` prints it. */
  readonly sha256: string
}

/**
 * Encrypts and signs a ZIP for deployed Capgo plugins from file to file, in bounded memory. The payload appears under its name only when
 * it is complete and written down to the disk; a function in its place gets it as it is made.
 *
 * @throws EnvelopeError `bad-key`, `unsupported`, `malformed-release` for an empty bundle, `aborted`
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`, and the `path` of the file at fault
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptFileForCapgo(
  bundle: FileInput,
  payload: FileOutput,
  options: CapgoEncryptOptions & FileOptions,
): Promise<CapgoEncryptedFile> {
  const overwrite = overwriteOption(options)
  const plan = await readEncryptPlan(options)
  const { signal } = plan
  if (typeof payload === 'function') {
    return withInput(bundle, signal, async (input) => encryptTo(async (bytes) => untilAborted(signal, async () => payload(bytes)), input, plan))
  }
  const path = pathOf(payload)
  return withInput(bundle, signal, async (input) =>
    writeWhole(path, { overwrite, check: () => checkAborted(signal) }, async (file) => encryptTo(file.write, input, plan)),
  )
}

async function encryptTo(write: (bytes: Bytes) => Promise<void>, { source, size: total = Infinity }: OpenInput, plan: EncryptPlan): Promise<CapgoEncryptedFile> {
  const { session, sessionKey } = await newSession(plan)
  const { pieces, checksum } = await encryptSource(source, session, plan, { total })
  let size = 0
  await drain(pieces, plan, async (piece) => {
    await write(piece)
    size += piece.length
  })
  return { sessionKey, checksum: await checksum, ...namesOf(plan), size }
}

/**
 * Checks and decrypts a release for deployed Capgo plugins from file to file, in bounded memory. The ZIP appears under its name only after
 * its digest was compared, and after it was written down to the disk. A function in place of the file gets nothing before that either:
 * the ZIP lies in a temporary file until then.
 *
 * @throws EnvelopeError the codes of `verifyAndDecryptCapgo` of otaseal/capgo
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`, and the `path` of the file at fault
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function decryptCapgoFile(
  payload: FileInput,
  bundle: FileOutput,
  options: CapgoDecryptOptions & FileOptions,
): Promise<CapgoDecryptedFile> {
  const [overwrite, fields] = [overwriteOption(options), fieldsOf(options)]
  const plan = await readDecryptPlan(options)
  const opened = await openFields(fields, plan)
  const { signal } = plan
  const decryptTo = async ({ source, size: total = Infinity }: OpenInput, file: TemporaryFile): Promise<CapgoDecryptedFile> => {
    const { pieces, sha256 } = await decryptSource(source, opened, plan, { total })
    await drain(pieces, plan, file.write)
    return { sha256: await sha256, ...findingsOf(opened, plan) }
  }
  if (typeof bundle === 'function') {
    return withInput(payload, signal, async (input) =>
      withTemporary(tmpdir(), tmpdir(), async (file) => {
        const decrypted = await decryptTo(input, file)
        await copySource(file.source(), async (bytes) => untilAborted(signal, async () => bundle(bytes)))
        return decrypted
      }),
    )
  }
  const path = pathOf(bundle)
  return withInput(payload, signal, async (input) =>
    writeWhole(path, { overwrite, check: () => checkAborted(signal) }, async (file) => decryptTo(input, file)),
  )
}
