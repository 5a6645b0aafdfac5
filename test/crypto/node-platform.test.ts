import { expect, it, vi } from 'vitest'
import { nodeDeviceBackend } from '../../src/crypto/node.js'
import { nobleBackend } from '../../src/crypto/noble-build.js'

/** A node:crypto without AES key wrap, as Bun and Deno have it. */
vi.mock('node:crypto', async (original) => ({ ...(await original<object>()), getCiphers: () => ['aes-256-gcm'] }))

const [wrappingKey, key] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

it('unwraps keys where node:crypto has no key wrap', async () => {
  const wrapped = await nobleBackend.wrapKey(wrappingKey, key)
  expect(await nodeDeviceBackend.unwrapKey(wrappingKey, wrapped)).toEqual(key)
  wrapped[0] = (wrapped[0] ?? 0) ^ 1
  expect(await nodeDeviceBackend.unwrapKey(wrappingKey, wrapped)).toBeUndefined()
})

/** Deno leaves memory that is posted to a closed port where it is, until the collector comes by. */
const keepsMemory = 'Deno' in globalThis

it.skipIf(keepsMemory)('frees a plaintext that owns its memory (not in Deno, where a closed port takes none)', () => {
  const own = new Uint8Array(262_144)
  nodeDeviceBackend.release?.(own)
  expect(own.length).toBe(0)
})

it('frees no plaintext that does not own its memory', () => {
  const part = new Uint8Array(32).subarray(0, 16)
  nodeDeviceBackend.release?.(part)
  expect(part.length).toBe(16)
})
