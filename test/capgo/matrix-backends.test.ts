import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { copyBytes } from '../../src/bytes.js'
import { encryptForCapgo, encryptForCapgoStream, verifyAndDecryptCapgo, verifyAndDecryptCapgoStream } from '../../src/capgo.js'
import { nobleCapgoBackend as nobleDoor } from '../../src/noble.js'
import { decryptCapgoFile, encryptFileForCapgo, nodeCapgoBackend as nodeDoor } from '../../src/node.js'
import { streamOf } from '../stream/streams.js'
import { capgoBackends, cliKeyPair, cliRelease, failure } from './helpers.js'
import type { Bytes } from '../../src/bytes.js'
import type { CapgoBackend } from '../../src/capgo.js'

const { publicKey, privateKey } = cliKeyPair()
const random = (size: number): Bytes => copyBytes(randomBytes(size))

describe('the option backend', () => {
  const release = cliRelease(random(50), privateKey, 'V3')
  const encrypting = { privateKey, checksumForm: 'V3' } as const
  const decrypting = { publicKey, sessionKey: release.sessionKey, checksum: release.checksum }
  const calls = (backend: CapgoBackend): readonly (() => Promise<unknown>)[] => [
    async () => encryptForCapgo(random(50), { ...encrypting, backend }),
    async () => encryptForCapgoStream(streamOf(random(50)), { ...encrypting, backend }),
    async () => encryptFileForCapgo(streamOf(random(50)), async () => undefined, { ...encrypting, backend }),
    async () => verifyAndDecryptCapgo(release.payload, { ...decrypting, backend }),
    async () => verifyAndDecryptCapgoStream(streamOf(release.payload), { ...decrypting, backend }),
    async () => decryptCapgoFile(streamOf(release.payload), async () => undefined, { ...decrypting, backend }),
  ]

  test.each(['sha256', 'hasher', 'randomBytes', 'generateKey', 'cbc', 'rsaPublic', 'rsaPrivate', 'oaepDecrypt'] as const)('an object without %s is refused', async (name) => {
    for (const value of [undefined, null, 'text', {}]) {
      for (const call of calls({ ...nodeDoor, [name]: value })) {
        const error = await failure(call)
        expect(error).toBeInstanceOf(TypeError)
        expect(String(error)).toContain(`the method ${name}:`)
      }
    }
  })

  test('what is no object is refused', async () => {
    for (const value of [null, 'node', 1, [], () => nodeDoor]) {
      for (const call of calls(value as unknown as CapgoBackend)) expect(await failure(call)).toBeInstanceOf(TypeError)
    }
  })

  test('without release and brotli a backend does all of it', async () => {
    const { release: _release, brotli: _brotli, ...bare } = nodeDoor
    expect([typeof _release, typeof _brotli]).toEqual(['function', 'object'])
    for (const call of calls(bare)) await call()
  })

  test('left out it is node:crypto on Node, and the doors give the same objects', () => {
    expect(capgoBackends.map(({ name }) => name)).toEqual(['node', 'web', 'noble'])
    expect([nodeDoor, nobleDoor]).toEqual([capgoBackends[0], capgoBackends[2]])
  })

  test.each(capgoBackends.flatMap((writer) => capgoBackends.map((reader) => [writer.name, reader.name, writer, reader] as const)))('what %s writes %s reads', async (_w, _r, writer, reader) => {
    const bundle = random(1000)
    const made = await encryptForCapgo(bundle, { ...encrypting, backend: writer })
    expect((await verifyAndDecryptCapgo(made.payload, { ...made, publicKey, backend: reader })).bundle).toEqual(bundle)
  })
})
