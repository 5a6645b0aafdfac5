import { createDecipheriv } from 'node:crypto'
import { concatBytes, copyBytes } from '../../src/bytes.js'
import { later, memoryOf } from './mutants.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend, GcmOpener } from '../../src/crypto/backend.js'
import type { Mutant } from './mutants.js'

type Open = GcmOpener['open']
type WrongOpen = (open: (...args: Parameters<Open>) => Bytes | undefined, ...args: Parameters<Open>) => unknown

/** A backend with this `open`. */
const opening = (wrong: WrongOpen) => (right: Backend): object => ({
  gcmOpener: (key: Bytes) => {
    const opener = right.gcmOpener(key) as GcmOpener
    return { open: (...args: Parameters<Open>) => wrong((...same) => opener.open(...same) as Bytes | undefined, ...args) }
  },
})

/** GCM of node:crypto with tags of any length that it has, and nonces of any. */
function openAny(key: Bytes, cipher: string, ...[nonce, ciphertext, tag, more]: Parameters<Open>): Bytes | undefined {
  if (![4, 8, 12, 13, 14, 15, 16].includes(tag.length)) return undefined
  try {
    const decipher = createDecipheriv(cipher as 'aes-256-gcm', key, nonce, { authTagLength: tag.length }).setAuthTag(tag).setAAD(more ?? new Uint8Array(0))
    return copyBytes(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
  } catch {
    return undefined
  }
}

/** The first `bytes` of memory that is used again for every result. */
function reused(): (bytes: Bytes | undefined) => Bytes | undefined {
  const memory = new Map<number, Bytes>()
  return (bytes) => {
    if (bytes === undefined) return undefined
    const same = memory.get(bytes.length) ?? new Uint8Array(bytes.length)
    memory.set(bytes.length, same)
    same.set(bytes)
    return same
  }
}

export const openers: readonly Mutant[] = [
  ['takes tags that are cut', () => ({ gcmOpener: (key: Bytes) => ({ open: (...args: Parameters<Open>) => openAny(key, 'aes-256-gcm', ...args) }) }), 'gcmOpener: refuses a tag of any other length'],
  ['joins ciphertext and tag, and asks for no length', opening((open, nonce, ciphertext, tag, more) => {
    const sealed = concatBytes(ciphertext, tag)
    return open(nonce, sealed.slice(0, -16), sealed.slice(-16), more)
  }), 'gcmOpener: refuses a message whose tag begins elsewhere'],
  ['takes nonces of any length', (right) => ({
    gcmOpener: async (key: Bytes) => {
      const kept = copyBytes(key)
      await right.gcmOpener(key)
      return { open: (...args: Parameters<Open>) => (args[2].length === 16 && args[0].length > 0 ? openAny(kept, 'aes-256-gcm', ...args) : undefined) }
    },
  }), 'gcmOpener: refuses a nonce of any other length'],
  ['ignores additional data', opening((open, nonce, ciphertext, tag, more) => open(nonce, ciphertext, tag) ?? open(nonce, ciphertext, tag, more)), 'gcmOpener: refuses other additional data'],
  ['gives the plaintext before its tag was checked', (right) => ({
    gcmOpener: (key: Bytes) => {
      void right.gcmOpener(key)
      const kept = copyBytes(key)
      return {
        open: (nonce: Bytes, ciphertext: Bytes, tag: Bytes) => {
          if (nonce.length !== 12 || tag.length !== 16) return undefined
          return copyBytes(createDecipheriv('aes-256-gcm', kept, nonce).setAuthTag(tag).update(ciphertext))
        },
      }
    },
  }), 'gcmOpener: refuses every flipped bit'],
  ['compares half of the tag', opening((open, nonce, ciphertext, tag, more) => {
    const opened = open(nonce, ciphertext, tag, more)
    if (opened !== undefined || tag.length !== 16) return opened
    for (let bit = 64; bit < 128; bit++) {
      const other = tag.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const found = open(nonce, ciphertext, other, more)
      if (found !== undefined) return found
    }
    return undefined
  }), 'gcmOpener: refuses every flipped bit'],
  ['throws where a tag does not hold', opening((open, ...args) => {
    const opened = open(...args)
    if (opened === undefined) throw new Error('Unsupported state or unable to authenticate data')
    return opened
  }), 'gcmOpener: refuses every flipped bit'],
  ['answers null where a tag does not hold', opening((open, ...args) => open(...args) ?? null), 'gcmOpener: refuses every flipped bit'],
  ['answers nothing where a tag does not hold, in bytes', opening((open, ...args) => open(...args) ?? new Uint8Array(0)), 'gcmOpener: refuses every flipped bit'],
  ['opens no empty message', opening((open, ...args) => (args[1].length === 0 ? undefined : open(...args))), 'gcmOpener: opens the messages'],
  ['takes a key of 16 bytes for AES-128', (right) => ({
    gcmOpener: (key: Bytes) => (key.length === 16 ? { open: (...args: Parameters<Open>) => openAny(key, 'aes-128-gcm', ...args) } : right.gcmOpener(key)),
  }), 'gcmOpener: takes no key of another length'],
  ['ignores the offset of a view', opening((open, nonce, ciphertext, tag, more) => open(nonce, memoryOf(ciphertext), tag, more)), 'gcmOpener: reads no more than a view'],
  ['ignores the offset of additional data', opening((open, nonce, ciphertext, tag, more) => open(nonce, ciphertext, tag, more && memoryOf(more))), 'gcmOpener: reads no more than a view'],
  ['keeps a reference to the key', (right) => ({
    gcmOpener: (key: Bytes) => {
      void right.gcmOpener(key)
      return { open: (...args: Parameters<Open>) => (right.gcmOpener(key) as GcmOpener).open(...args) }
    },
  }), 'gcmOpener: keeps no reference to its key'],
  ['decrypts in place', opening((open, nonce, ciphertext, tag, more) => {
    const opened = open(nonce, ciphertext, tag, more)
    if (opened !== undefined) ciphertext.set(opened)
    return opened
  }), 'gcmOpener: gives a plaintext in memory of its own'],
  ['gives the caller\'s memory', opening((open, nonce, ciphertext, tag, more) => {
    const opened = open(nonce, ciphertext, tag, more)
    if (opened !== undefined) ciphertext.set(opened)
    return opened && ciphertext
  }), 'gcmOpener: gives a plaintext in memory of its own'],
  ['gives a Buffer', opening((open, ...args) => {
    const opened = open(...args)
    return opened && Buffer.from(opened.buffer)
  }), 'gcmOpener: opens the messages'],
  ['gives a part of a pool', opening((open, ...args) => {
    const opened = open(...args)
    return opened && concatBytes(opened, new Uint8Array(8)).subarray(0, opened.length)
  }), 'gcmOpener: opens the messages'],
  ['uses its memory again', (right) => {
    const again = reused()
    return opening((open, ...args) => again(open(...args)))(right)
  }, 'gcmOpener: gives each plaintext in other memory'],
  ['mixes up messages in flight', (right) => ({
    lanes: 4,
    gcmOpener: (key: Bytes) => {
      const opener = right.gcmOpener(key) as GcmOpener
      let state: Parameters<Open>
      return {
        open: async (...args: Parameters<Open>) => {
          state = args
          await later()
          return opener.open(...state)
        },
      }
    },
  }), 'gcmOpener: opens as many messages in flight'],
  ['is used up by a tag that does not hold', (right) => ({
    gcmOpener: (key: Bytes) => {
      const opener = right.gcmOpener(key) as GcmOpener
      let used = false
      return {
        open: (...args: Parameters<Open>) => {
          const opened = used ? undefined : opener.open(...args)
          used ||= opened === undefined
          return opened
        },
      }
    },
  }), 'gcmOpener: goes on after a message'],
  ['has one key for all openers', (right) => {
    let latest: GcmOpener
    return {
      gcmOpener: (key: Bytes) => {
        latest = right.gcmOpener(key) as GcmOpener
        return { open: (...args: Parameters<Open>) => latest.open(...args) }
      },
    }
  }, 'gcmOpener: is independent of openers'],
  ['releases memory that it uses again', (right) => {
    const again = reused()
    return opening((open, ...args) => again(open(...args)))(right)
  }, 'release: takes any bytes'],
  ['releases memory in which others lie', () => ({ release: (chunk: Bytes) => void structuredClone(chunk.buffer, { transfer: [chunk.buffer] }) }), 'release: leaves a view'],
  ['throws where there is nothing to release', () => ({
    release: (chunk: Bytes) => {
      if (chunk.length === 0) throw new RangeError('nothing')
    },
  }), 'release: takes any bytes'],
]
