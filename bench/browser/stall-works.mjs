// What a page does while it is seen how long it doesn't answer.
import { encryptBundleStream } from '../../dist/build.js'
import { verifyAndDecrypt, verifyAndDecryptStream, verifyEnvelope } from '../../dist/device.js'
import { drain, streamOf } from '../measure.mjs'
import { PIECE } from '../util.mjs'
import { contenders, STREAM_FLOOR } from './floors.mjs'
import { claims, makeRelease } from './release.mjs'

/** By name; what is limited must answer in time where the browser computes on the thread that asks. */
export async function stallWorksOf(size) {
  const { bundle, envelope, options, signer } = await makeRelease(size)
  const open = async (pieceSize, take) => drain((await verifyAndDecryptStream(streamOf(envelope, pieceSize), options)).bundle, take)
  return {
    [STREAM_FLOOR]: { run: await floorOf(bundle) },
    'verifyAndDecryptStream, pieces of 64 KiB': { run: (take) => open(PIECE, take), limited: true },
    'verifyAndDecryptStream, one piece': { run: (take) => open(envelope.length, take) },
    'verifyAndDecrypt': { run: async (take) => take((await verifyAndDecrypt(envelope, options)).bundle) },
    'verifyEnvelope, pieces of 64 KiB': { run: async () => verifyEnvelope(streamOf(envelope, PIECE), { trust: options.trust }) },
    'encryptBundleStream, pieces of 64 KiB': {
      run: async (take) => drain((await encryptBundleStream(streamOf(bundle, PIECE), { ...claims, signer })).body, take),
    },
  }
}

async function floorOf(bundle) {
  const floor = contenders.find(({ name }) => name === STREAM_FLOOR)
  const { seal, open } = floor.setup(await floor.keys())
  const parts = []
  const meta = await seal(bundle, (part, i) => (parts[i] = part))
  const body = new Uint8Array(await new Blob(parts).arrayBuffer())
  return (take) => open({ body, meta }, take)
}
