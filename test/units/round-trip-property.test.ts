import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHead, encryptBundle, openEnvelope, verifyAndDecrypt } from '../../src/index.js'
import { backends } from '../backends.js'
import { sameAs } from '../envelope/helpers.js'
import { freshEd25519, freshRsa } from '../envelope/signers.js'

const signers = [freshEd25519(), freshEd25519(), freshRsa(3072)]

const name = fc.stringMatching(/^[A-Za-z0-9._+-]{1,128}$/)
const mediaType = fc.stringMatching(/^[a-z0-9][a-z0-9.+-]{0,20}\/[a-z0-9][a-z0-9.+-]{0,20}$/)
const unicode = fc.string({ unit: 'binary', maxLength: 30 })
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 })
const backend = fc.constantFrom(...backends)
const now = Math.floor(Date.now() / 1000)

const options = fc.record(
  {
    app: name,
    version: name,
    by: fc.uniqueArray(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 3 }),
    sequence: fc.integer({ min: 1, max: now }),
    channel: name,
    runtime: name,
    type: mediaType,
    expires: fc.integer({ min: now + 600, max: 253_402_300_799 }),
    meta: fc.dictionary(unicode, unicode, { maxKeys: 5 }),
    readers: fc.array(secret, { minLength: 1, maxLength: 4 }),
    chunkSize: fc.constantFrom(16_384 as const, 262_144 as const),
  },
  { requiredKeys: ['app', 'version', 'by'] },
)

const bundles = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 16_384, 32_768, 40_000))
  .map(([start, length]) => Buffer.concat([start, Buffer.alloc(length, 7)]))

test('whatever a publisher says comes back as it was said, on any backend, through both doors', async () => {
  await fc.assert(
    fc.asyncProperty(options, bundles, backend, backend, fc.nat(), async (
      { by, ...said },
      bundle,
      publisher,
      device,
      seed,
    ) => {
      const signer = by.map((i) => signers[i]?.privateKey as string)
      const envelope = await encryptBundle(bundle, { ...said, signer, backend: publisher })
      const trust = signers[by[seed % by.length] as number]?.publicKey as string
      const reader = said.readers?.[seed % said.readers.length]
      const policy = {
        trust, app: said.app, channel: said.channel ?? null,
        lastSequence: said.sequence === undefined ? null : said.sequence - 1,
        runtime: said.runtime, type: said.type, maxSize: bundle.length, reader, backend: device,
      }
      const opened = await verifyAndDecrypt(seed % 2 === 0 ? envelope : envelope.toBytes(), policy)
      expect(opened.bundle).toSatisfy(sameAs(bundle))
      const { readers, type, chunkSize, ...claims } = said
      expect(opened.header).toMatchObject(claims)
      expect(opened.header.bundle).toMatchObject({ size: bundle.length, type: type ?? 'application/octet-stream' })
      expect(opened.header.body.chunk).toBe(chunkSize ?? 262_144)
      expect(decodeHead(envelope.head).slots).toHaveLength(readers?.length ?? by.length)
      expect((await openEnvelope(envelope.head, policy)).header).toEqual(opened.header)
    }),
    { numRuns: 120 },
  )
})
