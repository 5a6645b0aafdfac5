import { webcrypto } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { nobleBackend } from '../../src/crypto/noble-build.js'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { webBackend } from '../../src/crypto/web-build.js'
import { webDeviceBackend } from '../../src/crypto/web.js'
import { ascii } from '../../src/text.js'
import { backends, openSealed } from '../backends.js'
import { freshEd25519, freshRsa } from './keys.js'
import type { AgreementPrivateJwk, Backend } from '../../src/crypto/backend.js'

const key = freshEd25519()
const rsa = freshRsa()
const agreement = await nobleBackend.generateAgreementKey?.('X25519') as AgreementPrivateJwk
const message = ascii('otaseal')
const bytes32 = new Uint8Array(32).fill(7)
const signature = await nobleBackend.sign(key.signing, message)

const unavailable = {
  name: 'EnvelopeError',
  code: 'backend-unavailable',
  message: expect.stringMatching(/import \{ nobleDeviceBackend \} from 'otaseal\/noble'.*nobleBackend/) as unknown,
}

/** One call of everything that a backend does. */
const calls: Readonly<Record<string, (backend: Backend) => unknown>> = {
  sha256: (backend) => backend.sha256(message),
  hmac: (backend) => backend.hmac('SHA-256', bytes32, message),
  gcmOpener: (backend) => backend.gcmOpener(bytes32),
  unwrapKey: (backend) => backend.unwrapKey(bytes32, new Uint8Array(40)),
  verify: (backend) => backend.verify(key.verifying, signature, message),
  randomBytes: (backend) => backend.randomBytes(1),
  gcmSealer: (backend) => backend.gcmSealer(bytes32),
  wrapKey: (backend) => backend.wrapKey(bytes32, bytes32),
  sign: (backend) => backend.sign(key.signing, message),
  ed25519PublicKey: (backend) => backend.ed25519PublicKey(bytes32),
  generateKey: (backend) => backend.generateKey({ algorithm: 'Ed25519' }),
  generateAgreementKey: (backend) => backend.generateAgreementKey?.('X25519'),
  deriveSharedSecret: (backend) => backend.deriveSharedSecret?.(agreement, agreement),
  passwords: (backend) => backend.passwords?.pbkdf2('SHA-256', message, bytes32, 1),
}

/** WebCrypto with some of its functions replaced. */
function stubSubtle(functions: Readonly<Record<string, unknown>>): void {
  const subtle: object = new Proxy(webcrypto.subtle, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(functions, name)) return functions[name]
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  vi.stubGlobal('crypto', { subtle, getRandomValues: (array: Uint8Array) => webcrypto.getRandomValues(array) })
}

function rejecting(name: string): () => Promise<never> {
  return () => Promise.reject(new DOMException('as a platform says it', name))
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the calls here are all that there is of a backend, save the running hash, which is not WebCrypto', () => {
  expect(Object.keys(webBackend).sort()).toEqual([...Object.keys(calls), 'hasher', 'lanes', 'name'].sort())
})

test.each(Object.keys(calls))('%s without WebCrypto says so and names the way out', async (name) => {
  for (const crypto of [undefined, {}, { getRandomValues: () => new Uint8Array(1) }]) {
    vi.stubGlobal('crypto', crypto)
    await expect((async () => calls[name]?.(webBackend))()).rejects.toMatchObject(unavailable)
  }
})

const ed25519Calls = ['verify', 'sign', 'ed25519PublicKey', 'generateKey']

test.each(ed25519Calls)('%s without Ed25519 in WebCrypto says so', async (name) => {
  stubSubtle({ importKey: rejecting('NotSupportedError'), generateKey: rejecting('NotSupportedError') })
  const refused = (async () => calls[name]?.(webBackend))()
  await expect(refused).rejects.toMatchObject({ ...unavailable, cause: { name: 'NotSupportedError' } })
  await expect((async () => calls[name]?.(webBackend))()).rejects.toThrow(/no Ed25519/)
})

test.each(['generateAgreementKey', 'deriveSharedSecret'])('%s without X25519 in WebCrypto names both ways out', async (name) => {
  stubSubtle({ importKey: rejecting('NotSupportedError'), generateKey: rejecting('NotSupportedError') })
  const refused = (async () => calls[name]?.(webBackend))()
  await expect(refused).rejects.toMatchObject({ ...unavailable, cause: { name: 'NotSupportedError' } })
  await expect((async () => calls[name]?.(webBackend))()).rejects.toThrow(/no X25519.*import \{ nobleReader \} from 'otaseal\/noble'/)
})

test('a reader key that WebCrypto failed to make is made again, but not for ever', async () => {
  for (const [failures, made] of [[1, true], [7, true], [8, false]] as const) {
    let calls = 0
    const generateKey = async (...given: Parameters<typeof webcrypto.subtle.generateKey>): Promise<unknown> => {
      if (calls++ < failures) throw new DOMException('as WebKitGTK says it', 'OperationError')
      return webcrypto.subtle.generateKey(...given)
    }
    stubSubtle({ generateKey })
    const key = (async () => webBackend.generateAgreementKey?.('X25519'))()
    if (made) expect(await key).toMatchObject({ kty: 'OKP', crv: 'X25519' })
    else await expect(key).rejects.toMatchObject({ code: 'backend-unavailable' })
  }
})

