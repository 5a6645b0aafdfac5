import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { newestTrust, verifyTrustUpdate } from 'otaseal/device'
import { Refusal } from './refusal.js'

const STORE = '.trust.json'

/**
 * Whom the server trusts to publish: for each app the store of `apps/APP.trust.json`, which is the one that the app embeds, and what
 * trust updates have made of it. A store that came newer with a new app goes before what was made of the one before.
 */
export function trustTable(folder, database) {
  const embedded = new Map(
    readdirSync(join(folder, 'apps'))
      .filter((name) => name.endsWith(STORE))
      .map((name) => [name.slice(0, -STORE.length), JSON.parse(readFileSync(join(folder, 'apps', name), 'utf8'))]),
  )

  function current(app) {
    const store = embedded.get(app)
    if (store === undefined) throw new Refusal(404, 'unknown-app', 'this server has no such app')
    const newest = database.get('SELECT store FROM trust_updates WHERE app = ? ORDER BY after_epoch DESC LIMIT 1', [app])
    return newest === null ? store : newestTrust(JSON.parse(newest.store), store)
  }

  return {
    current,

    /** Takes a signed trust update, if a device with the store at hand would take it. */
    async add(app, signed) {
      const before = current(app)
      const { trust, changed } = await verifyTrustUpdate(signed, { trust: before })
      if (!changed) return { epoch: before.epoch, changed }
      if (current(app).epoch !== before.epoch) throw new Refusal(409, 'conflict', 'another trust update came first')
      database.run('INSERT INTO trust_updates (app, after_epoch, signed, store) VALUES (?, ?, ?, ?)', [app, before.epoch, signed, JSON.stringify(trust)])
      return { epoch: trust.epoch, changed }
    },

    /** The update that leads on from an epoch. Devices take them one after the other, since each is signed by keys of the store before. */
    after(app, epoch) {
      const row = database.get('SELECT signed FROM trust_updates WHERE app = ? AND after_epoch = ?', [app, epoch])
      return row === null ? null : JSON.parse(row.signed)
    },
  }
}
