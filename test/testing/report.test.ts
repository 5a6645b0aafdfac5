import { expect, test } from 'vitest'
import { nobleDeviceBackend } from '../../src/crypto/noble.js'
import { nodeBackend } from '../../src/crypto/node-build.js'
import { backendTests, checkBackend } from '../../src/testing.js'
import type { Backend, Bytes, DeviceBackend } from '../../src/testing.js'

test('names are sentences that tell tests apart', () => {
  const names = backendTests(nodeBackend).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => !/^[\w, ]+( [\w-]+)?: /.test(name))).toEqual([])
})

test('answers that come later are as good as those that come at once', async () => {
  const later = Object.fromEntries(
    (['sha256', 'hmac', 'unwrapKey', 'verify', 'deriveSharedSecret', 'gcmOpener', 'gcmSealer', 'sign', 'wrapKey'] as const).map((name) => [
      name,
      async (...args: readonly unknown[]) => (nodeBackend as unknown as Record<string, (...same: readonly unknown[]) => unknown>)[name]?.(...args),
    ]),
  )
  expect(await checkBackend({ ...nodeBackend, ...later, lanes: 8 })).toMatchObject({ passed: true })
})

test('methods may use `this`', async () => {
  class Instance implements DeviceBackend {
    readonly name = 'instance'
    readonly lanes = 1
    readonly #inner = nobleDeviceBackend
    sha256(...parts: readonly Bytes[]): ReturnType<DeviceBackend['sha256']> {
      return this.#inner.sha256(...parts)
    }
    hmac(...args: Parameters<DeviceBackend['hmac']>): ReturnType<DeviceBackend['hmac']> {
      return this.#inner.hmac(...args)
    }
    gcmOpener(...args: Parameters<DeviceBackend['gcmOpener']>): ReturnType<DeviceBackend['gcmOpener']> {
      return this.#inner.gcmOpener(...args)
    }
    unwrapKey(...args: Parameters<DeviceBackend['unwrapKey']>): ReturnType<DeviceBackend['unwrapKey']> {
      return this.#inner.unwrapKey(...args)
    }
    verify(...args: Parameters<DeviceBackend['verify']>): ReturnType<DeviceBackend['verify']> {
      return this.#inner.verify(...args)
    }
  }
  expect(await checkBackend(new Instance())).toMatchObject({ passed: true, notTested: ['hasher', 'release', 'deriveSharedSecret'] })
})

test('a publisher\'s backend must be whole, and says what was left out', async () => {
  const without = (...names: readonly (keyof Backend)[]): Backend =>
    Object.fromEntries(Object.entries(nodeBackend).filter(([name]) => !names.some((left) => left === name))) as unknown as Backend
  expect(await checkBackend(without('generateAgreementKey', 'passwords'))).toMatchObject({ passed: true, notTested: ['generateAgreementKey', 'passwords'] })
  expect((await checkBackend(without('wrapKey'))).failures).toEqual([{ name: 'backend: has every method that publishers need', message: 'no such method: wrapKey' }])
  const [failure] = (await checkBackend(nobleDeviceBackend, { publisher: true })).failures
  expect(failure?.message).toContain('randomBytes, gcmSealer')
})

test.each([undefined, null, 1, 'node', []])('what is no backend is reported, not thrown: %j', async (value) => {
  const report = await checkBackend(value as unknown as Backend)
  expect(report).toMatchObject({ passed: false, tests: 0 })
  expect(report.failures).toHaveLength(1)
})

test('an empty object fails every test that it is put to', async () => {
  const report = await checkBackend({} as Backend)
  expect(report.failures.map(({ name }) => name)).toEqual(['backend: has every method that devices need', 'backend: has a name, and lanes from 1 to 64'])
})
