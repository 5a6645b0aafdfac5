import { openDB } from 'idb'
import { newestTrust } from 'otaseal/device'
import { ServerError } from './problems.js'
import type { DBSchema, IDBPDatabase } from 'idb'
import type { TrustStore } from 'otaseal/device'

/** The installed release. */
export interface Installed {
  readonly releaseId: string
  readonly channel: string
  readonly version: string
  readonly sequence: number
  readonly bundle: Blob
}

/** Whom to trust, and the installed sequence of each channel: they change together. */
interface Kept {
  readonly trust: TrustStore
  readonly sequences: Readonly<Record<string, number>>
}

/** The number of a chunk, or that of the index. */
type Part = readonly [releaseId: string, i: number]
export const INDEX = -1

interface Tables extends DBSchema {
  device: { key: 'id' | 'kept' | 'installed'; value: string | Kept | Installed }
  parts: { key: [string, number]; value: Uint8Array<ArrayBuffer> }
}

let opening: Promise<IDBPDatabase<Tables>> | undefined

async function database(): Promise<IDBPDatabase<Tables>> {
  opening ??= openDB<Tables>('updater', 1, {
    upgrade: (db) => {
      db.createObjectStore('device')
      db.createObjectStore('parts')
    },
  })
  // What failed once is tried again.
  opening.catch(() => (opening = undefined))
  return opening
}

/** A full or broken storage is no mistake of the program. */
async function stored<T>(work: (db: IDBPDatabase<Tables>) => Promise<T>): Promise<T> {
  try {
    return await work(await database())
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    throw new ServerError('storage-failed', error.message, { cause: error })
  }
}

/** A random name of this device, by which the server spreads a release. */
export async function deviceId(): Promise<string> {
  return stored(async (db) => {
    const known = (await db.get('device', 'id')) as string | undefined
    const id = known ?? crypto.randomUUID()
    if (known === undefined) await db.put('device', id, 'id')
    return id
  })
}

/** What was kept; an app that embeds a newer trust store than the one before forgets as a trust update does. */
export async function kept(): Promise<Kept> {
  const old = await stored(async (db) => (await db.get('device', 'kept')) as Kept | undefined)
  if (old === undefined) return { trust: CONFIG.trust, sequences: {} }
  const trust = newestTrust(old.trust, CONFIG.trust) as TrustStore
  if (trust.epoch === old.trust.epoch) return old
  const next = { trust, sequences: upTo(Date.now() / 1000 + 86_400, old.sequences) }
  // Once, by the clock of this moment: a wrong clock later on forgets nothing more.
  await stored(async (db) => db.put('device', next, 'kept'))
  return next
}

/** Keeps a new trust store, and forgets the sequences that are too far ahead of the clock, and no others. */
export async function keepTrust(trust: TrustStore, forgetAbove: number): Promise<void> {
  const { sequences } = await kept()
  await stored(async (db) => db.put('device', { trust, sequences: upTo(forgetAbove, sequences) }, 'kept'))
}

function upTo(limit: number, sequences: Kept['sequences']): Kept['sequences'] {
  return Object.fromEntries(Object.entries(sequences).filter(([, sequence]) => sequence <= limit))
}

export async function installed(): Promise<Installed | undefined> {
  return stored(async (db) => (await db.get('device', 'installed')) as Installed | undefined)
}

export async function readPart(part: Part): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return stored(async (db) => db.get('parts', [...part]))
}

export async function writePart(part: Part, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await stored(async (db) => db.put('parts', bytes, [...part]))
}

/** Removes what is left of downloads of other releases. */
export async function dropOtherParts(releaseId: string): Promise<void> {
  await stored(async (db) => {
    const tx = db.transaction('parts', 'readwrite')
    await Promise.all([
      tx.store.delete(IDBKeyRange.upperBound([releaseId], true)),
      tx.store.delete(IDBKeyRange.lowerBound([releaseId, []])),
      tx.done,
    ])
  })
}

/**
 * The commit: bundle, sequence and the end of the download in one step, after which the release is there, and before which nothing of it
 * is. To be called only when this run has verified each of the chunks.
 */
export async function install(release: Omit<Installed, 'bundle'>, size: number): Promise<void> {
  const before = await kept()
  const sequences = { ...before.sequences, [release.channel]: release.sequence }
  await stored(async (db) => {
    const tx = db.transaction(['device', 'parts'], 'readwrite', { durability: 'strict' })
    const bundle = new Blob(await tx.objectStore('parts').getAll(IDBKeyRange.bound([release.releaseId, 0], [release.releaseId, Infinity])))
    if (bundle.size !== size) throw new ServerError('storage-failed', 'parts of the download are gone')
    await Promise.all([
      tx.objectStore('device').put({ ...release, bundle }, 'installed'),
      tx.objectStore('device').put({ ...before, sequences }, 'kept'),
      tx.objectStore('parts').clear(),
      tx.done,
    ])
  })
}

/** As if the app had just come from the store. */
export async function forgetEverything(): Promise<void> {
  await stored(async (db) => {
    await db.clear('device')
    await db.clear('parts')
  })
}
