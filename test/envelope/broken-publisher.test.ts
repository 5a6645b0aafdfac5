import { describe, expect, test } from 'vitest'
import { encryptBundle } from '../../src/index.js'
import { describeEachBackend } from '../backends.js'
import { accepting, expectAccepted, expectRefused, pattern, seal } from './helpers.js'
import { freshEd25519, freshRsa } from './signers.js'
import type { Backend } from '../../src/index.js'

const bundle = pattern(3)
const signers = [freshEd25519(), freshRsa(3072)].map((signer) => ({ alg: signer.alg, signer }))
const [{ signer: ed25519 }] = signers as [(typeof signers)[0]]

const faults: readonly (readonly [string, (signature: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>])[] = [
  ['a flipped bit', (signature) => signature.map((byte, i) => (i === 10 ? byte ^ 1 : byte))],
  ['zeros', (signature) => new Uint8Array(signature.length)],
  ['nothing', () => new Uint8Array(0)],
  ['a byte more', (signature) => new Uint8Array([...signature, 0])],
]

describeEachBackend('R27: encryptBundle with a platform whose signature is broken by', (backend) => {
  describe.each(signers)('$alg:', ({ signer }) => {
    test.each(faults)('%s gives nothing out', async (_, fault) => {
      let signed = 0
      const faulty: Backend = {
        ...backend,
        sign: async (key, message) => {
          signed++
          return fault(await backend.sign(key, message))
        },
      }
      await expectAccepted(await seal(signer, bundle, { backend }), accepting(signer), bundle)
      await expectRefused(() => seal(signer, bundle, { backend: faulty }), 'bad-key', /signature/)
      expect(signed).toBe(1)
    })
  })

  test('one of two signers gives nothing out', async () => {
    const second = freshEd25519()
    let signed = 0
    const faulty: Backend = {
      ...backend,
      sign: async (key, message) => {
        const signature = await backend.sign(key, message)
        return ++signed === 2 ? new Uint8Array(signature.length) : signature
      },
    }
    const signer = [ed25519.privateKey, second.privateKey]
    await expectRefused(() => seal(ed25519, bundle, { backend: faulty, signer }), 'bad-key')
    expect(signed).toBe(2)
  })
})

test('a private key whose numbers do not belong together signs nothing', async () => {
  const { d } = freshEd25519().keyObject.export({ format: 'jwk' })
  const { x } = ed25519.keyObject.export({ format: 'jwk' })
  const mixed = { kty: 'OKP', crv: 'Ed25519', d, x }
  await expectRefused(() => encryptBundle(bundle, { signer: mixed, app: 'a', version: '1' }), 'bad-key')
})

describe('R28: session keys, salts, content keys and nonces', () => {
  test('all come from the platform\'s generator, in their right lengths, and are never the same twice', async () => {
    const { nodeBackend } = await import('../../src/crypto/node-build.js')
    const drawn: Uint8Array[] = []
    const watched: Backend = {
      ...nodeBackend,
      randomBytes: (length) => {
        const bytes = nodeBackend.randomBytes(length)
        drawn.push(bytes.slice())
        return bytes
      },
    }
    for (let i = 0; i < 50; i++) await seal(ed25519, bundle, { backend: watched })
    expect(drawn.slice(0, 4).map(({ length }) => length).sort()).toEqual([12, 24, 32, 32])
    expect(drawn).toHaveLength(200)
    expect(new Set(drawn.map((bytes) => bytes.join())).size).toBe(200)
  })

  test('no key and nonce of the body is used twice', async () => {
    const { nodeBackend } = await import('../../src/crypto/node-build.js')
    const used = new Set<string>()
    let count = 0
    const watched: Backend = {
      ...nodeBackend,
      gcmSealer: async (key) => {
        const sealer = await nodeBackend.gcmSealer(key)
        return {
          seal: (nonce, plaintext, additionalData) => {
            used.add(`${key.join()} ${nonce.join()}`)
            count++
            return sealer.seal(nonce, plaintext, additionalData)
          },
        }
      },
    }
    for (let i = 0; i < 3; i++) await seal(ed25519, pattern(300 * 16_384), { backend: watched })
    expect(count).toBe(3 * (301 + 1))
    expect(used.size).toBe(count)
  })
})
