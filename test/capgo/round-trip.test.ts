import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { encryptForCapgo, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'
import { rawOpen } from './hostile.js'

const { publicKey, privateKey } = cliKeyPair()

describeEachCapgoBackend('releases', (backend) => {
  test.each([1, 15, 16, 17, 2 ** 19 - 1, 2 ** 19, 2 ** 19 + 1, 2 ** 20 + 5])('of %i bytes are read as they were written', async (size) => {
    const bundle = randomBytes(size)
    for (const checksumForm of ['V2', 'V3'] as const) {
      const release = await encryptForCapgo(bundle, { privateKey, checksumForm, backend })
      const opened = await verifyAndDecryptCapgo(release.payload, { ...release, publicKey, backend })
      expect(bundle.equals(opened.bundle)).toBe(true)
      const cli = cliRelease(bundle, privateKey, checksumForm)
      expect(bundle.equals((await verifyAndDecryptCapgo(cli.payload, { ...cli, publicKey, backend })).bundle)).toBe(true)
    }
  })

  test('each have a session key and an initialisation vector of their own, which no other release has', async () => {
    const [keys, vectors] = [new Set<string>(), new Set<string>()]
    for (let i = 0; i < 3; i++) {
      const { sessionKey } = await encryptForCapgo(randomBytes(5), { privateKey, checksumForm: 'V3', backend })
      const [iv, signedKey] = sessionKey.split(':') as [string, string]
      vectors.add(iv)
      keys.add(rawOpen(Buffer.from(signedKey, 'base64'), publicKey).subarray(-16).toString('hex'))
    }
    expect([keys.size, vectors.size]).toEqual([3, 3])
  })
})
