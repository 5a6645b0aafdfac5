import { NOW, base64url, keys, trustUpdate } from './publisher.js'
import { accepted, publicOf, publisher, refused, storeOf } from './vectors.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { TrustStore } from '../../../src/trust/store.js'
import type { Vector, VectorFile } from '../vector.js'

const about = ['What says whom a device trusts, and what it must make of each. README.md beside this file says what each member means.']

export async function makeFamily(): Promise<VectorFile> {
  return { about, vectors: await updateVectors() }
}

const old = storeOf([{ key: publisher }, { key: publicOf(keys.second) }], { epoch: 5 })
const next = { ...old, epoch: 6, minSequence: 900 }
const options = { trust: old, now: NOW }

function acceptedUpdate(name: string, store: TrustStore, update: string): Vector {
  return accepted('trust-update', name, { input: Buffer.from(update), output: Buffer.from(JSON.stringify(store)) }, options)
}

function refusedUpdate(code: ErrorCode, name: string, update: string, more: Partial<typeof options> = {}): Vector {
  return refused('trust-update', [code, name], Buffer.from(update), { ...options, ...more })
}

async function updateVectors(): Promise<readonly Vector[]> {
  const honest = await trustUpdate(next, keys.ed25519)
  const { payload, signatures } = JSON.parse(honest) as { payload: string; signatures: object[] }
  const changed = base64url(Buffer.from(payload, 'base64url').toString().replace('900', '901'))
  return [
    acceptedUpdate('a trust update', next, honest),
    refusedUpdate('untrusted-key', 'signed by another key', await trustUpdate(next, keys.stranger)),
    refusedUpdate('rollback', 'an epoch that is not above that of the device', await trustUpdate({ ...next, epoch: 5 }, keys.ed25519)),
    refusedUpdate('threshold-not-met', 'fewer keys than the new store demands', await trustUpdate({ ...next, threshold: 2 }, keys.ed25519)),
    refusedUpdate('bad-trust-store', 'demands more keys than there are', await trustUpdate({ ...next, threshold: 3 }, keys.ed25519)),
    refusedUpdate('bad-signature', 'another store than was signed', JSON.stringify({ payload: changed, signatures })),
    refusedUpdate('expired', 'a second after the key was valid', honest, { trust: storeOf([{ key: publisher, notAfter: NOW - 1 }], { epoch: 5 }) }),
  ]
}
