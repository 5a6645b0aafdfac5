import { device, publicOf, publisher, storeOf, acceptedVectors } from './vectors-accepted.js'
import { payloadVectors, slotVectors } from './vectors-payload.js'
import { NOW, keys, restart, trustUpdate } from './vectors-publisher.js'
import { claimVectors, formVectors, keyVectors, signatureVectors } from './vectors-refused.js'
import type { TrustVector, VectorFile } from './device-vectors.js'

const about = [
  'Envelopes, and what a device must make of each. Made by test/engines/make-vectors.mjs with the private keys of keys.json.',
  'envelope: the bytes of an .otaseal file in base64url. options: what the device demands; null demands nothing. trust: PEM, JWK, or a trust store.',
  'reader: what opens the envelope, a secret in base64url or a private JWK; left out: the trusted key itself. now: the clock, in seconds since 1970.',
  'bundle: the envelope is accepted, and the bundle has this size and SHA-256. Each is the first bytes of one sequence:',
  's = 1; for each byte: s = (1664525 * s + 1013904223) mod 2^32, and the byte is s / 2^24, rounded down.',
  'code: the envelope is refused, for the one thing that its name says, and no byte comes out; of a stream at most the first `released` bytes, all good.',
  'serverAccepts: a server, which has no reader key and decrypts nothing, accepts it all the same.',
  'A stream meets bad-checksum only where it is asked to look at the checksum of the whole.',
]

/** The text of `device.json`; `signatures` are those of RSA keys that there are already. */
export async function madeVectors(signatures: readonly Uint8Array[]): Promise<string> {
  restart(signatures)
  const parts = [acceptedVectors, formVectors, signatureVectors, claimVectors, keyVectors, slotVectors, payloadVectors]
  const file = { about, vectors: [] as unknown[], trustUpdates: [] as unknown[] }
  for (const part of parts) file.vectors.push(...(await part()))
  file.trustUpdates.push(...(await trustVectors()))
  return `${JSON.stringify(file satisfies Record<keyof VectorFile, unknown>, null, 1)}\n`
}

async function trustVectors(): Promise<readonly TrustVector[]> {
  const old = storeOf([{ key: publisher }, { key: publicOf(keys.second) }], { epoch: 5 })
  const next = { ...old, epoch: 6, minSequence: 900 }
  const two = { ...next, threshold: 2 }
  const options = { trust: old, now: device.now }
  const { payload, signatures } = JSON.parse(await trustUpdate(next, keys.ed25519)) as { payload: string; signatures: object[] }
  return [
    { name: 'a trust update', options, epoch: 6, update: await trustUpdate(next, keys.ed25519) },
    { name: 'untrusted-key: signed by another key', options, code: 'untrusted-key', update: await trustUpdate(next, keys.stranger) },
    { name: 'rollback: an epoch that is not above that of the device', options, code: 'rollback', update: await trustUpdate({ ...next, epoch: 5 }, keys.ed25519) },
    { name: 'threshold-not-met: fewer keys than the new store demands', options, code: 'threshold-not-met', update: await trustUpdate(two, keys.ed25519) },
    { name: 'bad-trust-store: demands more keys than there are', options, code: 'bad-trust-store', update: await trustUpdate({ ...next, threshold: 3 }, keys.ed25519) },
    {
      name: 'bad-signature: another store than was signed',
      options,
      code: 'bad-signature',
      update: JSON.stringify({ payload: Buffer.from(Buffer.from(payload, 'base64url').toString().replace('900', '901')).toString('base64url'), signatures }),
    },
    {
      name: 'expired: a second after the key was valid',
      options: { ...options, trust: storeOf([{ key: publisher, notAfter: NOW - 1 }], { epoch: 5 }) },
      code: 'expired',
      update: await trustUpdate(next, keys.ed25519),
    },
  ]
}

/** The signatures of RSA keys in the envelopes of a file. */
export function rsaSignatures({ vectors }: Pick<VectorFile, 'vectors'>): readonly Uint8Array[] {
  return vectors.flatMap(({ envelope }) => {
    const text = Buffer.from(envelope, 'base64url').toString('latin1')
    return [...text.matchAll(/"signature":"([\w-]{683})"/g)].map(([, signature]) => Buffer.from(signature as string, 'base64url'))
  })
}
