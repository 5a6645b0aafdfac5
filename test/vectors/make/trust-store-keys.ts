import { base64url, fromBase64url, keys } from './publisher.js'
import { modulusOf, refusedStore, rsaOf, second } from './trust-stores.js'
import { publisher, storeOf } from './vectors.js'
import type { KeyMember } from '../../../src/format/scope.js'
import type { Vector } from '../vector.js'

/** R18, R19, R61: keys that nobody must trust. */
export function badKeyVectors(): readonly Vector[] {
  const bad = (name: string, key: object): Vector => refusedStore('bad-key', name, storeOf([{ key: key as KeyMember }, { key: second }]))
  const ed25519 = (name: string, bytes: Uint8Array): Vector => bad(name, { kty: 'OKP', crv: 'Ed25519', x: base64url(bytes) })
  const y = (hex: string): Uint8Array => Buffer.from(hex.replace('..', 'ff'.repeat(32)).slice(0, 62) + hex.slice(-2), 'hex')
  const zeros = (first: number, last = 0): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : i === 31 ? last : 0))
  const rsa = (name: string, modulus: Uint8Array, e?: string): Vector => bad(name, rsaOf(modulus, e))
  const honest = modulusOf(3072)
  const orderEight = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
  const otherEight = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'
  return [
    ed25519('the Ed25519 point of order 1', zeros(1)),
    ed25519('the Ed25519 point of order 2', y('ec..7f')),
    ed25519('an Ed25519 point of order 4', zeros(0)),
    ed25519('an Ed25519 point of order 4, x the other one', zeros(0, 0x80)),
    ed25519('an Ed25519 point of order 8', Buffer.from(orderEight, 'hex')),
    ed25519('an Ed25519 point of order 8, x the other one', Buffer.from(orderEight.replace(/7a$/, 'fa'), 'hex')),
    ed25519('another Ed25519 point of order 8', Buffer.from(otherEight, 'hex')),
    ed25519('another Ed25519 point of order 8, x the other one', Buffer.from(otherEight.replace(/05$/, '85'), 'hex')),
    ed25519('the Ed25519 point of order 1, x as if it were odd', zeros(1, 0x80)),
    ed25519('the Ed25519 point of order 2, x as if it were odd', y('ec..ff')),
    ed25519('an Ed25519 y that is the field prime', y('ed..7f')),
    ed25519('an Ed25519 y that is the field prime and one', y('ee..7f')),
    ed25519('an Ed25519 y that is the field prime and three, of no small order', y('f0..7f')),
    ed25519('the highest Ed25519 y, not canonical', y('ff..7f')),
    ed25519('the highest Ed25519 y, not canonical, x odd', y('ff..ff')),
    ed25519('an Ed25519 key of 31 bytes', fromBase64url(keys.second.x).subarray(0, 31)),
    ed25519('an Ed25519 key of 33 bytes', Buffer.concat([fromBase64url(publisher.kty === 'OKP' ? publisher.x : ''), Buffer.of(0)])),
    bad('a private Ed25519 key', { ...publisher, d: keys.ed25519.d }),
    bad('a private RSA key', { ...rsaOf(honest), d: base64url(modulusOf(3071)) }),
    rsa('an RSA key of 2048 bits', modulusOf(2048)),
    rsa('an RSA key of 3064 bits', modulusOf(3064)),
    rsa('an RSA key of 3064 bits, with zero bytes before it', Buffer.concat([Buffer.alloc(1), modulusOf(3064)])),
    rsa('an RSA modulus with so many zero bytes before it that it takes 2,050 characters', Buffer.concat([Buffer.alloc(1537 - 384), honest])),
    rsa('an RSA key of 3071 bits', modulusOf(3071)),
    rsa('an RSA key of 3073 bits', modulusOf(3073)),
    rsa('an RSA key of 8200 bits', modulusOf(8200)),
    rsa('an RSA modulus that is even', honest.map((byte, i) => (i === honest.length - 1 ? byte & 0xfe : byte))),
    rsa('an RSA modulus of no bytes', new Uint8Array(0)),
    rsa('an RSA exponent of 3', honest, 'Aw'),
    rsa('an RSA exponent of 1', honest, 'AQ'),
    rsa('an RSA exponent of 65,539', honest, 'AQAD'),
    rsa('an RSA exponent of 2^32 + 65,537', honest, 'AQABAAE'),
    rsa('an RSA exponent of no bytes', honest, ''),
  ]
}
