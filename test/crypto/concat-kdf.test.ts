import { expect, test } from 'vitest'
import { concatKdf } from '../../src/crypto/concat-kdf.js'
import { ascii, base64urlEncode } from '../../src/text.js'
import { describeEachBackend } from '../backends.js'
import type { Bytes } from '../../src/bytes.js'
import type { AgreementPrivateJwk, AgreementPublicJwk } from '../../src/crypto/backend.js'

describeEachBackend('the Concat KDF', (backend) => {
  test('gives the key of RFC 7518 appendix C, from the shared secret of its two keys', async () => {
    const alice: AgreementPrivateJwk = {
      kty: 'EC', crv: 'P-256',
      x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0', y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
      d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
    }
    const bob: AgreementPublicJwk = {
      kty: 'EC', crv: 'P-256',
      x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ', y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
    }
    const secret = (await backend.deriveSharedSecret?.(alice, bob)) as Bytes
    const info = { algorithm: 'A128GCM', apu: ascii('Alice'), apv: ascii('Bob'), size: 16 }
    expect(base64urlEncode(await concatKdf(backend, secret, info))).toBe('VqqN6vgjbSBcIijNcacQGg')
  })

  test('binds every one of its inputs, and the lengths that part them', async () => {
    const info = { algorithm: 'ECDH-ES+A256KW', apu: new Uint8Array(0), apv: new Uint8Array(0), size: 32 }
    const secret = new Uint8Array(32).fill(7)
    const keys = await Promise.all([
      concatKdf(backend, secret, info),
      concatKdf(backend, new Uint8Array(32).fill(8), info),
      concatKdf(backend, secret, { ...info, algorithm: 'ECDH-ES+A128KW' }),
      concatKdf(backend, secret, { ...info, apu: ascii('a') }),
      concatKdf(backend, secret, { ...info, apv: ascii('a') }),
      concatKdf(backend, secret, { ...info, size: 16 }),
    ])
    expect(new Set(keys.map((key) => base64urlEncode(key.subarray(0, 16)))).size).toBe(keys.length)
    await expect(concatKdf(backend, secret, { ...info, size: 33 })).rejects.toThrow(RangeError)
  })
})