describe('an unexpected failure of the platform stays an exception', () => {
  test('in opening, unwrapping and verifying', async () => {
    for (const name of ['InvalidAccessError', 'NotSupportedError', 'UnknownError']) {
      stubSubtle({ decrypt: rejecting(name), unwrapKey: rejecting(name), verify: rejecting(name) })
      const opener = await webDeviceBackend.gcmOpener(bytes32)
      await expect((async () => openSealed(opener, new Uint8Array(12), bytes32))()).rejects.toMatchObject({ name })
      await expect((async () => calls['unwrapKey']?.(webBackend))()).rejects.toMatchObject({ name })
      await expect((async () => calls['verify']?.(webBackend))()).rejects.toMatchObject({ name })
    }
  })

  test('in deriving a shared secret', async () => {
    for (const name of ['InvalidAccessError', 'UnknownError', 'QuotaExceededError']) {
      for (const call of ['importKey', 'deriveBits']) {
        stubSubtle({ [call]: rejecting(name) })
        await expect((async () => calls['deriveSharedSecret']?.(webBackend))()).rejects.toMatchObject({ name })
      }
    }
  })

  test('and an import that fails for another reason is not called unavailable', async () => {
    stubSubtle({ importKey: rejecting('DataError') })
    await expect((async () => calls['verify']?.(webBackend))()).rejects.toMatchObject({ name: 'DataError' })
  })
})

test('a verdict of WebCrypto is passed on as it is', async () => {
  for (const verdict of [true, false]) {
    stubSubtle({ verify: () => Promise.resolve(verdict) })
    expect(await webDeviceBackend.verify(key.verifying, signature, message)).toBe(verdict)
  }
})

describe('pure JavaScript', () => {
  test('does the device\'s work without any platform cryptography, TextEncoder, Buffer or console', async () => {
    const sealed = await (await nobleBackend.gcmSealer(bytes32)).seal(new Uint8Array(12), message)
    const wrapped = await nobleBackend.wrapKey(bytes32, bytes32)
    const salted = await nobleBackend.sign(rsa.signing, message)
    for (const name of ['crypto', 'TextEncoder', 'TextDecoder', 'Buffer', 'console']) vi.stubGlobal(name, undefined)
    const results = [
      await openSealed(await nobleDeviceBackend.gcmOpener(bytes32), new Uint8Array(12), sealed),
      await nobleDeviceBackend.unwrapKey(bytes32, wrapped),
      await nobleDeviceBackend.verify(key.verifying, signature, message),
      await nobleDeviceBackend.verify(rsa.verifying, salted, message),
      (await nobleDeviceBackend.hmac('SHA-512', bytes32, await nobleDeviceBackend.sha256(message))).length,
    ]
    vi.unstubAllGlobals()
    expect(results).toEqual([message, bytes32, true, true, 64])
  })

  test('fails loudly where there is no random generator, and never signs RSA without a salt', async () => {
    vi.stubGlobal('crypto', undefined)
    const code = 'backend-unavailable'
    expect(() => nobleBackend.randomBytes(32)).toThrow(expect.objectContaining({ code }))
    await expect((async () => nobleBackend.generateKey({ algorithm: 'Ed25519' }))()).rejects.toMatchObject({ code })
    await expect((async () => nobleBackend.sign(rsa.signing, message))()).rejects.toMatchObject({ code })
  })
})

test('a key whose algorithm and numbers contradict each other never verifies nor signs', async () => {
  const mixed = [{ ...key.verifying, algorithm: 'PS256' }, { ...rsa.verifying, algorithm: 'Ed25519' }] as const
  const length = [64, 384]
  for (const backend of backends) {
    for (const [i, verifying] of mixed.entries()) {
      const verdict = (async () => backend.verify(verifying, new Uint8Array(length[i] as number), message))()
      expect(await verdict.catch(() => 'thrown'), backend.name).not.toBe(true)
    }
    const unknown = { ...key.verifying, algorithm: 'constructor' as 'Ed25519' }
    const verdict = (async () => backend.verify(unknown, signature, message))()
    await expect(verdict).rejects.toMatchObject({ code: 'unsupported' })
  }
})

test('the device halves hold nothing of sealing, signing or making keys, and bear the same names', () => {
  const device = ['deriveSharedSecret', 'gcmOpener', 'hmac', 'lanes', 'name', 'sha256', 'unwrapKey', 'verify']
  for (const [i, half] of [nodeDeviceBackend, webDeviceBackend, nobleDeviceBackend].entries()) {
    const optional = ['release', 'hasher']
    expect(Object.keys(half).filter((name) => !optional.includes(name)).sort()).toEqual(device)
    expect([half.name, half.lanes]).toEqual([backends[i]?.name, backends[i]?.lanes])
  }
  expect(backends.map(({ name, lanes }) => [name, lanes])).toEqual([['node', 1], ['web', 4], ['noble', 1]])
})
