import type { JsonWebKey, JsonWebKeyInput } from 'node:crypto'

/** A key for node:crypto, without a prototype: Node 24 and later would take a member from there as well. */
export function jwkInput(jwk: object): JsonWebKeyInput {
  return { key: Object.assign(Object.create(null) as JsonWebKey, jwk), format: 'jwk' }
}
