import { open, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../node/system-error.js'
import { FileError, fileError } from './errors.js'

/** Milliseconds: another edit holds its lock for as long as one small file takes to write. */
const PATIENCE = 2000
const PAUSE = 20

/**
 * Does `work` while no other program that asks for the lock of the file `place` does: a file beside it, which is there for so long.
 *
 * @throws FileError where the lock stays taken, or can't be made; what `work` throws; the reason of `signal`
 */
export async function withLock<T>(place: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = `${place}.lock`
  const deadline = performance.now() + PATIENCE
  while (!(await take(lock))) {
    signal.throwIfAborted()
    if (performance.now() > deadline) throw isTaken(place, lock)
    await sleep(PAUSE)
  }
  try {
    signal.throwIfAborted()
    return await work()
  } finally {
    // A failure to remove it must not hide that of the work, nor its success: the next edit tells of the lock.
    await rm(lock, { force: true }).catch(() => undefined)
  }
}

/** Whoever creates the file has the lock. */
async function take(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600)
    await handle.close()
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw fileError('write', lock, error)
  }
}

function isTaken(place: string, lock: string): FileError {
  return new FileError(`${place} is locked by ${lock}: another otaseal changes it just now, or was killed while it did; if none runs, delete the lock, and run the command again`)
}
