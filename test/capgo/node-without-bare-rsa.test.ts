import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { readCapgoPrivateKey } from '../../src/capgo/keys.js'
import { cliKeyPair } from './helpers.js'
import { blockOf, rawSign } from './hostile.js'
import type * as Crypto from 'node:crypto'

/* What Node itself never shows: a node:crypto without RSA without padding, as Deno has it. */

const outcomes = {
  throws: (): Buffer => {
    throw new TypeError('not implemented')
  },
  'takes the padding off anyway': (): Buffer => Buffer.alloc(0),
}
const raw = vi.hoisted((): { publicDecrypt: (() => Buffer) | undefined } => ({ publicDecrypt: undefined }))

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  const missing = (): never => {
    throw new Error('node:crypto was asked for RSA without padding again')
  }
  return {
    ...crypto,
    publicDecrypt: (...call: Parameters<typeof crypto.publicDecrypt>) => (raw.publicDecrypt ?? (() => crypto.publicDecrypt(...call)))(),
    privateEncrypt: (...call: Parameters<typeof crypto.privateEncrypt>) => (raw.publicDecrypt === undefined ? crypto.privateEncrypt(...call) : missing()),
  }
})

const { privateKey } = cliKeyPair()
const { jwk, publicKey } = readCapgoPrivateKey(privateKey)

describe.each(Object.entries(outcomes))('where publicDecrypt of node:crypto without padding %s', (_, publicDecrypt) => {
  beforeEach(() => {
    raw.publicDecrypt = undefined
    vi.resetModules()
  })

  test('RSA is done in JavaScript, both ways', async () => {
    const block = copyBytes(blockOf(randomBytes(16)))
    const signature = copyBytes(rawSign(block, privateKey))
    raw.publicDecrypt = publicDecrypt
    const { nodeCapgoBackend } = await import('../../src/crypto/node-capgo.js')
    expect(await (await nodeCapgoBackend.rsaPrivate(jwk))(block)).toEqual(signature)
    expect(await (await nodeCapgoBackend.rsaPublic(publicKey.jwk))(signature)).toEqual(block)
    expect(await (await nodeCapgoBackend.rsaPublic(publicKey.jwk))(copyBytes(Buffer.alloc(256, 0xff)))).toBeUndefined()
  })
})
