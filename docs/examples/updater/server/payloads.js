import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Refusal } from './refusal.js'

/** The folder of payloads. What is in it under its name is whole: it is written under another name before. */
export function payloadFolder(folder, maxBytes) {
  const [payloads, uploads] = [join(folder, 'payloads'), join(folder, 'uploads')]
  mkdirSync(payloads, { recursive: true })
  mkdirSync(uploads, { recursive: true })
  // What a crash has left.
  for (const name of readdirSync(uploads)) rmSync(join(uploads, name))

  return {
    payloads,

    /** Writes a request's body to a temporary file, and removes that after `work` unless it was kept. */
    async receive({ body, headers }, work) {
      if (!(body instanceof Readable)) throw new Refusal(400, 'bad-request', 'an upload is of the type application/octet-stream')
      // Said before anything is read; an upload that doesn't tell its length is cut off.
      if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes)
      const path = join(uploads, randomUUID())
      try {
        await writeDown([body, limit(maxBytes)], path)
        return await work(path)
      } finally {
        await rm(path, { force: true })
      }
    },

    /** Gives what lies in `path` from `start` on its name. */
    async keep(path, start, name) {
      const rest = start === 0 ? path : join(uploads, randomUUID())
      try {
        if (start > 0) await writeDown([createReadStream(path, { start })], rest)
        await rename(rest, join(payloads, name))
      } finally {
        await rm(rest, { force: true })
      }
    },

    remove: async (name) => rm(join(payloads, name), { force: true }),
  }
}

async function writeDown(source, path) {
  const file = await open(path, 'wx', 0o600)
  await pipeline(...source, createWriteStream('', { fd: file, flush: true }))
}

function tooLarge(maxBytes) {
  return new Refusal(413, 'too-large', `an upload has at most ${maxBytes} bytes`)
}

function limit(maxBytes) {
  let count = 0
  return new Transform({
    transform(chunk, _, done) {
      count += chunk.length
      done(count > maxBytes ? tooLarge(maxBytes) : null, chunk)
    },
  })
}
