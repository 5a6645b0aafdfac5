import { createPublicKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshEd25519, freshRsa } from '../envelope/signers.js'
import { otaseal, temporaryFolder } from './cli.js'
import type { TestSigner } from '../envelope/signers.js'
import type { TrustStore } from '../../src/index.js'
import type { Run, RunOptions } from './cli.js'

/** A folder with the key pairs NAME and NAME.pub, made by node:crypto. */
export interface KeyFolder<Name extends string> {
  readonly path: string
  readonly keys: Readonly<Record<Name, TestSigner>>
  readonly kid: Readonly<Record<Name, string>>
  readonly run: (...args: readonly string[]) => Promise<Run>
  readonly runWith: (options: RunOptions, ...args: readonly string[]) => Promise<Run>
  readonly read: (name: string) => string
  readonly store: (name?: string) => TrustStore
  readonly write: (name: string, text: string) => void
  /** Writes a store of active keys, without the command line. */
  readonly make: (name: string, keys: readonly Name[], members?: Partial<TrustStore>) => void
}

/** Keys are made once in a test file: what they have signed is a matter of each folder. */
const made = new Map<string, TestSigner>()

function keyOf(name: string): TestSigner {
  const key = made.get(name) ?? (name.startsWith('rsa') ? freshRsa(3072) : freshEd25519())
  made.set(name, key)
  return key
}

/** Keys whose name begins with `rsa` are RSA keys of 3072 bits. */
export function keyFolder<Name extends string>(...names: readonly Name[]): KeyFolder<Name> {
  const path = temporaryFolder()
  const pairs = names.map((name) => [name, keyOf(name)] as const)
  const read = (name: string): string => readFileSync(join(path, name), 'utf8')
  const write = (name: string, text: string): void => writeFileSync(join(path, name), text, { mode: 0o600 })
  for (const [name, key] of pairs) {
    write(name, key.privateKey)
    write(`${name}.pub`, key.publicKey)
  }
  return {
    path,
    keys: Object.fromEntries(pairs) as Record<Name, TestSigner>,
    kid: Object.fromEntries(pairs.map(([name, { kid }]) => [name, kid])) as Record<Name, string>,
    run: async (...args) => otaseal(path, args),
    runWith: async (options, ...args) => otaseal(path, args, options),
    read,
    store: (name = 'trust.json') => JSON.parse(read(name)) as TrustStore,
    write,
    make: (name, chosen, members = {}) => {
      const keys = chosen.map((one) => ({ key: createPublicKey(keyOf(one).publicKey).export({ format: 'jwk' }), status: 'active' }))
      write(name, JSON.stringify({ epoch: 1, threshold: 1, minSequence: 100, keys, ...members }))
    },
  }
}

/** A date as the command line takes it, so many days from now. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}
