import { headOf, headerText, keys, resigned, seal, withHead, withPayload, withProtected, base64url } from './publisher.js'
import { acceptedHead, refusedHead } from './vectors.js'
import type { EnvelopeParts } from '../../../src/format/container.js'
import type { RawHead } from './publisher.js'
import type { Vector } from '../vector.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes in a text whose last bits are not zero; it must not end at a border of three bytes. */
export const trailing = (text: string): string => `${text.slice(0, -1)}${ALPHABET[ALPHABET.indexOf(text.at(-1) as string) + 1] as string}`
export const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=')

/** A release whose header does not end at a border of three bytes, so that there is room for wrong padding. */
async function unaligned(): Promise<EnvelopeParts> {
  for (const version of ['1.4.0', '1.4.00', '1.4.000']) {
    const sealed = await seal(10, { version })
    if (headOf(sealed).payload.length % 4 !== 0) return sealed
  }
  throw new Error('all headers end at a border')
}

const malformed = (name: string, envelope: Pick<EnvelopeParts, 'head'> | Uint8Array): Vector => refusedHead('malformed-head', name, envelope)

/** The text of a head, which nobody signs (R3, R10). */
export async function headTexts(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const { head } = sealed
  const text = (edit: string): Uint8Array => Buffer.from(edit)
  const laidOut = JSON.stringify(Object.fromEntries(Object.entries(headOf(sealed)).reverse()), null, '\t ').replaceAll('\n', '\r\n')
  return [
    acceptedHead('a head laid out anew: other order of members, tabs, spaces and line ends between tokens', 10, { head: ` \n${laidOut}\r\n` }),
    malformed('an empty head', text('')),
    malformed('a list', text(`[${head}]`)),
    malformed('a JSON text in a JSON string', text(JSON.stringify(head))),
    malformed('null', text('null')),
    malformed('a byte order mark', text(`\ufeff${head}`)),
    malformed('a no-break space behind it', text(`${head}\u00a0`)),
    malformed('a form feed before it', text(`\f${head}`)),
    malformed('a NUL behind it', text(`${head}\0`)),
    malformed('a second object behind it', text(`${head}{}`)),
    malformed('a comma before its end', text(head.replace(/}$/, ',}'))),
    malformed('a comment', text(head.replace('{', '{/**/'))),
    malformed('names without quotes', text(head.replace('"payload"', 'payload'))),
    malformed('an end before its last brace', text(head.slice(0, -1))),
    malformed('in UTF-16', Buffer.from(head, 'utf16le')),
    malformed('a byte that is no UTF-8', Buffer.concat([text(head.replace(/}$/, ',"a":"')), Buffer.of(0xff), text('"}')])),
    malformed('a surrogate in UTF-8', Buffer.concat([text(head.replace('"keys":[', '"keys":["')), Buffer.of(0xed, 0xa0, 0x80), text('"]}')])),
    malformed('payload twice', text(head.replace('{', `{"payload":"${headOf(sealed).payload}",`))),
    malformed('signatures twice, the same', text(head.replace('{', `{"signatures":${JSON.stringify(headOf(sealed).signatures)},`))),
    malformed('protected twice', text(head.replace('{"protected"', '{"protected":"e30","protected"'))),
    malformed('signature twice', text(head.replace('{"protected"', '{"signature":"AA","protected"'))),
    malformed('an escape in a name', text(head.replace('"payload"', '"\\u0070ayload"'))),
    malformed('an escape in a value', text(head.replace(/"payload":"e/, '"payload":"\\u0065'))),
    malformed('a needed escape, in a slot', withHead(sealed, ({ keys }) => keys.push('"'))),
    malformed('a space in a slot', withHead(sealed, ({ keys }) => keys.push('a b'))),
    malformed('a space in payload', text(head.replace('"payload":"', '"payload":" '))),
  ]
}

/** Members of a head (R8, R11). */
export async function headMembers(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const changed = (more: object): EnvelopeParts => withHead(sealed, (head) => Object.assign(head, more))
  const signature = (edit: (first: Record<string, unknown>) => unknown): EnvelopeParts =>
    withHead(sealed, ({ signatures: [first] }) => edit(first as unknown as Record<string, unknown>))
  const without = (name: keyof RawHead): Vector => malformed(`no ${name}`, withHead(sealed, (head) => Reflect.deleteProperty(head, name)))
  const unknown = (name: string, envelope: EnvelopeParts): Vector => refusedHead('unsupported', name, envelope)
  const added = (member: string): EnvelopeParts => ({ ...sealed, head: sealed.head.replace('{', `{${member},`) })
  return [
    ...(['payload', 'signatures', 'keys'] as const).map(without),
    malformed('payload is an object', changed({ payload: {} })),
    malformed('signatures is an object', changed({ signatures: headOf(sealed).signatures[0] })),
    malformed('no signature', changed({ signatures: [] })),
    malformed('a signature that is null', changed({ signatures: [null] })),
    malformed('keys is a string', changed({ keys: headOf(sealed).keys[0] })),
    malformed('a slot that is a number', changed({ keys: [7, ...headOf(sealed).keys] })),
    malformed('chain is null', changed({ chain: null })),
    malformed('a chain of no links', changed({ chain: [] })),
    malformed('a signature without protected', signature((first) => delete first['protected'])),
    malformed('a signature without signature', signature((first) => delete first['signature'])),
    malformed('a signature that is a list of bytes', signature((first) => (first['signature'] = [1, 2, 3]))),
    unknown('an unprotected header of a signature', signature((first) => (first['header'] = {}))),
    unknown('a member __proto__ of the head', added('"__proto__":{}')),
    unknown('a member constructor of the head', added('"constructor":"a"')),
    unknown('a member whose name is a prefix of a known one', added('"key":[]')),
    unknown('a member that differs from a known one in case', added('"Keys":[]')),
    unknown('a member __proto__ of a signature', { ...sealed, head: sealed.head.replace('{"protected"', '{"__proto__":{},"protected"') }),
  ]
}

/** base64url of what a head is made of (R9). */
export async function headBase64(): Promise<readonly Vector[]> {
  const sealed = await unaligned()
  const { payload } = headOf(sealed)
  const forms: readonly (readonly [string, (text: string) => string])[] = [
    ['padding', padded],
    ['bits behind its end', trailing],
    ['one character too many', (text) => text.slice(0, text.length - (text.length % 4)) + 'A'],
    ['a character of another alphabet', (text) => `${text.slice(0, 8)}+${text.slice(9)}`],
    ['a line feed', (text) => `${text}\n`],
    ['a character beyond ASCII', (text) => `${text.slice(0, 8)}\u0100${text.slice(9)}`],
  ]
  const signature = (edit: (text: string) => string): EnvelopeParts =>
    withHead(sealed, ({ signatures: [first] }) => Object.assign(first as object, { signature: edit((first as { signature: string }).signature) }))
  const vectors: Vector[] = []
  for (const [name, edit] of forms) {
    if (/^[ -~]*$/.test(edit(payload))) vectors.push(malformed(`payload with ${name}`, await withPayload(sealed, edit(payload))))
    vectors.push(malformed(`a signature with ${name}`, signature(edit)))
  }
  return [...vectors, malformed('an empty payload', await withPayload(sealed, '')), malformed('payload in base64 of other letters', await standard())]
}

/** A header whose base64 has one of the two characters that differ. */
async function standard(): Promise<EnvelopeParts> {
  const sealed = await seal(10, { meta: { a: '\u00ff\u00fe~~~???>>>' } })
  const text = Buffer.from(headerText(sealed)).toString('base64').replaceAll('=', '')
  if (!/[+/]/.test(text)) throw new Error('the header has none of them')
  return withPayload(sealed, text)
}

/** The text of the signed header, signed as it is (R7). */
export async function headerTexts(): Promise<readonly Vector[]> {
  const plain = await seal(10)
  const noted = await seal(10, { meta: { b: '', a: '' } })
  const text = async (name: string, from: string, to: string, envelope = plain): Promise<Vector> => {
    if (!headerText(envelope).includes(from)) throw new Error(`the header has no ${from}`)
    return malformed(`header: ${name}`, await resigned(envelope, (header) => header.replace(from, to)))
  }
  const meta = (name: string, to: string): Promise<Vector> => text(name, '"meta":{"b":"","a":""}', `"meta":${to}`, noted)
  return Promise.all([
    text('white space before it', '{', ' {'),
    text('a line feed behind it', '}}', '}}\n'),
    text('a byte order mark', '{', '\ufeff{'),
    text('a member twice, the same', '{', '{"app":"com.example.app",'),
    text('a member of bundle twice', '"bundle":{', '"bundle":{"size":10,'),
    text('a member of body twice', '"body":{', '"body":{"chunk":16384,'),
    meta('a member of meta twice', '{"a":"","a":""}'),
    meta('two members of meta that differ in an escape', '{"a":"","\\u0061":""}'),
    text('42.0', '"sequence":1000', '"sequence":1000.0'),
    text('1e3', '"sequence":1000', '"sequence":1e3'),
    text('-0', '"size":10', '"size":-0'),
    text('a leading zero', '"size":10', '"size":010'),
    text('a plus sign', '"size":10', '"size":+10'),
    text('a number of hexadecimal', '"size":10', '"size":0xa'),
    text('an escape that is not needed, in a value', 'com.example', '\\u0063om.example'),
    text('an escape that is not needed, in a name', '"app"', '"\\u0061pp"'),
    text('an escaped slash', '/', '\\/'),
    meta('an escape in upper-case hex', '{"a":"\\u001F"}'),
    meta('a tab as a number', '{"a":"\\u0009"}'),
    meta('an escaped letter beyond ASCII', '{"a":"\\u00e4"}'),
    meta('an escaped pair of surrogates', '{"a":"\\ud83d\\ude82"}'),
    meta('a control character that is not escaped', '{"a":"\u0001"}'),
    meta('a lone surrogate', '{"a":"\\ud83d"}'),
    meta('a lone surrogate in a name', '{"\\ude82":"a"}'),
    meta('two surrogates in the wrong order', '{"a":"\\ude82\\ud83d"}'),
    meta('names that are whole numbers, not ascending', '{"10":"","9":""}'),
    meta('a name that is a whole number behind one that is none', '{"a":"","1":""}'),
    meta('the highest name that is sorted, behind one above it', '{"4294967295":"","4294967294":""}'),
    resigned(plain, (header) => Buffer.concat([Buffer.from(header.slice(0, -1)), Buffer.from(',"meta":{"a":"'), Buffer.of(0xc3), Buffer.from('"}}')]))
      .then((envelope) => malformed('header: a byte that is no UTF-8', envelope)),
    resigned(plain, (header) => Buffer.concat([Buffer.from(header.slice(0, -1)), Buffer.from(',"meta":{"a":"'), Buffer.of(0xc1, 0x81), Buffer.from('"}}')]))
      .then((envelope) => malformed('header: an overlong form in UTF-8', envelope)),
    resigned(plain, (header) => `[${header}]`).then((envelope) => malformed('header: a list', envelope)),
    resigned(plain, () => '"header"').then((envelope) => malformed('header: a string', envelope)),
  ])
}

/** Free data, whose text readers must write as ECMAScript does (R7, R8, R17). */
export async function metaTexts(): Promise<readonly Vector[]> {
  const sealed = await seal(10, { meta: { a: '' } })
  const meta = async (name: string, text: string): Promise<Vector> =>
    acceptedHead(`meta: ${name}`, 10, await resigned(sealed, (header) => header.replace('"meta":{"a":""}', `"meta":${text}`)))
  const controls = Array.from({ length: 32 }, (_, i) => JSON.stringify(String.fromCharCode(i)).slice(1, -1)).join('')
  return Promise.all([
    meta('none', '{}'),
    meta('an empty name and an empty value', '{"":""}'),
    meta('all that is escaped, and what some would escape and is not', `{"a":"${controls}\\"\\\\/<>&'\u007f\u0080\u00a0\u2028\u2029\ufeff\uffff"}`),
    meta('characters beyond the basic plane', '{"\u{1f682}":"\u{10ffff}"}'),
    meta('names that are those of prototypes', '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}'),
    meta('names that are whole numbers, ascending before all others', '{"0":"","9":"","10":"","4294967294":"","a":"","01":"","-1":"","4294967295":"","1e3":"","1.0":""}'),
  ])
}

/** The protected header of a signature (R7, R12). */
export async function protectedTexts(): Promise<readonly Vector[]> {
  const sealed = await seal(10)
  const edited = (from: string | RegExp, to: string): EnvelopeParts => withProtected(sealed, (header) => header.replace(from, to))
  const kid = /"kid":"([^"]*)"/
  return [
    malformed('protected: white space', edited(',', ', ')),
    malformed('protected: a member twice', edited('{', '{"alg":"Ed25519",')),
    malformed('protected: no JSON', edited(/.*/, 'protected')),
    malformed('protected: no alg', edited('"alg":"Ed25519",', '')),
    malformed('protected: no kid', edited(/"kid":"[^"]*",/, '')),
    malformed('protected: no typ', edited(/,"typ":"[^"]*"/, '')),
    malformed('protected: an empty alg', edited('"Ed25519"', '""')),
    malformed('protected: an alg of 33 characters', edited('"Ed25519"', `"${'A'.repeat(33)}"`)),
    malformed('protected: an alg with another character', edited('"Ed25519"', '"Ed_25519"')),
    malformed('protected: a kid of 31 bytes', edited(kid, `"kid":"${base64url(Buffer.alloc(31, 7))}"`)),
    malformed('protected: a kid of 33 bytes', edited(kid, `"kid":"${base64url(Buffer.alloc(33, 7))}"`)),
    malformed('protected: a kid with bits behind its end', withProtected(sealed, (header) => header.replace(kid, (_, text: string) => `"kid":"${trailing(text)}"`))),
    refusedHead('unsupported', 'protected: the typ of a link', edited('otaseal-head-v2', 'otaseal-link-v2')),
    refusedHead('unsupported', 'protected: the typ of a later version', edited('otaseal-head-v2', 'otaseal-head-v3')),
    refusedHead('unsupported', 'protected: the typ in other case', edited('otaseal-head-v2', 'Otaseal-Head-V2')),
    refusedHead('unsupported', 'protected: crit', edited('"}', '","crit":["exp"]}')),
    refusedHead('unsupported', 'protected: b64', edited('"}', '","b64":false}')),
    refusedHead('unsupported', 'protected: a key in jwk', edited('"}', `","jwk":{"kty":"OKP","crv":"Ed25519","x":"${keys.ed25519.x}"}}`)),
    refusedHead('bad-signature', 'protected: an alg of 32 characters that nobody has', edited('"Ed25519"', `"${'A-9z'.repeat(8)}"`)),
    refusedHead('bad-signature', 'protected: EdDSA, the older name of the algorithm', edited('"Ed25519"', '"EdDSA"')),
    acceptedHead('protected: its members in another order', 10, withProtected(sealed, (header) => {
      const { alg, kid: own, typ } = JSON.parse(header) as Record<string, string>
      return JSON.stringify({ typ, kid: own, alg })
    })),
  ]
}
