import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { sealSource } from '../build/encrypt-bundle-stream.js'
import { readPlan } from '../build/options.js'
import { joinEnvelope } from '../format/container.js'
import { checkAborted, untilAborted } from '../options.js'
import { iterate } from '../stream/pieces.js'
import { overwriteOption } from './decrypt-file.js'
import { copySource } from './file-source.js'
import { pathOf, withInput } from './input.js'
import { withTemporary, writeWhole } from './temporary-file.js'
import type { Bytes } from '../bytes.js'
import type { EncryptOptions, Plan } from '../build/options.js'
import type { SealedEnvelope } from '../build/encrypt-bundle-stream.js'
import type { FileOptions, FileOutput } from './decrypt-file.js'
import type { FileInput, OpenInput } from './input.js'
import type { TemporaryFile } from './temporary-file.js'

const NOTHING = new Uint8Array(0)

/** What was published; the envelope itself is in its file. */
export interface EncryptedFile {
  /** JSON text. */
  readonly head: string
  /** Hex SHA-256 of the bundle, as `sha256sum` prints it. */
  readonly checksum: string
  /** Bytes of the envelope's file. */
  readonly size: number
}

/**
 * Signs and encrypts a bundle from file to file, in bounded memory. The envelope appears under its name only when it is
 * complete and written down to the disk. Its head depends on all of the bundle and comes first, so the encrypted chunks
 * lie in a temporary file until then: it takes twice the space of the envelope, in the same folder.
 *
 * @throws EnvelopeError `bad-key`, `limit-exceeded`, `aborted`, `backend-unavailable`
 * @throws Error of Node with a code such as `EEXIST`, `ENOENT`, `ENOSPC`, and the `path` of the file at fault
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptFile(bundle: FileInput, envelope: FileOutput, options: EncryptOptions & FileOptions): Promise<EncryptedFile> {
  const plan = readPlan(options)
  const overwrite = overwriteOption(options)
  const { signal } = plan
  if (typeof envelope === 'function') {
    const write = async (bytes: Bytes): Promise<void> => untilAborted(signal, async () => envelope(bytes))
    return withInput(bundle, signal, async (input) => withTemporary(tmpdir(), tmpdir(), async (spool) => sealTo(write, spool, input, plan)))
  }
  const path = pathOf(envelope)
  return withInput(bundle, signal, async (input) =>
    writeWhole(path, { overwrite, check: () => checkAborted(signal) }, async (file) =>
      withTemporary(dirname(file.path), path, async (spool) => sealTo(file.write, spool, input, plan)),
    ),
  )
}

/** Has the body written to a temporary file, and then all of the envelope to where it belongs. */
async function sealTo(
  write: (bytes: Bytes) => Promise<void>,
  spool: TemporaryFile,
  input: OpenInput,
  plan: Plan,
): Promise<EncryptedFile> {
  const { head, index, checksum } = await sealToSpool(input, spool, plan)
  const start = joinEnvelope(head, NOTHING)
  await write(start)
  await write(index)
  let size = start.length + index.length
  await copySource(spool.source(), async (bytes) => {
    checkAborted(plan.signal)
    await write(bytes)
    size += bytes.length
  })
  return { head, checksum, size }
}

async function sealToSpool({ source, size }: OpenInput, spool: TemporaryFile, plan: Plan): Promise<SealedEnvelope> {
  const { pieces, envelope } = await sealSource(source, size === undefined ? plan : { ...plan, size })
  for await (const piece of iterate(() => pieces)) {
    await spool.write(piece)
    plan.backend.release?.(piece)
  }
  return envelope
}
