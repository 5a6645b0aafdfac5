import { calculateJwkThumbprint, CompactEncrypt, compactDecrypt, importJWK, importPKCS8, importSPKI } from 'jose'
import { expect, test } from 'vitest'
import { generateKeyPair, readerKid, verifyAndDecrypt } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, seal } from '../envelope/helpers.js'
import { rawHead, withHead } from '../envelope/hostile.js'
import { bundle, craftSlot, curves, freshReader, sealed, sessionKey, signer, slotHeader } from './readers.js'
import type { TestReader } from './readers.js'

const alg = 'ECDH-ES+A256KW'

async function joseOpen(slot: string, privateKey: string): ReturnType<typeof compactDecrypt> {
  const algorithms = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: ['A256GCM'] }
  return compactDecrypt(slot, await importPKCS8(privateKey, alg), algorithms)
}

async function joseSlot({ publicKey, kid }: TestReader, content: Uint8Array = sessionKey): Promise<string> {
  return new CompactEncrypt(content).setProtectedHeader({ alg, enc: 'A256GCM', kid }).encrypt(await importSPKI(publicKey, alg))
}

describeEachBackend('a JOSE library', (backend) => {
  test.each(curves)('R67: opens our slots for %s keys with the private key, and gets what we get', async (curve) => {
    const [reader, other] = [freshReader(curve), freshReader(curve)]
    const { head } = await seal(signer, bundle, { backend, readers: [reader.publicKey, other.publicJwk] })
    for (const [i, { kid, privateKey }] of [reader, other].entries()) {
      const slot = rawHead(head).keys[i] as string
      const { plaintext, protectedHeader } = await joseOpen(slot, privateKey)
      expect(plaintext).toHaveLength(32)
      expect(protectedHeader).toEqual({ alg, enc: 'A256GCM', kid, epk: slotHeader(slot)['epk'] })
      expect(plaintext).toEqual((await joseOpen(rawHead(head).keys[1 - i] as string, [reader, other][1 - i]?.privateKey as string)).plaintext)
      await expect(joseOpen(slot, freshReader(curve).privateKey)).rejects.toThrow()
    }
  })

  test.each(curves)('R67: makes slots for %s keys that we open', async (curve) => {
    const reader = freshReader(curve)
    const joseMade = withHead(sealed, (head) => (head.keys = []))
    const slot = await joseSlot(reader)
    await expectAccepted(withHead(joseMade, ({ keys }) => keys.push(slot)), accepting(signer, { backend, reader: reader.privateKey }), bundle)
    const ours = withHead(sealed, (head) => (head.keys = [craftSlot(reader, sessionKey)]))
    await expectAccepted(ours, accepting(signer, { backend, reader: reader.privateKey }), bundle)
    const wrong = await joseSlot(reader, new Uint8Array(32))
    const device = accepting(signer, { backend, reader: reader.privateKey })
    await expectRefused(() => verifyAndDecrypt(withHead(sealed, (head) => (head.keys = [wrong])), device), 'no-reader-key')
    await expectAccepted(withHead(sealed, (head) => (head.keys = [wrong, slot])), device, bundle)
  })

  test.each(curves)('takes the %s keys that we make, and names them as we do', async (curve) => {
    const { publicKey, privateKey, kid } = await generateKeyPair(curve, { backend })
    const { head } = await seal(signer, bundle, { backend, readers: [publicKey] })
    expect((await joseOpen(rawHead(head).keys[0] as string, privateKey)).plaintext).toHaveLength(32)
    const { publicJwk } = freshReader(curve)
    expect(await calculateJwkThumbprint(publicJwk)).toBe(await readerKid(publicJwk, { backend }))
    expect(await readerKid(publicKey, { backend })).toBe(kid)
    await importJWK({ ...publicJwk }, alg)
  })
})
