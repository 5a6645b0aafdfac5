// age has no signature: it is encryption to an X25519 recipient alone.
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { drain, streamOf } from '../measure.mjs'
import { PIECE } from '../util.mjs'

const shared = { package: 'age-encryption', kind: 'peer' }

export const contenders = [
  { ...shared, name: 'age-encryption', flow: 'one-shot', keys, setup: (identity) => setup(identity, (bytes) => bytes, async (result, take) => take(result)) },
  { ...shared, name: 'age-encryption', flow: 'stream', keys, setup: (identity) => setup(identity, (bytes) => streamOf(bytes, PIECE), drain) },
]

function keys() {
  return generateX25519Identity()
}

async function setup(identity, asInput, give) {
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return {
    seal: async (bundle, take) => give(await encrypter.encrypt(asInput(bundle)), take),
    open: async ({ body }, take) => give(await decrypter.decrypt(asInput(body)), take),
  }
}
