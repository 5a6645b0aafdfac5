import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { encryptForCapgo, verifyAndDecryptCapgo } from '../../src/capgo.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()

describeEachCapgoBackend('releases', (backend) => {
  test.each([1, 15, 16, 17, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 2 ** 19 + 5])('of %i bytes are read as they were written', async (size) => {
    const bundle = randomBytes(size)
    for (const checksumForm of ['V2', 'V3'] as const) {
      const release = await encryptForCapgo(bundle, { privateKey, checksumForm, backend })
      const opened = await verifyAndDecryptCapgo(release.payload, { ...release, publicKey, backend })
      expect(bundle.equals(opened.bundle)).toBe(true)
      const cli = cliRelease(bundle, privateKey, checksumForm)
      expect(bundle.equals((await verifyAndDecryptCapgo(cli.payload, { ...cli, publicKey, backend })).bundle)).toBe(true)
    }
  })
})
