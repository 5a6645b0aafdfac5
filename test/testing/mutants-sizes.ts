import { createDecipheriv, createHash } from 'node:crypto'
import { copyBytes } from '../../src/bytes.js'
import { base64urlDecode } from '../../src/text.js'
import { later } from './mutants.js'
import type { Bytes } from '../../src/bytes.js'
import type { Backend, GcmOpener } from '../../src/crypto/backend.js'
import type { Mutant } from './mutants.js'

type Open = Parameters<GcmOpener['open']>
type Verify = Parameters<Backend['verify']>
type Anything = (...args: readonly unknown[]) => unknown

/** Gives what comes out of `concerned` messages without looking at their tags. */
const unproven = (concerned: (...args: Open) => boolean) => (right: Backend): object => ({
  gcmOpener: (key: Bytes) => {
    const [opener, kept] = [right.gcmOpener(key) as GcmOpener, copyBytes(key)]
    return {
      open: (...args: Open) => {
        const [nonce, ciphertext, tag] = args
        if (nonce.length !== 12 || tag.length !== 16 || !concerned(...args)) return opener.open(...args)
        return copyBytes(createDecipheriv('aes-256-gcm', kept, nonce).setAuthTag(tag).update(ciphertext))
      },
    }
  },
})

/** What is true of a message's beginning is true of all of it. */
const readsUpTo = (length: number, algorithm: string) => (right: Backend): object => ({
  verify: (...[key, signature, message]: Verify) => right.verify(key, signature, key.algorithm === algorithm ? message.slice(0, length) : message),
})

const call = (right: Backend, member: keyof Backend): Anything => (...args) => (right[member] as Anything)(...args)

/** Keeps the arguments of a call where the next one overwrites them. */
const mixing = (member: keyof Backend) => (right: Backend): object => {
  let state: readonly unknown[]
  return {
    [member]: async (...args: readonly unknown[]) => {
      state = args
      await later()
      return call(right, member)(...state)
    },
  }
}

/** Puts results into so many pieces of memory in turn. */
function ring(turns: number): (result: unknown) => unknown {
  const memory = new Map<number, Bytes[]>()
  return (result) => {
    if (!(result instanceof Uint8Array)) return result
    const kept = memory.get(result.length) ?? []
    memory.set(result.length, kept)
    const place = kept.length < turns ? new Uint8Array(result.length) : (kept.shift() as Bytes)
    kept.push(place)
    place.set(result)
    return place
  }
}

const reusing = (member: keyof Backend, turns: number) => (right: Backend): object => {
  const again = ring(turns)
  return { [member]: async (...args: readonly unknown[]) => again(await call(right, member)(...args)) }
}

/** Keys longer than `from` are hashed, as those longer than a block must be. */
const hashingKeys = (hash: 'SHA-256' | 'SHA-512', from: number) => (right: Backend): object => ({
  hmac: (...[name, key, message]: Parameters<Backend['hmac']>) =>
    right.hmac(name, name === hash && key.length >= from ? copyBytes(createHash(hash).update(key).digest()) : key, message),
})

const members = ['sha256', 'hmac', 'unwrapKey', 'deriveSharedSecret', 'wrapKey', 'sign'] as const

export const ofSizes: readonly Mutant[] = [
  ['checks no tag of a chunk', unproven((_nonce, ciphertext) => ciphertext.length > 1024), 'gcmOpener: opens messages as long'],
  ['checks no tag of a chunk that is full', unproven((_nonce, ciphertext) => ciphertext.length === 262_144), 'gcmOpener: opens messages as long'],
  ['checks no tag where there is much additional data', unproven((...args) => (args[3]?.length ?? 0) > 128), 'gcmOpener: opens messages as long'],
  ['counts no further than 4096 blocks', (right) => ({
    gcmOpener: (key: Bytes) => {
      const opener = right.gcmOpener(key) as GcmOpener
      return {
        open: async (...args: Open) => {
          const opened = await opener.open(...args)
          return opened?.map((byte, i) => (i < 65_536 ? byte : byte ^ 1))
        },
      }
    },
  }), 'gcmOpener: opens messages as long'],
  ['reads 128 bytes of a message', readsUpTo(128, 'PS256'), 'verify PS256: reads a long message'],
  ['reads 64 KiB of a message', readsUpTo(65_536, 'PS256'), 'verify PS256: reads a long message'],
  ['reads 1023 bytes of a message', readsUpTo(1023, 'Ed25519'), 'verify Ed25519: reads a long message'],
  ['takes whatever a key of another size than 3072 bits made', (right) => ({
    verify: (...[key, signature, message]: Verify) =>
      (key.jwk.kty === 'RSA' && base64urlDecode(key.jwk.n)?.length !== 384) || right.verify(key, signature, message),
  }), 'verify PS256: takes and refuses signatures by a key of 4096'],
  ['keeps the first RSA key that it saw', (right) => {
    let first: Verify[0] | undefined
    return {
      verify: (...[key, signature, message]: Verify) => right.verify(key.algorithm === 'PS256' ? (first ??= key) : key, signature, message),
      // Else its own keys give it away.
      generateKey: undefined,
    }
  }, 'verify PS256: takes and refuses signatures by a key of 4096'],
  ['hashes keys of HMAC that are as long as a block', hashingKeys('SHA-256', 64), 'hmac: is right at the borders'],
  ['takes the block of SHA-256 for that of SHA-512', hashingKeys('SHA-512', 65), 'hmac: is right at the borders'],
  ['cuts keys of HMAC to 20 bytes', (right) => ({ hmac: (hash: 'SHA-256', key: Bytes, message: Bytes) => right.hmac(hash, key.length > 64 ? key : key.slice(0, 20), message) }), 'hmac: is right at the borders'],
  ...members.map((member): Mutant => [`mixes up calls of ${member} in flight`, mixing(member), `${member}: gives each its answer`]),
  ...members.map((member): Mutant => [`gives the memory of ${member} again`, reusing(member, 1), `${member}: never uses`]),
  ...members.map((member): Mutant => [`gives the memory of ${member} in turn`, reusing(member, 16), `${member}: never uses`]),
  ...(['gcmOpener', 'gcmSealer'] as const).map((member): Mutant => [`mixes up what each ${member} has in flight`, (right) => {
    let state: readonly [own: Record<string, Anything>, args: readonly unknown[]]
    const wrong = (method: string, own: Record<string, Anything>): Anything => async (...args) => {
      state = [own, args]
      await later()
      return state[0][method]?.(...state[1])
    }
    return {
      [member]: async (key: Bytes) => {
        const own = (await right[member](key)) as unknown as Record<string, Anything>
        return { open: wrong('open', own), seal: wrong('seal', own) }
      },
    }
  }, `${member}: gives each its answer`]),
  ['has 16 pieces of memory for plaintexts', (right) => {
    const again = ring(16)
    return {
      gcmOpener: (key: Bytes) => {
        const opener = right.gcmOpener(key) as GcmOpener
        return { open: async (...args: Open) => again(await opener.open(...args)) }
      },
    }
  }, 'gcmOpener: never uses'],
]
