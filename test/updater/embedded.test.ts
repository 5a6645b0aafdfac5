import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { signTrustUpdate } from '../../src/build.js'
import { freshEd25519 } from '../envelope/signers.js'
import { jwkOf } from '../trust/signed.js'
import { APP } from './world.js'
import type { TrustStore } from '../../src/device.js'

interface Table {
  readonly current: (app: string) => TrustStore
  readonly add: (app: string, signed: string) => Promise<unknown>
  readonly after: (app: string, epoch: number) => unknown
}

const folder = mkdtempSync(join(tmpdir(), 'otaseal-embedded-'))
afterAll(() => rmSync(folder, { recursive: true }))
const server = new URL('../../docs/examples/updater/server/', import.meta.url)

test('the server of the updater example trusts what a new app embeds, where that is newer than what updates have made', async () => {
  const { trustTable } = (await import(new URL('trust.js', server).href)) as { trustTable: (folder: string, database: object) => Table }
  const { openDatabase } = (await import(new URL('database.js', server).href)) as { openDatabase: (folder: string) => { close: () => void } }
  const [first, second] = [freshEd25519(), freshEd25519()]
  const storeOf = (epoch: number, key: typeof first): TrustStore => ({ epoch, threshold: 1, minSequence: 1, keys: [{ key: jwkOf(key), status: 'active' }] })
  mkdirSync(join(folder, 'apps'))
  const database = openDatabase(folder)
  try {
    const startedWith = (embedded: TrustStore): Table => {
      writeFileSync(join(folder, 'apps', `${APP}.trust.json`), JSON.stringify(embedded))
      return trustTable(folder, database)
    }
    const before = startedWith(storeOf(1, first))
    await before.add(APP, await signTrustUpdate(storeOf(2, first), { signer: first.privateKey }))
    expect(before.current(APP).epoch).toBe(2)
    expect(startedWith(storeOf(1, first)).current(APP).epoch).toBe(2)

    const after = startedWith(storeOf(3, second))
    expect(after.current(APP)).toMatchObject({ epoch: 3 })
    const signed = await signTrustUpdate(storeOf(4, second), { signer: second.privateKey })
    expect(await after.add(APP, signed)).toEqual({ epoch: 4, changed: true })
    expect(after.after(APP, 3)).toEqual(JSON.parse(signed))
  } finally {
    database.close()
  }
})
