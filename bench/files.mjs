// Large files, and processes whose peak memory is counted. Needs GNU time.
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MIB, check } from './util.mjs'

const TIME = '/usr/bin/time'

/** A folder that is gone when this process ends. */
export function workFolder(parent) {
  check(existsSync(TIME), `${TIME} is missing: it is GNU time, for example of Debian's package time`)
  const folder = mkdtempSync(join(resolve(parent), 'otaseal-file-memory-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  return folder
}

/** Whether two files of this size, and a temporary one, have room. */
export function checkRoom(folder, size) {
  const { bavail, bsize } = statfsSync(folder)
  check(bavail * bsize > 3 * size, `${folder} has ${Math.floor((bavail * bsize) / MIB)} MiB left, but three files of ${Math.ceil(size / MIB)} MiB are needed`)
}

/**
 * One process of Node in the folder, which must end with 0: its peak in bytes, its seconds, and what it printed, unless that goes to a
 * file. Between files and a process that reads or writes the standard streams there are real pipes.
 */
export function runNode(folder, args, { from, to } = {}) {
  const record = join(folder, 'time')
  const call = [TIME, '--format', '%M %e', '--output', record, process.execPath, ...args]
  const script = `set -o pipefail; ${from === undefined ? '' : 'cat "$FROM" | '}"$@"${to === undefined ? '' : ' | cat > "$TO"'}`
  const env = { ...process.env, FROM: from, TO: to }
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...call], {
    cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
  })
  check(status === 0, `node ${args.join(' ')} ended with ${status}: ${stderr}`)
  const [kib, seconds] = readFileSync(record, 'utf8').trim().split(' ').map(Number)
  return { peak: kib * 1024, seconds, stdout, stderr }
}

/** Writes random bytes, and gives their SHA-256. */
export function writeRandom(path, size) {
  return writeParts(path, size, randomFillSync)
}

/** Writes text that compresses to some three quarters, and gives its SHA-256. */
export function writeText(path, size) {
  return writeParts(path, size, (part) => Buffer.from(randomBytes(part.length).toString('base64').slice(0, part.length)))
}

function writeParts(path, size, fill) {
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  const file = openSync(path, 'wx')
  for (let left = size; left > 0; left -= piece.length) {
    const part = fill(piece.subarray(0, left))
    hash.update(part)
    for (let done = 0; done < part.length; ) done += writeSync(file, part, done)
  }
  closeSync(file)
  return hash.digest('hex')
}

export function digestOf(path) {
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  const file = openSync(path)
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read))
  closeSync(file)
  return hash.digest('hex')
}
