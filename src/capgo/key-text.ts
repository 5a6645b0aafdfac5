import { badKey } from '../keys/bad-key.js'
import { MAX_TEXT_CHARACTERS } from '../keys/input.js'
import { base64Decode, utf8Decode } from '../text.js'
import type { EnvelopeError } from '../errors.js'
import type { Wanted } from '../keys/bad-key.js'

const KEYGEN = 'make a key pair with `otaseal capgo keygen`'
const ENCRYPTED = 'the private key is encrypted with a passphrase: decrypt it first, with `openssl pkey -in KEY.pem -traditional -out DECRYPTED.pem`'

const LABELS: Readonly<Record<Wanted, string>> = {
  public: 'RSA PUBLIC KEY or PUBLIC KEY',
  private: 'RSA PRIVATE KEY or PRIVATE KEY',
}

const WRONG_HALF: Readonly<Record<Wanted, string>> = {
  public:
    'this is a private key where the public key belongs: never put it into an app or on a server. ' +
    'Pass .capgo_key_v2.pub, or what `openssl rsa -in PRIVATE.pem -RSAPublicKey_out` prints',
  private: 'this is a public key, and its private half is needed here: pass .capgo_key_v2, which belongs to it',
}

/** The refusal of the other half of a key pair. */
export function wrongCapgoHalf(wanted: Wanted): EnvelopeError {
  return badKey(WRONG_HALF[wanted])
}

/** The refusal of keys of another kind, for people who may have taken the wrong file. */
export function notRsa(): EnvelopeError {
  return badKey(`the key is not RSA (rsaEncryption), the only kind that deployed Capgo plugins read: ${KEYGEN}`)
}

/**
 * PEM in which the words of the BEGIN and END lines are apart again, and out of its base64 where all of it was encoded once more, as
 * secret stores do. What parsePem mends besides is left to it.
 *
 * @throws EnvelopeError `bad-key` for the one-line form of OpenSSH
 */
export function repairedText(text: string): string {
  if (text.length > MAX_TEXT_CHARACTERS) return text
  if (/^[\s"'`]*ssh-\w/.test(text)) throw badKey(`this is a public key of OpenSSH: pass what \`ssh-keygen -e -m PEM -f KEY.pub\` prints, or ${KEYGEN}`)
  const pem = text.includes('-----') ? text : (decodedPem(text) ?? text)
  return pem.replace(
    /-----\s*(BEGIN|END)\s*(?:(RSA|ENCRYPTED)\s*)?(PRIVATE|PUBLIC)\s*KEY\s*-----/g,
    (_, edge: string, kind: string | undefined, half: string) => `-----${edge} ${kind === undefined ? '' : `${kind} `}${half} KEY-----`,
  )
}

function decodedPem(text: string): string | undefined {
  const base64 = text.replace(/\\[rn]|[\s"'`]/g, '').replace(/={1,2}$/, '')
  const bytes = base64Decode(base64.padEnd(Math.ceil(base64.length / 4) * 4, '='))
  const decoded = bytes && utf8Decode(bytes)
  return decoded?.includes('-----BEGIN') === true ? decoded : undefined
}

/** Why a PEM block is not taken, or `undefined` where its label is one of `readable`. */
export function refusalOf(label: string, text: string, wanted: Wanted, isReadable: boolean): string | undefined {
  if (isReadable) return /\b(Proc-Type|DEK-Info)\s*:/.test(text) ? ENCRYPTED : undefined
  const half = /\b(PUBLIC|PRIVATE) KEY$/.exec(label)?.[1]?.toLowerCase()
  if (half !== undefined && half !== wanted) return WRONG_HALF[wanted]
  if (label === 'ENCRYPTED PRIVATE KEY') return ENCRYPTED
  if (label === 'OPENSSH PRIVATE KEY') return `this is a private key of OpenSSH: convert a copy with \`ssh-keygen -p -m PEM -f COPY\`, or ${KEYGEN}`
  if (half !== undefined) return notRsa().message
  if (label === 'CERTIFICATE' && wanted === 'public') return 'this is a certificate: pass what `openssl x509 -in CERTIFICATE.pem -noout -pubkey` prints'
  return `the PEM block is no ${wanted} key: its label must be ${LABELS[wanted]}`
}
