// OpenPGP of RFC 9580: version 6 keys, AES-256-GCM in chunks, signed inside of what is encrypted. That order is the format's: the
// signature is checked over all plaintext at the end.
import { config, createMessage, decrypt, encrypt, enums, generateKey, readKey, readMessage, readPrivateKey } from 'openpgp'
import { drain, streamOf } from '../measure.mjs'
import { PIECE } from '../util.mjs'

const shared = { package: 'openpgp', kind: 'peer' }
const AEAD = { ...config, v6Keys: true, aeadProtect: true, preferredAEADAlgorithm: enums.aead.gcm }

export const contenders = [
  { ...shared, name: 'openpgp, AEAD', flow: 'one-shot', keys, setup: (binary) => setup(binary, (bytes) => bytes, async (data, take) => take(data)) },
  { ...shared, name: 'openpgp, AEAD', flow: 'stream', keys, setup: (binary) => setup(binary, (bytes) => streamOf(bytes, PIECE), drain) },
]

async function keys() {
  return { publisher: await makeKey('publisher'), reader: await makeKey('reader') }
}

async function setup(keysAsBytes, asInput, give) {
  const [publisher, reader] = [await readPair(keysAsBytes.publisher), await readPair(keysAsBytes.reader)]
  return {
    seal: async (bundle, take) => {
      const message = await createMessage({ binary: asInput(bundle) })
      const keys = { encryptionKeys: reader.publicKey, signingKeys: publisher.privateKey }
      await give(await encrypt({ message, ...keys, format: 'binary', config: AEAD }), take)
    },
    open: async ({ body }, take) => {
      const message = await readMessage({ binaryMessage: asInput(body) })
      const keys = { decryptionKeys: reader.privateKey, verificationKeys: publisher.publicKey }
      const { data, signatures } = await decrypt({ message, ...keys, format: 'binary', config: AEAD })
      await give(data, take)
      await signatures[0].verified
    },
  }
}

function makeKey(name) {
  return generateKey({ userIDs: [{ name }], type: 'curve25519', format: 'binary', config: AEAD })
}

async function readPair({ publicKey, privateKey }) {
  return { publicKey: await readKey({ binaryKey: publicKey }), privateKey: await readPrivateKey({ binaryKey: privateKey }) }
}
