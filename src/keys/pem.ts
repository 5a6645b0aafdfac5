import type { Bytes } from '../bytes.js'
import { base64Decode, base64Encode, wrapLines } from '../text.js'
import { badKey } from './bad-key.js'

// Linear in the text: each part begins with a character that the part before it cannot hold.
const BLOCK = /^[\s"'`]*-----BEGIN ([^-]{1,64})-----([^-]*)-----END ([^-]{1,64})-----[\s"'`]*$/

const EXPORT_AGAIN = 'copy the whole text of the key file again, from its BEGIN line to its END line'

const BLOCK_ALONE = 'pass the PEM block alone'

/** What a text shows that is no PEM block, what that is, and what to do about it. */
const DAMAGE: readonly (readonly [RegExp, string, string])[] = [
  // RFC 1421 section 4.6, as OpenSSL writes it into PKCS#1
  [/\b(Proc-Type|DEK-Info):/, 'the PEM block is encrypted with a passphrase', 'decrypt it first, with `openssl pkey -in KEY.pem -out DECRYPTED.pem`'],
  [/^(?![\s"'`]*-----BEGIN )/, 'there is text before the BEGIN line of the key', BLOCK_ALONE],
  [/^(?![^]*-----END )/, 'the END line of the key is missing', EXPORT_AGAIN],
  [/-----END [^-]{1,64}-----[\s"'`]*[^\s"'`]/, 'there is text after the END line of the key', BLOCK_ALONE],
  [/^/, 'the PEM block of the key is damaged', EXPORT_AGAIN],
]

/** The label of a PEM block and the bytes in it. */
export interface PemBlock {
  readonly label: string
  readonly der: Bytes
}

/**
 * The one block of a PEM text (RFC 7468), also where newlines were lost, doubled or written as `\n`, as
 * secret stores do, and with quotes around it.
 *
 * @param refusal why a label is not taken, or `undefined` where it is; asked before the block is looked into
 * @throws EnvelopeError `bad-key`
 */
export function parsePem(text: string, refusal: (label: string) => string | undefined): PemBlock {
  const unescaped = text.replace(/\\[rn]/g, '\n')
  const label = onlyLabel(unescaped)
  const refused = refusal(label)
  if (refused !== undefined) throw badKey(refused)
  const [, , body = '', endLabel] = BLOCK.exec(unescaped) ?? throwDamage(unescaped)
  if (endLabel !== label) throw badKey(`the BEGIN and END lines of the key name different things: ${EXPORT_AGAIN}`)
  const der = base64Decode(body.replace(/\s/g, ''))
  if (der === undefined) throw badKey(`the key's text between BEGIN and END is not canonical base64: ${EXPORT_AGAIN}`)
  return { label, der }
}

function onlyLabel(text: string): string {
  const [, block, ...others] = text.split('-----BEGIN ')
  if (block === undefined) {
    throw badKey(
      'the text is no key: pass the content of a PEM file, with its -----BEGIN and -----END lines ' +
        '(not the name of the file), or a JWK',
    )
  }
  if (others.length > 0) throw badKey('the text holds more than one PEM block: pass only the one of this key')
  return /^([^-]{1,64})-----/.exec(block)?.[1] ?? throwDamage(text)
}

function throwDamage(text: string): never {
  const [, what, advice] = DAMAGE.find(([pattern]) => pattern.test(text)) as (typeof DAMAGE)[number]
  throw badKey(`${what}: ${advice}`)
}

/** A PEM block (RFC 7468) in lines of 64 characters, with a newline at its end. */
export function encodePem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${wrapLines(base64Encode(der))}\n-----END ${label}-----\n`
}
