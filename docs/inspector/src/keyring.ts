import { checkTrustStore, publicJwk } from 'otaseal/build'
import type { DeviceReader, TrustInput } from 'otaseal/device'

/** Whom the person trusts, checked. */
export interface Keyring {
  readonly trust: TrustInput
  /** A trust store names a sequence that releases must be above. */
  readonly hasMinimum: boolean
  /** For people: key ids, and what a trust store demands. */
  readonly words: readonly string[]
}

const PEM_BLOCK = /-----BEGIN [^-]{1,64}-----[^-]*-----END [^-]{1,64}-----/g
const SECRET = /^[A-Za-z0-9_-]{43}=?$/

/**
 * One public key, several PEM blocks, or a trust store.
 *
 * @throws EnvelopeError `bad-key`, `bad-trust-store`, `unsupported`
 */
export async function keyringOf(text: string): Promise<Keyring> {
  if (isStore(text)) return storeRing(text)
  const blocks = text.match(PEM_BLOCK) ?? []
  const keys = blocks.length > 1 ? blocks : [text]
  const kids = await Promise.all(keys.map(async (key) => (await publicJwk(key)).kid))
  return { trust: keys, hasMinimum: false, words: kids.map((kid) => `key ${kid}`) }
}

async function storeRing(text: string): Promise<Keyring> {
  const { store, kids } = await checkTrustStore(text)
  const { epoch, threshold, minSequence, keys } = store
  const summary = `trust store, epoch ${epoch}: ${threshold} of its active keys must sign, sequence above ${minSequence}`
  return { trust: text, hasMinimum: true, words: [summary, ...keys.map(({ status }, i) => `${status} key ${kids[i] ?? ''}`)] }
}

function isStore(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'keys')
  } catch {
    // Whoever reads it as a key says what is wrong.
    return false
  }
}

/** A reader's secret or private key as the library takes it; `undefined` where there is none. */
export function readerOf(text: string): DeviceReader | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  return SECRET.test(trimmed) ? secretBytes(trimmed) : trimmed
}

function secretBytes(text: string): Uint8Array {
  const binary = atob(text.replace('=', '').replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** The 32 bytes of a secret's file as text of the field. */
export function secretText(bytes: Uint8Array): string {
  const binary = btoa(String.fromCharCode(...bytes))
  return binary.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
