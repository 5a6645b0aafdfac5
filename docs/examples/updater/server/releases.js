import { isInRollout } from './rollout.js'

/** How many releases are looked through for one that a device may have. */
const MOST_LOOKED_AT = 50

/** The releases of the V2 envelope, in the database. */
export function releaseTable(database) {
  return {
    /** The highest sequence of a channel, or -1. */
    lastSequence(app, channel) {
      return database.get('SELECT coalesce(max(sequence), -1) AS last FROM releases WHERE app = ? AND channel = ?', [app, channel]).last
    },

    add({ releaseId, header, head, percent, published }) {
      const { app, channel, runtime, version, sequence, expires = null } = header
      database.run(
        `INSERT INTO releases (release_id, app, channel, runtime, version, sequence, expires, head, percent, published)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [releaseId, app, channel, runtime, version, sequence, expires, head, percent, published],
      )
    },

    has: (releaseId) => database.get('SELECT 1 FROM releases WHERE release_id = ?', [releaseId]) !== null,

    /** The newest release that is for this device and newer than what it has. */
    newestFor({ app, channel, runtime, deviceId, lastSequence }, now) {
      const rows = database.all(
        `SELECT release_id, head, percent FROM releases
         WHERE app = ? AND channel = ? AND runtime = ? AND paused = 0 AND sequence > ? AND (expires IS NULL OR expires > ?)
         ORDER BY sequence DESC LIMIT ?`,
        [app, channel, runtime, lastSequence, now, MOST_LOOKED_AT],
      )
      return rows.find(({ release_id, percent }) => isInRollout(release_id, deviceId, percent))
    },

    channels(app) {
      return database.all('SELECT DISTINCT channel FROM releases WHERE app = ? ORDER BY channel', [app]).map(({ channel }) => channel)
    },

    /** What an operator sees, newest first. */
    list(app) {
      const rows = database.all(
        `SELECT release_id AS releaseId, channel, runtime, version, sequence, expires, percent, paused, published
         FROM releases WHERE app = ? ORDER BY sequence DESC LIMIT 500`,
        [app],
      )
      return rows.map((row) => ({ ...row, paused: row.paused === 1 }))
    },
  }
}

/** Changes who gets a release; gives what holds from now on, or nothing where there is no such release. */
export function setRollout(database, table, releaseId, { percent = null, paused = null }) {
  const { changes } = database.run(
    `UPDATE ${table} SET percent = coalesce(?, percent), paused = coalesce(?, paused) WHERE release_id = ?`,
    [percent, paused === null ? null : Number(paused), releaseId],
  )
  if (changes === 0) return undefined
  const row = database.get(`SELECT percent, paused FROM ${table} WHERE release_id = ?`, [releaseId])
  return { releaseId, percent: row.percent, paused: row.paused === 1 }
}
