import { asBytes, copyBytes } from '../bytes.js'
import { EnvelopeError } from '../errors.js'
import { booleanOption, objectOption, untilAborted } from '../options.js'
import { viewSource } from '../stream/source.js'
import { paddedSize } from './cbc.js'
import { encryptSource, namesOf, newSession } from './encrypt.js'
import { malformedRelease } from './malformed.js'
import { unwrapped } from './manifest-brotli.js'
import { eachOf, filesOption } from './manifest-files.js'
import { COMPRESSED, pathCheck, quoted } from './manifest-path.js'
import { readEncryptPlan } from './options.js'
import { drain, filler } from './pieces.js'
import { checkReadsDelta, keepsCompressed } from './plugin-version.js'
import { openSession } from './session.js'
import { valueOpener } from './signed-value.js'
import type { Bytes } from '../bytes.js'
import type { Brotli } from '../crypto/capgo-backend.js'
import type { CapgoFields } from './encrypt.js'
import type { CapgoFile, CapgoManifestFile, CapgoFiles } from './manifest-files.js'
import type { CheckPath } from './manifest-path.js'
import type { CapgoEncryptOptions, EncryptPlan } from './options.js'
import type { PieceHash } from './pieces.js'
import type { Session } from './session.js'

/** Devices' makers compress from so many bytes on, where more than so many are saved. */
const COMPRESSED_LEAST = 8192
const SAVED_LEAST = 10

/** How the files of a release are made. */
export interface CapgoManifestOptions extends CapgoEncryptOptions {
  /**
   * The session key of the release whose ZIP was encrypted before, with the same private key: the update endpoint has but one, and devices use it for
   * both. Left out: a new one.
   */
  readonly sessionKey?: string | undefined
  /**
   * Whether files are compressed with Brotli where that makes them smaller. Left out: where the platform has Brotli, and `pluginVersion`, if it is
   * given, is of a plugin that keeps compressed files under their names.
   */
  readonly compress?: boolean | undefined
}

/** What the update endpoint answers with for a release whose files devices load one by one. */
export interface CapgoManifest extends Omit<CapgoFields, 'checksum'> {
  /** For one loop: each file is made when it is asked for. A release whose loop failed must not be published. */
  readonly files: AsyncIterable<CapgoManifestFile<Bytes>>
}

/**
 * Encrypts and signs the files of a release one by one, so that devices load only those that changed (the delta form). One file is in memory at a time;
 * its bytes are copied when it is taken, files come out in the order they came in, and leaving the loop ends the iteration of `files`.
 *
 * The format demands one key and one initialisation vector for all files and for the ZIP of the release. So whoever sees the payloads sees which
 * files begin with the same bytes, in steps of 16, and how long each is; names and their number are not encrypted. No signature binds a file to its
 * name or to the release: of files signed by the same key, another one can be given out under a name, and any can be left out.
 *
 * `file_name` is the path itself: devices take it literally. The Capgo CLI writes it escaped (`logo%402x.png` for `logo@2x.png`), which the servers
 * of Capgo turn back; others must not escape it either.
 *
 * @throws EnvelopeError `bad-key`; `unsupported` for a plugin that can't read it; `malformed-release`, `bad-signature` for another's `sessionKey`; from the
 * loop `malformed-release` for an empty file or a path that devices can't keep, `aborted`, `backend-unavailable`
 * @throws TypeError, RangeError where the program passes a wrong kind of argument
 */
export async function encryptManifestForCapgo(files: CapgoFiles<CapgoFile>, options: CapgoManifestOptions): Promise<CapgoManifest> {
  const source = filesOption(files)
  const { sessionKey: given, compress, privateKey, publicKey, pluginVersion, checksumForm, backend, signal, onProgress } = objectOption('options', options)
  const choice = { sessionKey: given, pluginVersion, compress: compress === undefined ? undefined : booleanOption('compress', compress) }
  const plan = await readEncryptPlan({ privateKey, publicKey, pluginVersion, checksumForm, backend, signal, onProgress })
  const brotli = brotliOf(choice, plan)
  const { session, sessionKey } = await sessionOf(choice, plan)
  return { sessionKey, ...namesOf(plan), files: encryptEach(source, session, { ...plan, brotli }) }
}

