import { AES_128_KEY } from '../crypto/cbc-shape.js'
import { AES_BLOCK } from '../crypto/password-shape.js'
import { EnvelopeError } from '../errors.js'
import { base64Decode, base64Encode } from '../text.js'
import { RSA_SIZE } from './keys.js'
import { malformedRelease } from './malformed.js'
import type { Bytes } from '../bytes.js'
import type { OpenValue, SignValue } from './signed-value.js'

/** What all content of one release is encrypted with. */
export interface Session {
  /** 16 bytes. */
  readonly key: Bytes
  /** 16 bytes. */
  readonly iv: Bytes
}

/** The two parts of the text `base64(iv):base64(signed key)`, not looked into. */
export interface SessionParts {
  /** 16 bytes; nobody signed them. */
  readonly iv: Bytes
  /** 256 bytes. */
  readonly signedKey: Bytes
}

/** The text of a session for the update endpoint: 369 characters. */
export async function encodeSession({ key, iv }: Session, sign: SignValue): Promise<string> {
  return `${base64Encode(iv)}:${base64Encode(await sign(key))}`
}

/**
 * The parts of the text.
 *
 * @throws EnvelopeError `malformed-release`
 */
export function parseSession(text: unknown): SessionParts {
  if (text === undefined || text === null || text === '') {
    throw malformedRelease('the release has no session key, so it is not encrypted: refuse it where the app holds a public key, and publish it encrypted')
  }
  const [ivText = '', keyText = '', ...others] = typeof text === 'string' && text.length <= 1024 ? text.split(':') : []
  const [iv, signedKey] = [base64Decode(ivText), base64Decode(keyText)]
  if (iv?.length === AES_BLOCK && signedKey?.length === RSA_SIZE && others.length === 0) return { iv, signedKey }
  throw malformedRelease('the session key is not base64 of 16 bytes, a colon, and base64 of 256 bytes: pass session_key (ivSessionKey of the Capgo CLI) unchanged')
}

/**
 * The session that the text holds.
 *
 * @throws EnvelopeError `malformed-release`, `bad-signature`
 */
export async function openSession(text: unknown, open: OpenValue): Promise<Session> {
  const { iv, signedKey } = parseSession(text)
  const key = await open(signedKey, AES_128_KEY)
  if (key !== undefined) return { key, iv }
  throw new EnvelopeError(
    'bad-signature',
    'the session key is not signed by the private key that belongs to this public key: check which key pair the release was encrypted with (a release of the older format V1 looks the same)',
  )
}
