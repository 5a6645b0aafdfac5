import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decryptCapgoFile, encryptFileForCapgo } from '../../src/node.js'
import { cliKeyPair, cliRelease, describeEachCapgoBackend } from '../capgo/helpers.js'
import { promptly, watchedSignal } from '../stream/signals.js'
import { pullCounting, settled, streamOf } from '../stream/streams.js'
import { expectFailure, failureIn, makePlace } from './helpers.js'
import type { CallOptions, Progress } from '../../src/capgo.js'
import type { CapgoDecryptedFile, CapgoEncryptedFile, FileInput, FileOutput } from '../../src/node.js'

const { publicKey, privateKey } = cliKeyPair()
const P = 2 ** 19
const bundle = randomBytes(3 * P + 500)
const release = cliRelease(bundle, privateKey, 'V3')
const { payload, ...fields } = release
const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
type Work = (source: FileInput, to: FileOutput, more: CallOptions & { readonly overwrite?: boolean }) => Promise<CapgoEncryptedFile | CapgoDecryptedFile>
const reason = new Error('the publisher went home')

describeEachCapgoBackend('files of releases', (backend) => {
  const encrypting = { privateKey, publicKey, checksumForm: 'V3', backend } as const
  const decrypting = { ...fields, publicKey, backend } as const

  test.each([1, 15, 16, P - 1, P, P + 1, 2 * P, 2 * P + 500])('of %i bytes are encrypted and decrypted', async (size) => {
    const place = makePlace()
    const content = randomBytes(size)
    const from = place.put('app.zip', content)
    const made = await encryptFileForCapgo(from, place.path('app.enc'), encrypting)
    expect(made).toEqual({ ...made, checksumForm: 'V3', size: size + 16 - (size % 16) })
    expect(Object.keys(made).sort()).toEqual(['checksum', 'checksumForm', 'keyId', 'sessionKey', 'size'])
    expect(place.read('app.enc').length).toBe(made.size)
    const found = await decryptCapgoFile(pathToFileURL(place.path('app.enc')), pathToFileURL(place.path('out.zip')), { ...made, publicKey, backend })
    expect(found).toEqual({ sha256: hex(content), checksumForm: 'V3', keyId: made.keyId })
    expect(place.read('out.zip').equals(content)).toBe(true)
    expect(place.temporaries()).toEqual([])
  })

  test('of the Capgo CLI are decrypted to a file and to a function, from a file and from streams', async () => {
    const place = makePlace()
    const from = place.put('app.enc', payload)
    await decryptCapgoFile(from, place.path('a.zip'), decrypting)
    await decryptCapgoFile(Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>, place.path('b.zip'), decrypting)
    const pieces: Buffer[] = []
    const found = await decryptCapgoFile(streamOf(payload, 1000), async (bytes) => void pieces.push(Buffer.from(bytes)), decrypting)
    expect([place.read('a.zip'), place.read('b.zip'), Buffer.concat(pieces)].every((bytes) => bytes.equals(bundle))).toBe(true)
    expect(found.sha256).toBe(hex(bundle))
    expect(place.temporaries()).toEqual([])
  })

  test('are encrypted to a function as they are made', async () => {
    const pieces: Buffer[] = []
    const made = await encryptFileForCapgo(streamOf(bundle, 7777), async (bytes) => void pieces.push(Buffer.from(bytes)), encrypting)
    expect(pieces.map(({ length }) => length)).toEqual([P, P, P, 512])
    expect(made.size).toBe(3 * P + 512)
    const place = makePlace()
    await decryptCapgoFile(place.put('app.enc', Buffer.concat(pieces)), place.path('app.zip'), { ...made, publicKey, backend })
    expect(place.read('app.zip').equals(bundle)).toBe(true)
  })

  test('a payload that was changed leaves nothing, neither under its name nor beside it', async () => {
    const place = makePlace()
    for (const at of [0, P, payload.length - 1]) {
      const changed = Buffer.from(payload)
      changed[at] = (changed[at] as number) ^ 1
      const from = place.put('app.enc', changed)
      await expectFailure(place, async () => decryptCapgoFile(from, place.path('app.zip'), decrypting), 'bad-checksum')
      await expectFailure(place, async () => decryptCapgoFile(from, async () => Promise.reject(new Error('it was called')), decrypting), 'bad-checksum')
    }
    const short = place.put('app.enc', payload.subarray(0, -1))
    await expectFailure(place, async () => decryptCapgoFile(short, place.path('app.zip'), decrypting), 'truncated')
    const none = place.put('none', '')
    await expectFailure(place, async () => decryptCapgoFile(none, place.path('app.zip'), decrypting), 'truncated')
  })

  test('an existing file stays what it is, unless it may be replaced, and then until all was compared', async () => {
    const place = makePlace()
    const old = place.put('app.zip', 'old', 0o640)
    const from = place.put('app.enc', payload)
    const empty = place.put('empty.zip', '')
    await expectFailure(place, async () => decryptCapgoFile(from, old, decrypting), 'EEXIST')
    await expectFailure(place, async () => encryptFileForCapgo(from, old, encrypting), 'EEXIST')
    await expectFailure(place, async () => decryptCapgoFile(from, old, { ...decrypting, overwrite: true, maxSize: 5 }), 'too-large')
    await expectFailure(place, async () => encryptFileForCapgo(empty, old, { ...encrypting, overwrite: true }), 'malformed-release')
    await decryptCapgoFile(from, old, { ...decrypting, overwrite: true })
    expect([place.read('app.zip').equals(bundle), place.mode('app.zip')]).toEqual([true, 0o640])
    const made = await encryptFileForCapgo(old, from, { ...encrypting, overwrite: true })
    expect(place.read('app.enc').length).toBe(made.size)
  })

  test('a file may be decrypted onto itself, and a link is replaced itself', async () => {
    const place = makePlace()
    const path = place.put('app', payload)
    symlinkSync(path, place.path('link'))
    await decryptCapgoFile(path, place.path('link'), { ...decrypting, overwrite: true })
    expect([place.read('link').equals(bundle), place.read('app').equals(payload)]).toEqual([true, true])
    await decryptCapgoFile(path, path, { ...decrypting, overwrite: true })
    expect(place.read('app').equals(bundle)).toBe(true)
  })

  test('what is refused before the payload is read opens no file', async () => {
    const place = makePlace()
    const nowhere = place.path('not there')
    for (const [more, code] of [[{ sessionKey: '' }, 'malformed-release'], [{ checksum: '' }, 'malformed-release'], [{ pluginVersion: '7.29.0' }, 'unsupported']] as const) {
      await expectFailure(place, async () => decryptCapgoFile(nowhere, place.path('app.zip'), { ...decrypting, ...more }), code)
    }
    await expectFailure(place, async () => decryptCapgoFile(nowhere, place.path('app.zip'), decrypting), 'ENOENT')
    await expectFailure(place, async () => encryptFileForCapgo(nowhere, place.path('app.enc'), encrypting), 'ENOENT')
    expect(await failureIn(place, async () => decryptCapgoFile(nowhere, nowhere, { ...decrypting, overwrite: 'yes' as unknown as boolean }))).toBeInstanceOf(TypeError)
  })

  test('progress is told with the size of the file that is read', async () => {
    const place = makePlace()
    const seen: Progress[] = []
    const onProgress = (progress: Progress): void => void seen.push(progress)
    await encryptFileForCapgo(place.put('app.zip', bundle), async () => undefined, { ...encrypting, onProgress })
    expect(seen.splice(0)).toEqual([P, 2 * P, 3 * P, bundle.length].map((done) => ({ done, total: bundle.length })))
    await decryptCapgoFile(place.put('app.enc', payload), place.path('out.zip'), { ...decrypting, onProgress })
    expect(seen.splice(0)).toEqual([P, 2 * P, 3 * P, payload.length].map((done) => ({ done, total: payload.length })))
  })

  test('options may change right after the call', async () => {
    const place = makePlace()
    const [zip, enc] = [place.put('app.zip', bundle), place.put('app.enc', payload)]
    const [writing, reading] = [{ ...encrypting, overwrite: false }, { ...decrypting, overwrite: false }]
    const refused = [encryptFileForCapgo(zip, enc, writing), decryptCapgoFile(enc, zip, reading)]
    for (const options of [writing, reading]) options.overwrite = true
    expect(await Promise.allSettled(refused)).toMatchObject([{ reason: { code: 'EEXIST' } }, { reason: { code: 'EEXIST' } }])
    const read = decryptCapgoFile(enc, zip, reading)
    Object.assign(reading, { overwrite: false, sessionKey: '', checksum: '', publicKey: '' })
    expect((await read).sha256).toBe(hex(bundle))
    const made = encryptFileForCapgo(zip, enc, writing)
    Object.assign(writing, { overwrite: false, privateKey: '', checksumForm: 'V2' })
    expect((await made).checksumForm).toBe('V3')
  })

  describe.each([
    ['encrypting', async (source, to, more) => encryptFileForCapgo(source, to, { ...encrypting, ...more }), bundle],
    ['decrypting', async (source, to, more) => decryptCapgoFile(source, to, { ...decrypting, ...more }), payload],
  ] as readonly (readonly [string, Work, Buffer])[])('while %s:', (name, work, input) => {
    test('an abort before or during the work leaves nothing, and cancels the source', async () => {
      const place = makePlace()
      for (const at of [-1, P, 2 * P, input.length]) {
        const { signal, abort, listeners } = watchedSignal()
        if (at < 0) abort(reason)
        const { stream, log } = pullCounting(input)
        const onProgress = ({ done }: Progress): void => {
          if (done === at) abort(reason)
        }
        const error = await failureIn(place, async () => work(stream, place.path('out'), { signal, onProgress }))
        expect(error).toMatchObject({ code: 'aborted', cause: reason })
        await settled()
        expect([log.ended || log.cancelled.length === 1, listeners()]).toEqual([true, 0])
      }
    })

    test('an abort ends a wait for the function that takes the result', async () => {
      const place = makePlace()
      const { signal, abort, listeners } = watchedSignal()
      const write = async (): Promise<void> => {
        setImmediate(() => abort(reason))
        return new Promise(() => undefined)
      }
      expect(await promptly(work(streamOf(input), write, { signal }))).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } })
      await settled()
      expect([place.temporaries(), listeners()]).toEqual([[], 0])
    })

    test('an error of the function that takes the result comes out unchanged, and nothing stays behind', async () => {
      const place = makePlace()
      const { signal, listeners } = watchedSignal()
      const { stream, log } = pullCounting(input)
      let calls = 0
      const write = async (): Promise<void> => {
        calls++
        throw reason
      }
      expect(await promptly(work(stream, write, { signal }))).toEqual({ status: 'rejected', reason })
      await settled()
      expect(calls).toBe(1)
      if (name === 'encrypting') expect(log.cancelled).toEqual([reason])
      expect([place.temporaries(), listeners()]).toEqual([[], 0])
    })

    test('an abort as the file is about to get its name leaves the one that was there', async () => {
      const place = makePlace()
      const old = place.put('out', 'old', 0o640)
      const signal = {
        // The temporary file gets the mode of the old one when all of it is written down.
        get aborted(): boolean {
          return place.temporaries().some((path) => (lstatSync(path).mode & 0o777) === 0o640)
        },
        reason,
      }
      expect(await failureIn(place, async () => work(streamOf(input), old, { signal, overwrite: true }))).toMatchObject({ code: 'aborted', cause: reason })
      expect([place.read('out').toString(), place.temporaries()]).toEqual(['old', []])
    })

    test.skipIf(process.platform === 'win32')('an abort ends a wait for a pipe into which nobody writes', async () => {
      const place = makePlace()
      const pipe = place.path('pipe')
      execFileSync('mkfifo', [pipe])
      const { signal, abort } = watchedSignal()
      const outcome = promptly(work(pipe, place.path('out'), { signal }))
      setTimeout(() => abort(reason), 20)
      expect(await outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } })
      writeFileSync(pipe, '')
      expect(place.temporaries()).toEqual([])
    })

    test('an error of the source comes out unchanged, and leaves nothing', async () => {
      const place = makePlace()
      const source = streamOf(input.subarray(0, 2 * P), 5000, { then: { error: reason } })
      expect(await failureIn(place, async () => work(source, place.path('out'), {}))).toBe(reason)
    })
  })
})
