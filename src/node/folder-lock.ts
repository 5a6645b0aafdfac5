import { randomBytes, randomInt } from 'node:crypto'
import { open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasEnded, thisProcess } from './folder-process.js'
import { systemError, withPath } from './system-error.js'
import { ignore } from './temporary-file.js'
import type { ProcessMark } from './folder-process.js'

/** Milliseconds: how long another call is waited for. */
const PATIENCE = 10_000
/** Between two looks, at least. */
const PAUSE = 20
/** A lock whose owner can't be asked for is renewed so often; one that isn't while it is waited for has no owner any more. */
const RENEW = 1000

const lockName = /^\.otaseal-(\d{1,10})-(\d{1,20})-([0-9a-f]{16})-[0-9a-f]{24}\.lock$/

/** The last call on each folder, which the next one waits for. */
const last = new Map<string, Promise<unknown>>()

/** Locks of others as they were when they were first seen. */
type Seen = Map<string, number>

/**
 * Does `work` while no other call, of whatever program, does work on this folder. Calls of this thread work one after the other, however
 * long that takes. Each puts a file there, whose name tells its process, and then looks: whoever finds no other works. Nobody removes a file but its owner, or who knows that its owner has ended; no name is
 * ever used twice, so that this can't hit another's. A process on another machine or in another container, or a thread of this one, can't be
 * asked for: its lock counts for as long as it is renewed.
 *
 * @throws Error of Node with the code `EBUSY` where others work for longer than ten seconds
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const turn = (last.get(folder) ?? Promise.resolve()).then(async () => withLock(folder, work))
  const done = turn.catch(ignore).then(() => {
    if (last.get(folder) === done) last.delete(folder)
  })
  last.set(folder, done)
  return turn
}

async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await take(folder)
  const renewing = setInterval(() => {
    const now = new Date()
    utimes(lock, now, now).catch(ignore)
  }, RENEW)
  renewing.unref()
  try {
    return await work()
  } finally {
    clearInterval(renewing)
    await rm(lock, { force: true }).catch(ignore)
  }
}

async function take(folder: string): Promise<string> {
  const { pid, start, place } = await thisProcess()
  const own = `.otaseal-${pid}-${start}-${place}-${randomBytes(12).toString('hex')}.lock`
  const deadline = performance.now() + PATIENCE
  const seen: Seen = new Map()
  for (;;) {
    if ((await othersIn(folder, own, seen, deadline)).length === 0) {
      const path = join(folder, own)
      await (await withPath(folder, open(path, 'wx', 0o600))).close()
      if (await isAlone(path, async () => othersIn(folder, own, seen, deadline))) return path
    }
    await sleep(PAUSE + randomInt(PAUSE))
  }
}

/** Of two who have both put their files there at least one sees that of the other, and takes its own back. */
async function isAlone(path: string, others: () => Promise<readonly string[]>): Promise<boolean> {
  let isFirst = false
  try {
    isFirst = (await others()).length === 0
    return isFirst
  } finally {
    if (!isFirst) await rm(path, { force: true }).catch(ignore)
  }
}

/**
 * The locks of others who still work; removes those whose owners have ended.
 *
 * @throws Error of Node with the code `EBUSY` after the deadline
 */
async function othersIn(folder: string, own: string, seen: Seen, deadline: number): Promise<readonly string[]> {
  const others: string[] = []
  const isLate = performance.now() > deadline
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry
    const mark = name === own || !entry.isFile() ? undefined : markIn(name)
    if (mark === undefined) continue
    const path = join(folder, name)
    const answer = await hasEnded(mark)
    if (answer ?? (await isAbandoned(path, seen, isLate))) await rm(path, { force: true })
    else if (isLate) throw systemError('EBUSY', `process ${mark.pid} works on it: try again later; if there is no such process, remove ${name}`, 'lock', folder)
    else others.push(name)
  }
  return others
}

function markIn(name: string): ProcessMark | undefined {
  const [, pid, start, place] = lockName.exec(name) ?? []
  return pid === undefined || start === undefined || place === undefined ? undefined : { pid: Number(pid), start, place }
}

/** Whether a lock was not renewed from when it was first seen to the deadline; by its own file system's clock alone. */
async function isAbandoned(path: string, seen: Seen, isLate: boolean): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: undefined }))
  if (mtimeMs === undefined) return true
  const first = seen.get(path)
  if (first === undefined) seen.set(path, mtimeMs)
  return isLate && first === mtimeMs
}
