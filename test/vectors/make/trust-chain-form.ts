import { HEAD_TYPE } from '../../../src/format/head.js'
import { LINK_TYPE } from '../../../src/format/link.js'
import { TRUST_TYPE } from '../../../src/trust/update.js'
import { NOW, base64url, keys, link, signatureBy, withHead } from './publisher.js'
import { claims, released, withChain } from './trust-chains.js'
import { refusedHead } from './vectors.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { LinkClaims } from '../../../src/format/link.js'
import type { DeviceVectorOptions, Vector } from '../vector.js'

type HeadVector = Vector<DeviceVectorOptions>

/** A link of any text, signed by the root. */
async function linkOf(text: string | Uint8Array, type: string = LINK_TYPE): Promise<string> {
  const payload = base64url(text)
  const { protected: header, signature } = await signatureBy(keys.ed25519, payload, type)
  return `${header}.${payload}.${signature}`
}

/** R11, R55: chains that make a whole head malformed. */
export async function formChains(): Promise<readonly HeadVector[]> {
  const sealed = await released()
  const honest = await link(keys.ed25519, claims)
  const [header, payload, signature] = honest.split('.') as [string, string, string]
  const text = JSON.stringify(claims)
  const chained = (code: ErrorCode, name: string, ...chain: readonly unknown[]): HeadVector => refusedHead(code, name, withChain(sealed, ...chain))
  const bad = (name: string, ...chain: readonly unknown[]): HeadVector => chained('malformed-head', name, ...chain)
  const claimed = async (code: ErrorCode, name: string, more: Partial<Record<keyof LinkClaims | 'crit' | 'lastSequence', unknown>>): Promise<HeadVector> =>
    chained(code, name, await linkOf(JSON.stringify({ ...claims, ...more })))
  const member = async (name: string, more: Partial<Record<keyof LinkClaims, unknown>>): Promise<HeadVector> => claimed('malformed-head', name, more)
  const names = Array.from({ length: 65 }, (_, i) => `name${i}`)
  const withHeader = (code: ErrorCode, name: string, edit: (header: Record<string, unknown>) => unknown): HeadVector => {
    const value = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
    edit(value)
    return chained(code, name, [base64url(JSON.stringify(value)), payload, signature].join('.'))
  }
  return [
    bad('an empty chain'),
    refusedHead('malformed-head', 'a chain that is one link', withHead(sealed, (head) => Object.assign(head, { chain: honest }))),
    refusedHead('malformed-head', 'a chain that is null', withHead(sealed, (head) => Object.assign(head, { chain: null }))),
    chained('limit-exceeded', 'nine links', ...Array.from({ length: 9 }, () => honest)),
    bad('a link that is an object', claims),
    bad('a link of no characters', ''),
    bad('a link of two parts', [header, payload].join('.')),
    bad('a link of four parts', [header, payload, signature, signature].join('.')),
    bad('a link with a line feed', honest.replace('.', '.\n')),
    bad('a link with padding', `${honest}==`),
    bad('a link with a character of base64 alone', [header, payload, `+${signature.slice(1)}`].join('.')),
    bad('a link whose payload is no JSON', await linkOf('link')),
    bad('a link whose payload is a list', await linkOf(`[${text}]`)),
    bad('a link of lists nested 5,000 times', await linkOf('['.repeat(5000) + ']'.repeat(5000))),
    bad('a link with white space', await linkOf(text.replace(',', ', '))),
    bad('a link with a member twice', await linkOf(text.replace('{', '{"notAfter":1,'))),
    bad('a link with an escape', await linkOf(text.replace('Ed25519', 'Ed2551\\u0039'))),
    bad('a link with a number with a fraction of zero', await linkOf(text.replace(`${NOW}`, `${NOW}.0`))),
    bad('a link that is no UTF-8', await linkOf(Buffer.from(JSON.stringify({ ...claims, apps: ['\u00ff'] }), 'latin1'))),
    await member('a link without key', { key: undefined }),
    await member('a link without notBefore', { notBefore: undefined }),
    await member('a link without notAfter', { notAfter: undefined }),
    await member('a link that ends before it begins', { notAfter: claims.notBefore - 1 }),
    await member('a link that begins before 1970', { notBefore: -1 }),
    await member('a link that ends after the year 9999', { notAfter: 253_402_300_800 }),
    await member('a link that ends within a second', { notAfter: NOW + 0.5 }),
    await member('a link with a time as text', { notAfter: `${NOW}` }),
    await member('a link for no app', { apps: [] }),
    await member('a link for no channel', { channels: [] }),
    await member('a link for apps that are one name', { apps: 'com.example.app' }),
    await member('a link for an app that is no name', { apps: ['com.example.app', 'a/b'] }),
    await member('a link for an app with a line feed behind it', { apps: ['com.example.app\n'] }),
    await member('a link for a channel of 129 characters', { channels: ['production', 'a'.repeat(129)] }),
    await member('a link with a negative maxSequence', { maxSequence: -1 }),
    await member('a link with a maxSequence of 2^53', { maxSequence: 2 ** 53 }),
    await member('a link with a maxSequence of true', { maxSequence: true }),
    await member('a link with a maxSequence of null', { maxSequence: null }),
    await member('a link for a key without x', { key: { kty: 'OKP', crv: 'Ed25519' } }),
    await member('a link for a key that is text', { key: keys.second.x }),
    await claimed('limit-exceeded', 'a link for 65 apps', { apps: names }),
    await claimed('limit-exceeded', 'a link for 65 channels', { channels: names }),
    await claimed('bad-key', 'a link with a private key', { key: { ...claims.key, d: keys.second.d } }),
    await claimed('unsupported', 'a link with an unknown member', { crit: 1 }),
    await claimed('unsupported', 'a link with lastSequence, as of a trust store', { lastSequence: 1 }),
    await claimed('unsupported', 'a link for a key with its kid', { key: { ...claims.key, kid: 'a' } }),
    await claimed('unsupported', 'a link for a key of P-256', { key: { kty: 'EC', crv: 'P-256', x: keys.p256.x, y: keys.p256.y } }),
    chained('unsupported', 'a link with the typ of a head', await linkOf(text, HEAD_TYPE)),
    chained('unsupported', 'a link with the typ of a trust update', await linkOf(text, TRUST_TYPE)),
    chained('unsupported', 'a link with the typ of another version', await linkOf(text, 'otaseal-link-v3')),
    withHeader('unsupported', 'a link with an unknown member of protected', (value) => (value['crit'] = ['b64'])),
    withHeader('malformed-head', 'a link without kid', (value) => delete value['kid']),
    withHeader('malformed-head', 'a link with a kid of 33 bytes', (value) => (value['kid'] = base64url(new Uint8Array(33)))),
    bad('a link for a key whose x is an escaped half of a surrogate pair, beside one that fits', honest, await linkOf(text.replace(keys.second.x, '\\ud800'))),
    bad('a link that is malformed beside one that fits', honest, await linkOf(JSON.stringify({ ...claims, notAfter: undefined }))),
  ]
}
