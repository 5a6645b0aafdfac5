import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'

const TABLES = `
CREATE TABLE IF NOT EXISTS releases (
  release_id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  channel TEXT NOT NULL,
  runtime TEXT NOT NULL,
  version TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  expires INTEGER,
  head TEXT NOT NULL,
  percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
  paused INTEGER NOT NULL DEFAULT 0,
  published INTEGER NOT NULL,
  UNIQUE (app, channel, sequence)
) STRICT;
CREATE TABLE IF NOT EXISTS trust_updates (
  app TEXT NOT NULL,
  after_epoch INTEGER NOT NULL,
  signed TEXT NOT NULL,
  store TEXT NOT NULL,
  PRIMARY KEY (app, after_epoch)
) STRICT;
CREATE TABLE IF NOT EXISTS capgo_releases (
  release_id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  channel TEXT NOT NULL,
  version TEXT NOT NULL,
  session_key TEXT NOT NULL,
  checksum TEXT NOT NULL,
  key_id TEXT NOT NULL,
  percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
  paused INTEGER NOT NULL DEFAULT 0,
  published INTEGER NOT NULL
) STRICT;
`

/** The database of a data folder. Its calls are synchronous: what one function does between two awaits, nobody else sees half of. */
export function openDatabase(folder) {
  const path = join(folder, 'updates.sqlite')
  const database = new sqlite.Database(path)
  try {
    database.exec(TABLES)
  } catch (error) {
    database.close()
    if (!/locked/.test(error.message)) throw error
    throw new Error(`${path} is locked: end the other server, or, if a crash left it, remove ${path}.lock`, { cause: error })
  }
  return database
}
