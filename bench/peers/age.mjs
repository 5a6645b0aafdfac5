// age has no signature: it is encryption to an X25519 recipient alone.
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { drain, streamOf } from '../measure.mjs'
import { PIECE } from '../util.mjs'

const shared = { package: 'age-encryption', kind: 'peer' }

export const age = [
  { ...shared, name: 'age-encryption', flow: 'one-shot', setup: () => setup((bytes) => bytes, async (result, take) => take(result)) },
  { ...shared, name: 'age-encryption', flow: 'stream', setup: () => setup((bytes) => streamOf(bytes, PIECE), drain) },
]

async function setup(asInput, give) {
  const identity = await generateX25519Identity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return {
    seal: async (bundle, take) => give(await encrypter.encrypt(asInput(bundle)), take),
    open: async ({ body }, take) => give(await decrypter.decrypt(asInput(body)), take),
  }
}
