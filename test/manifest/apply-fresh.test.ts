/** What was installed meanwhile counts: an older release never replaces a newer one. */
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/manifest.js'
import { expectRefused } from '../envelope/helpers.js'
import { apply, codeOf, expectInstalled, serverOf } from './applying.js'
import { opened, release } from './helpers.js'
import type { CreateManifestOptions } from '../../src/build.js'
import type { MemoryStorage } from '../../src/manifest.js'

async function installing(sequence: number, more: Partial<CreateManifestOptions> = {}): Promise<MemoryStorage> {
  const manifest = await release({ file: `of ${sequence}` }, { sequence, ...more })
  const storage = memoryStorage()
  const { app = 'com.example.app', channel = 'production' } = more
  await apply(await opened(manifest, { app, channel }), storage, serverOf([manifest]))
  return storage
}

const late = await release({ file: 'late' }, { sequence: 1005 })

// R47
test.each([1005, 1006, 2000])('a manifest of sequence 1005 that was opened before %i was installed is refused', async (sequence) => {
  const storage = await installing(sequence)
  const server = serverOf([late])
  await expectRefused(async () => apply(await opened(late), storage, server), 'rollback', /1005 is not above/)
  expectInstalled(storage, { file: `of ${sequence}` })
  expect(server.requests).toEqual([])
  expect(await storage.releases()).toHaveLength(1)
})

test('above the installed one it is installed', async () => {
  const storage = await installing(1004)
  await apply(await opened(late), storage, serverOf([late]))
  expectInstalled(storage, { file: 'late' })
})

test('sequences of another channel are no measure', async () => {
  const storage = await installing(2000, { channel: 'beta' })
  await apply(await opened(late), storage, serverOf([late]))
  expectInstalled(storage, { file: 'late' })
})

test('who opens it with lastSequence null goes back only with allowRollback', async () => {
  const storage = await installing(2000)
  await expectRefused(async () => apply(await opened(late, { lastSequence: null }), storage, serverOf([late])), 'rollback')
  await apply(await opened(late, { lastSequence: null }), storage, serverOf([late]), { allowRollback: true })
  expectInstalled(storage, { file: 'late' })
})

test('two first releases that were opened while nothing was installed: the newer stays', async () => {
  const newer = await release({ file: 'newer' }, { sequence: 1006 })
  const server = serverOf([late, newer])
  const storage = memoryStorage()
  const manifests = [await opened(newer, { lastSequence: null }), await opened(late, { lastSequence: null })]
  expect(await Promise.all(manifests.map(async (manifest) => apply(manifest, storage, server).then(() => 'done', codeOf)))).toEqual(['done', 'rollback'])
  expectInstalled(storage, { file: 'newer' })
})

test('opened for any channel, it must be above the installed release of any', async () => {
  const beta = await release({ file: 'beta' }, { sequence: 1005, channel: 'beta' })
  const storage = await installing(2000)
  await expectRefused(async () => apply(await opened(beta, { channel: null }), storage, serverOf([beta])), 'rollback')
  await apply(await opened(beta, { channel: 'beta' }), storage, serverOf([beta]))
  expectInstalled(storage, { file: 'beta' })
})

test('two calls at once on one storage: one after the other, and the newer release stays', async () => {
  const newer = await release({ file: 'newer' }, { sequence: 1006 })
  const server = serverOf([late, newer])
  for (const order of [[late, newer], [newer, late]] as const) {
    const storage = memoryStorage()
    const manifests = [await opened(order[0]), await opened(order[1])]
    const results = await Promise.all(manifests.map(async (manifest) => apply(manifest, storage, server).then(() => 'done', codeOf)))
    expect(results).toEqual(order[0] === late ? ['done', 'done'] : ['done', 'rollback'])
    expectInstalled(storage, { file: 'newer' })
  }
})

test('the same release twice at once: the second finds it installed', async () => {
  const storage = memoryStorage()
  const server = serverOf([late])
  const it = await opened(late)
  const results = await Promise.all([apply(it, storage, server), apply(it, storage, server)])
  expect(results.map(({ wasInstalled }) => wasInstalled)).toEqual([false, true])
  expect(server.requests).toHaveLength(1)
})

test('a call that fails lets the next one in', async () => {
  const storage = memoryStorage()
  const [failed, done] = await Promise.all([
    apply(await opened(late), storage, { fetchObject: async () => Promise.reject(new Error('cut')) }, { attempts: 1 }).catch(codeOf),
    apply(await opened(late), storage, serverOf([late])),
  ])
  expect([failed, done.wasInstalled]).toEqual(['fetch-failed', false])
})

test('a storage is for one app', async () => {
  const storage = await installing(1001)
  const other = await release({ file: 'other' }, { app: 'com.example.other', sequence: 5000 })
  await expectRefused(async () => apply(await opened(other, { app: null }), storage, serverOf([other])), 'wrong-app')
})
