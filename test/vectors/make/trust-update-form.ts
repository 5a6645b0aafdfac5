import { HEAD_TYPE } from '../../../src/format/head.js'
import { LINK_TYPE } from '../../../src/format/link.js'
import { TRUST_TYPE } from '../../../src/trust/update.js'
import { base64url, keys, signatureBy, trustUpdate } from './publisher.js'
import { modulusOf, rsaOf } from './trust-stores.js'
import { changed, next, nextWith, refuse, refusedText, renamed, stranger } from './trust-updates.js'
import { publisher } from './vectors.js'
import type { SignatureText } from '../../../src/build/sign-head.js'
import type { ErrorCode } from '../../../src/errors.js'
import type { RawUpdate, UpdateVector } from './trust-updates.js'

/** An update whose payload has this text, signed by the publisher. */
async function ofText(text: string | Uint8Array): Promise<string> {
  const payload = base64url(text)
  return JSON.stringify({ payload, signatures: [await signatureBy(keys.ed25519, payload, TRUST_TYPE)] })
}

/** R63: what is no trust update, or has no trust store in it. */
export async function formUpdates(): Promise<readonly UpdateVector[]> {
  const honest = await trustUpdate(next, keys.ed25519)
  const bad = async (name: string, edit: (update: RawUpdate) => unknown, code: ErrorCode = 'bad-trust-store'): Promise<UpdateVector> => refusedText(code, name, await changed(edit))
  const header = (name: string, edit: (header: Record<string, unknown>) => unknown, code: ErrorCode): Promise<UpdateVector> =>
    bad(name, ({ signatures }) => {
      const text = JSON.parse(Buffer.from((signatures[0] as SignatureText).protected, 'base64url').toString()) as Record<string, unknown>
      edit(text)
      signatures[0] = { ...(signatures[0] as SignatureText), protected: base64url(JSON.stringify(text)) }
    }, code)
  const typed = async (name: string, type: string): Promise<UpdateVector> => {
    const payload = base64url(JSON.stringify(next))
    return refusedText('unsupported', name, JSON.stringify({ payload, signatures: [await signatureBy(keys.ed25519, payload, type)] }))
  }
  const bare = JSON.stringify(next)
  return [
    refusedText('bad-trust-store', 'no bytes', ''),
    refusedText('bad-trust-store', 'a list of it', `[${honest}]`),
    refusedText('bad-trust-store', 'a byte order mark', `\ufeff${honest}`),
    refusedText('bad-trust-store', 'a member twice', honest.replace('{', '{"payload":"",')),
    refusedText('bad-trust-store', 'an escape in a name', honest.replace('"payload"', '"p\\u0061yload"')),
    refusedText('bad-trust-store', 'bytes that are no UTF-8', Buffer.concat([Buffer.from(honest.slice(0, 12)), Buffer.of(0xff), Buffer.from(honest.slice(12))])),
    await bad('no payload', (update) => delete (update as Partial<RawUpdate>).payload),
    await bad('no signatures', (update) => delete (update as Partial<RawUpdate>).signatures),
    await bad('an empty list of signatures', (update) => (update.signatures = [])),
    await bad('nine signatures', (update) => (update.signatures = Array.from({ length: 9 }, (_, i) => (i === 0 ? (update.signatures[0] as SignatureText) : renamed(update.signatures[0] as SignatureText, i))))),
    await bad('signatures that are no list', (update) => Object.assign(update, { signatures: update.signatures[0] })),
    await bad('a payload that is no text', (update) => Object.assign(update, { payload: next })),
    await bad('a payload with padding', (update) => (update.payload += '=')),
    await bad('a signature with padding', ({ signatures: [first] }) => Object.assign(first as object, { signature: `${(first as SignatureText).signature}==` })),
    await bad('a signature with a character of base64 alone', ({ signatures: [first] }) => Object.assign(first as object, { signature: `+${(first as SignatureText).signature.slice(1)}` })),
    await bad('a signature whose last character has bits that mean nothing', ({ signatures: [first] }) => Object.assign(first as object, { signature: withLooseBits((first as SignatureText).signature) })),
    await bad('a signature without protected', ({ signatures: [first] }) => delete (first as unknown as { protected?: string }).protected),
    await bad('an unknown member', (update) => Object.assign(update, { chain: [] }), 'unsupported'),
    await bad('key slots, as of a head', (update) => Object.assign(update, { keys: [] }), 'unsupported'),
    await bad('an unknown member of a signature', ({ signatures: [first] }) => Object.assign(first as object, { header: {} }), 'unsupported'),
    await header('a protected without kid', (text) => delete text['kid'], 'bad-trust-store'),
    await header('a protected without typ', (text) => delete text['typ'], 'bad-trust-store'),
    await header('a kid of 31 bytes', (text) => (text['kid'] = base64url(new Uint8Array(31))), 'bad-trust-store'),
    await header('an alg with a space', (text) => (text['alg'] = 'Ed 25519'), 'bad-trust-store'),
    await header('an unknown member of protected', (text) => (text['crit'] = ['b64']), 'unsupported'),
    await typed('a signature of a head', HEAD_TYPE),
    await typed('a signature of a link', LINK_TYPE),
    await typed('a typ of another version', 'otaseal-trust-v3'),
    refusedText('bad-trust-store', 'a store with white space', await ofText(bare.replace(',', ', '))),
    refusedText('bad-trust-store', 'a store with a line feed behind it', await ofText(`${bare}\n`)),
    refusedText('bad-trust-store', 'a store with a member twice', await ofText(bare.replace('"epoch":6', '"epoch":6,"epoch":6'))),
    refusedText('bad-trust-store', 'a store with an escape', await ofText(bare.replace('"active"', '"\\u0061ctive"'))),
    refusedText('bad-trust-store', 'a store with a number with a fraction of zero', await ofText(bare.replace('"epoch":6', '"epoch":6.0'))),
    refusedText('bad-trust-store', 'a store that is no UTF-8', await ofText(Buffer.from(bare.replace('active', 'activ\u00ff'), 'latin1'))),
    refusedText('bad-trust-store', 'a store of lists nested 5,000 times', await ofText('['.repeat(5000) + ']'.repeat(5000))),
    refusedText('bad-trust-store', 'no store', await ofText('')),
    refusedText('bad-trust-store', 'null in the place of a store', await ofText('null')),
    await refuse('bad-trust-store', 'a store that demands more keys than there are', { ...next, threshold: 3 }, [keys.ed25519, keys.second]),
    await refuse('bad-trust-store', 'a store without minSequence', { ...next, minSequence: undefined }, [keys.ed25519]),
    await refuse('bad-trust-store', 'a store for an app with a line feed behind it', nextWith({ apps: ['com.example.app\n'] }), [keys.ed25519]),
    await refuse('bad-trust-store', 'a store with the same key twice', { ...next, keys: [...next.keys, next.keys[0]] }, [keys.ed25519]),
    await refuse('bad-trust-store', 'a store with 65 keys', { ...next, keys: [...next.keys, ...Array.from({ length: 63 }, (_, i) => ({ key: { ...publisher, x: base64url(new Uint8Array(32).fill(i + 2)) }, status: 'active' }))] }, [keys.ed25519]),
    await refuse('unsupported', 'a store with an unknown member', { ...next, apps: [] }, [keys.ed25519]),
    await refuse('bad-key', 'a store with a key of small order', { ...next, keys: [...next.keys, { key: { ...publisher, x: base64url(new Uint8Array(32)) }, status: 'active' }] }, [keys.ed25519]),
    await refuse('bad-key', 'a store with an RSA key of 2048 bits', { ...next, keys: [...next.keys, { key: rsaOf(modulusOf(2048)), status: 'active' }] }, [keys.ed25519]),
    await refuse('bad-key', 'a store with a private key', { ...next, keys: [...next.keys, { key: { ...stranger, d: keys.stranger.d }, status: 'active' }] }, [keys.ed25519]),
  ]
}

/** Another text of the same bytes for decoders that look at no unused bits: 64 bytes leave four of them. */
function withLooseBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) + 1] as string)
}
