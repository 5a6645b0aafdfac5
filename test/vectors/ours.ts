import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { checkTrustStore, encryptBundle, generateKeyPair } from '../../src/build.js'
import { EnvelopeError, openEnvelope, verifyAndDecrypt, verifyTrustUpdate } from '../../src/device.js'
import { openManifest } from '../../src/manifest.js'
import { bytesOf } from './bytes.js'
import type { DeviceBackend, DeviceOptions, ErrorCode, TrustUpdateOptions } from '../../src/device.js'
import type { OpenedManifest } from '../../src/manifest.js'
import type { DeviceVectorOptions, ObjectVectorOptions, Operation, Vector } from './vector.js'

/** What a program answers: with a code what was released before, none here, since all is given at once. */
export interface Answer {
  readonly code?: ErrorCode
  readonly output: Uint8Array
}

/** What an operation of README.md gives. @throws EnvelopeError where the input is refused */
type Work = (input: Uint8Array, options: never, backend: DeviceBackend | undefined) => Promise<Uint8Array>

const operations: ReadonlyMap<Operation, Work> = new Map<Operation, Work>([
  ['envelope', async (input, options, backend) => (await verifyAndDecrypt(input, demands(options, backend))).bundle],
  ['head', openedHead],
  ['object', fileOfObject],
  ['trust-store', kidsOf],
  ['trust-update', newTrust],
  ['manifest', async (input, options, backend) => Buffer.from(objectList(await openManifest(input, demands(options, backend))))],
])

/** What otaseal makes of a vector, or of a request of the calling convention. */
export async function ours({ operation, input, options }: Pick<Vector, 'operation' | 'input' | 'options'>, backend?: DeviceBackend): Promise<Answer> {
  const work = operations.get(operation)
  if (work === undefined) throw new RangeError(`no operation ${operation}`)
  try {
    return { output: await work(bytesOf(input), options as never, backend) }
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    return { code: error.code, output: new Uint8Array(0) }
  }
}

/** What a vector demands of a device, in the forms that calls take. */
export function demands({ reader, ...options }: DeviceVectorOptions, backend: DeviceBackend | undefined): DeviceOptions {
  const keys = reader && { reader: 'secret' in reader ? bytesOf(reader.secret) : reader.jwk }
  return { ...options, ...keys, ...(backend !== undefined && { backend }) }
}

/** The checksum of the bundle, and the signed header to the byte. */
async function openedHead(input: Uint8Array, options: DeviceVectorOptions, backend: DeviceBackend | undefined): Promise<Uint8Array> {
  const { header } = await openEnvelope(input, demands(options, backend))
  const { payload } = JSON.parse(new TextDecoder().decode(input)) as { readonly payload: string }
  return Buffer.concat([Buffer.from(`${header.bundle.checksum}\n`), bytesOf(payload)])
}

/** As its signed bytes: what comes out has the same values in any order of members. */
async function newTrust(input: Uint8Array, options: TrustUpdateOptions, backend: DeviceBackend | undefined): Promise<Uint8Array> {
  const { trust } = await verifyTrustUpdate(input, { ...options, backend })
  const { payload } = JSON.parse(new TextDecoder().decode(input)) as { readonly payload: string }
  if (!isDeepStrictEqual(trust, JSON.parse(new TextDecoder().decode(bytesOf(payload))))) throw new Error('another trust store came out')
  return bytesOf(payload)
}

async function kidsOf(input: Uint8Array, _options: unknown, backend: DeviceBackend | undefined): Promise<Uint8Array> {
  const { kids } = await checkTrustStore(input, { backend })
  return Buffer.from(kids.map((kid) => `${kid}\n`).join(''))
}

/** R79: the names of all objects, each once, ascending. */
function objectList({ files }: Pick<OpenedManifest, 'files'>): string {
  return JSON.stringify({ objects: [...new Set(files.map(({ object }) => object.name))].sort() })
}

/** An object alone has no door: a manifest of this one file is made for it, by a key that nothing else is made with. */
async function fileOfObject(input: Uint8Array, { entry }: ObjectVectorOptions, backend: DeviceBackend | undefined): Promise<Uint8Array> {
  const list = JSON.stringify({ objects: [Buffer.from(entry.object.index, 'base64url').toString('hex')] })
  const { publicKey, privateKey } = await generateKeyPair('Ed25519')
  const manifest = await encryptBundle(Buffer.from(JSON.stringify({ files: [entry] })), {
    signer: privateKey,
    app: 'com.example.app',
    version: '1',
    type: 'application/vnd.otaseal.manifest+json',
    meta: { 'otaseal-objects': createHash('sha256').update(list).digest('base64url') },
  })
  const opened = await openManifest(manifest, { trust: publicKey, app: null, channel: null, lastSequence: null, backend })
  return opened.decryptObject(entry.path, input)
}
