// The AWS Encryption SDK with a raw AES keyring instead of a KMS, its default suite, which signs, and its default frames of 4 KiB.
import { randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient } from '@aws-crypto/client-node'
import { cut } from '../measure.mjs'
import { PIECE } from '../util.mjs'

const { encrypt, decrypt, encryptStream, decryptStream } = buildClient()
const shared = { package: '@aws-crypto/client-node', kind: 'peer', keys: () => randomBytes(32) }

export const contenders = [
  { ...shared, name: 'AWS Encryption SDK', flow: 'one-shot', setup: oneShot },
  { ...shared, name: 'AWS Encryption SDK', flow: 'stream', setup: streams },
]

function oneShot(key) {
  const keyring = keyringOf(key)
  return {
    seal: async (bundle, take) => take((await encrypt(keyring, bundle)).result),
    open: async ({ body }, take) => take((await decrypt(keyring, body)).plaintext),
  }
}

function streams(key) {
  const keyring = keyringOf(key)
  return {
    seal: (bundle, take) => pass(bundle, encryptStream(keyring), take),
    open: ({ body }, take) => pass(body, decryptStream(keyring), take),
  }
}

function keyringOf(key) {
  return new RawAesKeyringNode({
    keyNamespace: 'bench',
    keyName: 'app',
    // Isolated: the keyring refuses a view of memory that holds other things.
    unencryptedMasterKey: Uint8Array.from(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
}

async function pass(bytes, through, take) {
  const write = (piece, _, done) => {
    take(piece)
    done()
  }
  await pipeline(Readable.from(cut(bytes, PIECE)), through, new Writable({ write }))
}