type Choice = Pick<CapgoManifestOptions, 'sessionKey' | 'compress' | 'pluginVersion'>

interface ManifestPlan extends EncryptPlan {
  /** Left out where nothing is compressed. */
  readonly brotli: Brotli | undefined
}

/** What the caller names is done or refused; else files are compressed where no known plugin loses them. */
function brotliOf({ compress, pluginVersion }: Choice, { backend: { brotli, name } }: EncryptPlan): Brotli | undefined {
  if (pluginVersion !== undefined) checkReadsDelta(pluginVersion)
  const isKept = pluginVersion === undefined || keepsCompressed(pluginVersion)
  if (!(compress ?? isKept)) return undefined
  if (brotli !== undefined || compress === undefined) return brotli
  throw new EnvelopeError(
    'unsupported',
    `the ${name} backend has no Brotli: run this on Node (nodeCapgoBackend), or leave compress out, since devices take uncompressed files too`,
  )
}

async function sessionOf({ sessionKey }: Choice, plan: EncryptPlan): Promise<{ readonly session: Session; readonly sessionKey: string }> {
  if (sessionKey === undefined) return newSession(plan)
  return { sessionKey, session: await openSession(sessionKey, await valueOpener(plan.key.publicKey, plan.backend)) }
}

async function* encryptEach(files: CapgoFiles<CapgoFile>, session: Session, plan: ManifestPlan): AsyncGenerator<CapgoManifestFile<Bytes>, void, undefined> {
  const { signal, onProgress } = plan
  const checkPath = pathCheck('written')
  let done = 0
  for await (const file of eachOf(files, signal)) {
    const { path, bytes } = fileOf(file, checkPath)
    const encrypted = await encryptFile(path, bytes, session, { ...plan, onProgress: () => undefined })
    done += bytes.length
    onProgress({ done, total: Infinity })
    yield encrypted
  }
}

function fileOf(file: CapgoFile, checkPath: CheckPath): CapgoFile<Bytes> {
  const { path, bytes } = objectOption('each file', file)
  if (typeof path !== 'string') throw new TypeError('the path of each file must be a string')
  checkPath(path)
  const copy = copyBytes(asBytes(bytes, `bytes of ${quoted(path)}`))
  if (copy.length > 0) return { path, bytes: copy }
  throw malformedRelease(`the file ${quoted(path)} is empty, and deployed plugins fail on it: leave it out, as the Capgo CLI does`)
}

async function encryptFile(path: string, bytes: Bytes, session: Session, plan: ManifestPlan): Promise<CapgoManifestFile<Bytes>> {
  const smaller = await compressed(bytes, plan)
  const content = smaller ?? bytes
  const payload = new Uint8Array(paddedSize(content.length))
  const hash: PieceHash = { update: () => undefined, digest: () => plan.backend.sha256(bytes) }
  const { pieces, checksum } = await encryptSource(viewSource(content), session, plan, { hash })
  await drain(pieces, plan, filler(payload))
  return { file_name: smaller === undefined ? path : path + COMPRESSED, file_hash: await checksum, payload }
}

/** The file as Brotli; `undefined` where that saves nothing, or where devices would not decompress it. */
async function compressed(bytes: Bytes, { brotli, signal }: ManifestPlan): Promise<Bytes | undefined> {
  if (brotli === undefined || bytes.length < COMPRESSED_LEAST) return undefined
  const smaller = await untilAborted(signal, async () => brotli.compress(bytes))
  return smaller.length < bytes.length - SAVED_LEAST && unwrapped(smaller) === undefined ? smaller : undefined
}
