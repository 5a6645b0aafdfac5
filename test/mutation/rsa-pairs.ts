import crypto, { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

// A new RSA key pair takes longer than most tests, and would be made for each mutant: here tests get the same ones in each run.

const folder = process.env['MUTATION_KEYS'] ?? 'reports/mutation/keys'
const known = globalThis as { madeByNode?: typeof crypto.generateKeyPairSync }
const make = (known.madeByNode ??= crypto.generateKeyPairSync) as (type: string, options: object) => crypto.KeyPairKeyObjectResult
mkdirSync(folder, { recursive: true })

/** How many of one kind this file of tests has got. */
const given = new Map<string, number>()

function pair(type: string, options: { readonly modulusLength?: number; readonly publicExponent?: number; readonly publicKeyEncoding?: object }): unknown {
  if (type !== 'rsa' || options.publicKeyEncoding !== undefined) return make(type, options)
  const kind = `${options.modulusLength ?? 0}-${options.publicExponent ?? 65_537}`
  const count = given.get(kind) ?? 0
  given.set(kind, count + 1)
  const path = join(folder, `${kind}-${count}.pem`)
  if (!existsSync(path)) {
    writeFileSync(`${path}.${process.pid}`, make(type, options).privateKey.export({ type: 'pkcs8', format: 'pem' }))
    renameSync(`${path}.${process.pid}`, path)
  }
  const privateKey = createPrivateKey(readFileSync(path))
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

crypto.generateKeyPairSync = pair as typeof crypto.generateKeyPairSync
syncBuiltinESMExports()
