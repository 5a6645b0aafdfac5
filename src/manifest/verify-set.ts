import { orTell, tellAccepted } from '../device/tell.js'
import { readVerifyPolicy, verifyEnvelopeBy } from '../device/verify-envelope.js'
import { EnvelopeError } from '../errors.js'
import { releaseOf } from '../events.js'
import { MANIFEST_SIZE_MAX } from '../format/limits.js'
import { MANIFEST_TYPE } from '../format/manifest.js'
import { objectListBytes, parseObjectList } from '../format/object-list.js'
import { checkAborted, countOption } from '../options.js'
import { makePause } from '../pause.js'
import { defectOf } from './set-object.js'
import { isSignedList } from './signed-list.js'
import { inLanes } from './stop.js'
import type { Policy } from '../device/options.js'
import type { EnvelopeInput } from '../device/verify-and-decrypt.js'
import type { VerifiedEnvelope, VerifyOptions } from '../device/verify-envelope.js'
import type { Header } from '../format/header.js'
import type { CallOptions } from '../options.js'
import type { ObjectDefect, ReadObject } from './set-object.js'

const PARALLEL = 4
const PARALLEL_MAX = 64

/** As for an envelope; of a manifest neither type nor size need be named. */
export interface VerifyManifestOptions extends Omit<VerifyOptions, 'type' | 'maxSize'> {
  /** How many objects are read at once, 1 to 64. Left out: 4. */
  readonly parallel?: number | undefined
  /** Called after each object; counts objects, not bytes. */
  readonly onProgress?: CallOptions['onProgress']
}

/** An object that is not what its name says. */
export interface DamagedObject {
  readonly name: string
  readonly code: ObjectDefect
}

/** What a publisher has signed, and what of it is stored. */
export interface VerifiedManifestSet extends VerifiedEnvelope {
  /** How many objects the release has. */
  readonly objects: number
  /** Names of objects that are not there, ascending. */
  readonly missing: readonly string[]
  /** Objects that are to be uploaded again, ascending by name. */
  readonly damaged: readonly DamagedObject[]
}

/**
 * Checks all of a release that can be checked without a reader key, for a server: the manifest's envelope as `verifyEnvelope` does, that
 * the object list is the one that its publisher signed, and that each object of the list is stored and holds, to its last
 * byte, what its name stands for. Of objects no more than some chunks and their index are in memory. Bytes must not change before the call has
 * ended.
 *
 * A release with nothing `missing` and nothing `damaged` is whole, and a device that opens its manifest finds just these objects in it: `openManifest`
 * refuses one that was signed with another list. Not shown until somebody with a reader key opens it: that a device can, that it is so, and
 * that objects decrypt to the files whose checksums the manifest has.
 *
 * @throws EnvelopeError `bad-manifest` where the object list is not the signed one; else with one of the codes of `docs/errors.md`, of the manifest alone
 * @throws TypeError, RangeError where the program passes a wrong kind of argument; and what `readObject` and its streams throw
 */
export async function verifyManifestSet(
  manifest: EnvelopeInput, objectList: string | Uint8Array, readObject: ReadObject, options: VerifyManifestOptions,
): Promise<VerifiedManifestSet> {
  const policy = readVerifyPolicy(options)
  const parallel = countOption('parallel', options.parallel ?? PARALLEL, PARALLEL_MAX)
  if (typeof readObject !== 'function') throw new TypeError('readObject must be a function')
  const { onProgress } = policy
  const silent = { ...policy, type: MANIFEST_TYPE, maxSize: MANIFEST_SIZE_MAX, onProgress: () => undefined }
  const { header, signers } = await verifyEnvelopeBy(manifest, silent)
  const names = await orTell(policy, 'bundle-refused', header, async () => signedNames(objectList, header, policy))
  tellAccepted(header, policy)
  const missing: string[] = []
  const damaged: DamagedObject[] = []
  const pause = makePause()
  let done = 0
  await inLanes(names, parallel, policy.signal, (signal) => async (name) => {
    checkAborted(policy.signal)
    const defect = await defectOf(name, readObject, { ...silent, signal })
    if (defect === 'missing') missing.push(name)
    else if (defect !== undefined) {
      damaged.push({ name, code: defect })
      policy.onEvent({ event: 'object-refused', time: policy.now, ...releaseOf(header), object: name, code: defect })
    }
    onProgress({ done: ++done, total: names.length })
    await pause()
  })
  return { header, signers, objects: names.length, missing: missing.sort(), damaged: damaged.sort(byName) }
}

function byName(one: DamagedObject, other: DamagedObject): number {
  return one.name < other.name ? -1 : 1
}

/** @throws EnvelopeError `bad-manifest` */
async function signedNames(objectList: string | Uint8Array, header: Header, { backend }: Policy): Promise<readonly string[]> {
  const bytes = objectListBytes(objectList)
  // R79: before anything is made of it.
  if ((await isSignedList(bytes, header, backend)) === true) return parseObjectList(bytes)
  throw new EnvelopeError('bad-manifest', 'the object list is not the one that was signed with this manifest: take both from one release')
}
