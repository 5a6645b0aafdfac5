import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sealBundle } from '../src/build/encrypt-bundle.js'
import { readPlan } from '../src/build/options.js'
import { readSigners } from '../src/build/signers.js'
import { nodeBackend } from '../src/crypto/node-build.js'
import { verifyAndDecrypt } from '../src/index.js'
import { base64urlEncode } from '../src/text.js'
import { example, sha256, xor } from '../tools/spec-values.mjs'
import { describeEachBackend } from './backends.js'
import type { Bytes } from '../src/bytes.js'
import type { DeviceOptions } from '../src/index.js'

const page = readFileSync(new URL('../docs/spec.md', import.meta.url), 'utf8').split('### 16.1 A whole envelope')[1]?.split('\n## ')[0] ?? ''
const rows = page.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.slice(2, -2).split(' | '))
const valueOf = (name: string): string => rows.find(([first]) => first === name)?.at(-1)?.replaceAll('`', '') ?? ''
const bytesOf = (name: string): Bytes => Uint8Array.from(Buffer.from(valueOf(name), 'hex'))
/** The texts of the page, their line breaks taken out. */
const [header = '', both = '', signingInput = '', head = ''] = [...page.matchAll(/```text\n([^`]*)```/g)].map(([, text = '']) => text.trimEnd())
const joined = (text: string): string => text.replaceAll('\n', '')

/** The rows of the last table, in their order. */
const fields = rows.slice(rows.findIndex(([first]) => first === 'offset') + 1)
const file = Buffer.concat(fields.map(([, , name, bytes = '']) => (name === 'head' ? Buffer.from(joined(head)) : Buffer.from(bytes.replaceAll('`', ''), 'hex'))))

const device: DeviceOptions = {
  trust: { kty: 'OKP', crv: 'Ed25519', x: valueOf('public key `x`') },
  ...{ app: 'com.example.app', channel: 'production', lastSequence: 1763769599, now: 1763769600 },
}

/** A publisher that draws the session key, the salt and the slot's secrets of the page. */
async function published(): Promise<Uint8Array> {
  const drawn = ['session key', 'salt', 'content key of the slot', 'IV of the slot'].map(bytesOf)
  const randomBytes = (length: number): Bytes => {
    const next = drawn.find((bytes) => bytes.length === length) as Bytes
    drawn.splice(drawn.indexOf(next), 1)
    return next
  }
  const d = base64urlEncode(bytesOf('private key (RFC 8032 section 7.1, test 1)'))
  const plan = readPlan({
    signer: { kty: 'OKP', crv: 'Ed25519', d, x: valueOf('public key `x`') },
    ...{ app: 'com.example.app', version: '1.4.0', sequence: 1763769600, channel: 'production', type: 'text/html', chunkSize: 16_384 },
    backend: { ...nodeBackend, randomBytes },
  })
  const dated = { ...plan, claims: { ...plan.claims, created: 1763769600 } }
  return (await sealBundle(bytesOf('bundle: `<h1>Hello</h1>`, line feed'), dated, await readSigners(dated))).toBytes()
}

describeEachBackend('R1, R3, R4, R12, R23, R33: the envelope of the specification', (backend) => {
  test('opens, as it is printed', async () => {
    const { bundle, signers } = await verifyAndDecrypt(file, { ...device, backend })
    expect(Buffer.from(bundle).toString()).toBe('<h1>Hello</h1>\n')
    expect(signers).toEqual([valueOf('`kid`')])
  })

  test('does not open with any byte of it changed', async () => {
    for (let i = 0; i < file.length; i += 7) {
      const bad = Uint8Array.from(file)
      bad[i] = (bad[i] ?? 0) ^ 1
      await expect(verifyAndDecrypt(bad, { ...device, backend }), `byte ${i}`).rejects.toThrow()
    }
  })
})

describe('the example of the specification', () => {
  test('is what the library publishes with the same secrets', async () => {
    expect(Buffer.from(await published()).equals(file)).toBe(true)
  })

  test('has the values that follow from its own words', () => {
    const made = example()
    expect(file.equals(made.file)).toBe(true)
    expect([joined(header), joined(signingInput), both]).toEqual([made.header, made.signingInput, `${made.protectedText}\n${made.slotText}`])
    const hex = {
      'SPKI': made.spki, 'wrapping key': made.wrappingKey, 'HKDF output, 76 bytes': made.output, 'encrypted chunk 0': made.chunk,
      'index digest': made.indexDigest, 'SHA-256 of the bundle': made.digest, 'pad': made.pad, 'the two XORed': xor(made.digest, made.pad),
      'signature': made.signature, 'encrypted key of the slot': made.wrapped, 'ciphertext of the slot': made.ciphertext, 'tag of the slot': made.tag,
    }
    for (const [name, value] of Object.entries(hex)) expect(valueOf(name), name).toBe(Buffer.from(value).toString('hex'))
    expect(page).toContain(`SHA-256 \`${sha256(file).toString('hex')}\``)
  })

  test('is laid out at the offsets that stand there', () => {
    let offset = 0
    for (const [at, size, name, bytes = ''] of fields) {
      expect([at, size], name).toEqual([String(offset), String(name === 'head' ? joined(head).length : bytes.length / 2 - 1)])
      offset += Number(size)
    }
    expect(offset).toBe(file.length)
  })
})
