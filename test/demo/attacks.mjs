// What a distributor can try, and the code that the device must refuse it with.
import { decodeHead, encryptBundle, generateKeyPair } from 'otaseal'

/** The attacks on a release, each with an envelope, what differs in the device's policy, and the code of its refusal. */
export async function attacksOn({ head, payload }, { bundle, claims, signer }) {
  const { header, payloadLength } = decodeHead(head)
  // A little way into the first chunk: all that comes before it is less than the payload's overhead.
  const inFirstChunk = payloadLength - bundle.length
  const stranger = await generateKeyPair('Ed25519')
  const again = await encryptBundle(bundle, { ...claims, signer })
  const foreign = await encryptBundle(bundle, { ...claims, signer: stranger.privateKey })
  const otherApp = await encryptBundle(bundle, { ...claims, signer, app: 'com.example.other' })
  const attack = (name, code, envelope, policy = {}) => ({ name, code, envelope, policy })
  return [
    attack('one bit of the signature flipped', 'bad-signature', { head: flipSignature(head), payload }),
    attack('the sequence in the signed header raised', 'bad-signature', { head: raiseSequence(head), payload }),
    attack('signed by a foreign key', 'untrusted-key', foreign),
    attack('a release of another app', 'wrong-app', otherApp),
    attack('older than what is installed', 'rollback', { head, payload }, { lastSequence: header.sequence + 1 }),
    attack('the last byte cut off', 'truncated', { head, payload: payload.subarray(0, -1) }),
    attack('a byte appended', 'trailing-data', { head, payload: Buffer.concat([payload, Buffer.of(0)]) }),
    attack('one bit of the index flipped', 'bad-index', { head, payload: flipBit(payload, 0) }),
    attack('the payload of another release', 'bad-index', { head, payload: again.payload }),
    attack('one bit of the first chunk flipped', 'bad-chunk', { head, payload: flipBit(payload, inFirstChunk) }),
    attack('one bit of the last tag flipped', 'bad-chunk', { head, payload: flipBit(payload, payload.length - 1) }),
  ]
}

function flipBit(bytes, at) {
  const copy = Uint8Array.from(bytes)
  copy[at] ^= 1
  return copy
}

function flipSignature(head) {
  const json = JSON.parse(head)
  const [entry] = json.signatures
  const signature = Buffer.from(entry.signature, 'base64url')
  entry.signature = Buffer.from(flipBit(signature, signature.length >> 1)).toString('base64url')
  return JSON.stringify(json)
}

function raiseSequence(head) {
  const json = JSON.parse(head)
  const header = JSON.parse(Buffer.from(json.payload, 'base64url').toString())
  header.sequence += 1
  return JSON.stringify({ ...json, payload: Buffer.from(JSON.stringify(header)).toString('base64url') })
}
