import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { splitEnvelope } from '../../src/index.js'
import { madeVectors, rsaSignatures } from './vectors-made.js'
import { bundleBytes, bytesOf, vectors } from './device-vectors.js'

const path = new URL('../vectors/device.json', import.meta.url)

test('device.json is what the script makes, which takes the signatures of RSA from it, since their salt is random', async () => {
  expect((await madeVectors(rsaSignatures({ vectors }))) === (await readFile(path, 'utf8'))).toBe(true)
})

test('without those, it makes the same but for heads that RSA keys sign', async () => {
  const fresh = JSON.parse(await madeVectors([])) as { vectors: typeof vectors }
  const others = fresh.vectors.filter(({ envelope }, i) => envelope !== vectors[i]?.envelope)
  expect(others.map(({ name }) => name)).toEqual([
    'RSA-4096',
    'two signatures, Ed25519 and RSA-4096, of a trust store that demands two',
    'two signatures, of which the device knows one key',
    'bad-signature: a header changed after it was signed by RSA-4096',
  ])
  for (const { name, envelope } of others) {
    const known = splitEnvelope(bytesOf(vectors.find((vector) => vector.name === name)?.envelope as string))
    const { head, payload } = splitEnvelope(bytesOf(envelope))
    expect(Buffer.from(payload).equals(known.payload)).toBe(true)
    expect(withoutRsa(head)).toEqual(withoutRsa(known.head))
  }
})

/** The head without its signatures of RSA. */
function withoutRsa(head: string): unknown {
  const { signatures, ...rest } = JSON.parse(head) as { signatures: { signature: string }[] }
  return { ...rest, signatures: signatures.map(({ signature, ...more }) => (signature.length > 600 ? more : { ...more, signature })) }
}

test('bundles have the SHA-256 and the size that the file says, and are of the bytes that it describes', () => {
  const accepted = vectors.flatMap(({ bundle }) => bundle ?? [])
  expect(accepted.length).toBeGreaterThan(15)
  for (const { size, sha256 } of accepted) expect(createHash('sha256').update(bundleBytes(size)).digest('hex')).toBe(sha256)
})

test('names are told once, and those of refused envelopes begin with the code', async () => {
  expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
  for (const { name, code, bundle } of vectors) {
    expect(bundle === undefined).toBe(code !== undefined)
    if (code !== undefined) expect(name.startsWith(`${code}: `)).toBe(true)
  }
  expect((await readFile(path)).length).toBeLessThan(400_000)
})
