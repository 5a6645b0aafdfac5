// The library itself: signed with Ed25519, opened with the public key alone.
import { encryptBundle, encryptBundleStream, generateKeyPair, joinEnvelope, verifyAndDecrypt, verifyAndDecryptStream } from 'otaseal'
import { backends } from '../backends.mjs'
import { drain, streamOf } from '../measure.mjs'
import { PIECE } from '../util.mjs'

const CLAIMS = { app: 'com.example.bench', version: '1.0.0' }
const POLICY = { app: 'com.example.bench', channel: null, lastSequence: null }

export const contenders = Object.entries(backends).flatMap(([name, backend]) => [
  { name: `otaseal, ${name}`, package: 'otaseal', flow: 'one-shot', kind: 'otaseal', keys, setup: (pair) => oneShot(optionsFor(pair, backend)) },
  { name: `otaseal, ${name}`, package: 'otaseal', flow: 'stream', kind: 'otaseal', keys, setup: (pair) => streams(optionsFor(pair, backend)) },
])

/** A stream that comes whole at once. */
export const onePiece = {
  name: 'otaseal, web, in one piece', package: 'otaseal', flow: 'stream', kind: 'otaseal', keys,
  setup: (pair) => streams(optionsFor(pair, backends.web), Infinity),
}

function oneShot({ build, device }) {
  return {
    seal: async (bundle, take) => {
      const { head, payload } = await encryptBundle(bundle, build)
      take(payload)
      return { head }
    },
    open: async ({ body, meta }, take) => take((await verifyAndDecrypt({ head: meta.head, payload: body }, device)).bundle),
  }
}

function streams({ build, device }, pieceSize = PIECE) {
  return {
    seal: async (bundle, take) => {
      const { body, envelope } = await encryptBundleStream(streamOf(bundle, pieceSize), build)
      await drain(body, take)
      const { head, index } = await envelope
      return { lead: joinEnvelope(head, index) }
    },
    // The lead is known only at the end, but comes first: it is the first piece that a device gets.
    open: async ({ body, meta }, take) => drain((await verifyAndDecryptStream(streamOf(body, pieceSize, meta.lead), device)).bundle, take),
  }
}

function keys() {
  return generateKeyPair('Ed25519')
}

function optionsFor({ publicKey, privateKey }, backend) {
  return { build: { ...CLAIMS, signer: privateKey, backend }, device: { ...POLICY, trust: publicKey, backend } }
}
