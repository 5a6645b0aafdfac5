import { asBytes, copyBytes, equalBytes } from '../bytes.js'
import { AES_128_KEY } from '../crypto/cbc-shape.js'
import { EnvelopeError } from '../errors.js'
import { badKey } from '../keys/bad-key.js'
import { objectOption } from '../options.js'
import { hexDecode } from '../text.js'
import { checkWholeBlocks } from './cbc.js'
import { crc32 } from './crc32.js'
import { readCapgoPrivateKey } from './keys.js'
import { malformedRelease } from './malformed.js'
import { backendOf, required } from './options.js'
import { decryptWhole } from './pieces.js'
import { parseSession } from './session.js'
import type { Bytes } from '../bytes.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { CapgoKeyInput, CapgoPrivateKey } from './keys.js'
import type { CapgoCallOptions } from './options.js'
import type { PieceHash } from './pieces.js'
import type { Session } from './session.js'

/** Length of an unsigned checksum in bytes -> the hash that it is of. */
const hashes: ReadonlyMap<number, (backend: CapgoBackend) => PieceHash> = new Map([
  [4, crc32],
  // What the Capgo CLI wrote under --old-encryption where a key pair of V2 was there too.
  [32, (backend: CapgoBackend): PieceHash => backend.hasher()],
])

/** What reads a release of V1. */
export interface CapgoV1Options extends Pick<CapgoCallOptions, 'backend'> {
  /** RSA-2048, as `.capgo_key` held it; V1 kept it in the app. */
  readonly privateKey: CapgoKeyInput
  /** `session_key` of the update endpoint. */
  readonly sessionKey: string
  /** The CRC32 in clear: 8 characters of hex. Where the Capgo CLI wrote a SHA-256 in its place, 64. */
  readonly checksum: string
}

/** The content of a release of V1. */
export interface CapgoV1Bundle {
  /** The ZIP. **Nothing proves who made it**: whoever has the app's public key can make another, with a CRC32 that fits. */
  readonly unauthenticated: Uint8Array<ArrayBuffer>
}

/**
 * Decrypts a release of the old format V1, to encrypt it anew; V1 is never written. Nothing in V1 proves who made a release: the session key
 * is encrypted with the public key, and the checksum is not signed. Take it only from storage that you trust, and let no device install it.
 *
 * @param payload the encrypted ZIP
 * @throws EnvelopeError `bad-key` also where the session key is not for this private key, `malformed-release`, `truncated`, `bad-checksum`
 * @throws TypeError where the program passes a wrong kind of argument
 */
export async function decryptCapgoV1(payload: Uint8Array, options: CapgoV1Options): Promise<CapgoV1Bundle> {
  const copy = copyBytes(asBytes(payload, 'payload'))
  const { privateKey, sessionKey, checksum } = objectOption('options', options)
  const backend = backendOf(options)
  const key = readCapgoPrivateKey(required('privateKey', privateKey))
  const { digest, hash } = parseUnsignedChecksum(checksum, backend)
  const session = await openV1Session(sessionKey, key, backend)
  checkWholeBlocks(copy.length)
  const { content, isPadded } = await decryptWhole(copy, session, { backend, signal: undefined }, hash.update)
  if (equalBytes(await hash.digest(), digest) && isPadded) return { unauthenticated: content }
  throw new EnvelopeError(
    'bad-checksum',
    'the payload does not decrypt to content with this checksum: it was damaged or changed, or the session key or the checksum is of another release',
  )
}

/** Whether the text is an unsigned checksum, as releases of V1 have it. */
export function isUnsignedChecksum(text: unknown): text is string {
  return typeof text === 'string' && hashes.has(text.length / 2) && hexDecode(text) !== undefined
}

function parseUnsignedChecksum(text: unknown, backend: CapgoBackend): { readonly digest: Bytes; readonly hash: PieceHash } {
  const digest = isUnsignedChecksum(text) ? hexDecode(text) : undefined
  const hash = hashes.get(digest?.length ?? 0)?.(backend)
  if (digest !== undefined && hash !== undefined) return { digest, hash }
  throw malformedRelease('the checksum is no CRC32 of 8 characters of hex, as releases of V1 have it: for a signed one, use verifyAndDecryptCapgo')
}

async function openV1Session(text: unknown, { jwk }: CapgoPrivateKey, backend: CapgoBackend): Promise<Session> {
  const { iv, signedKey: encryptedKey } = parseSession(text)
  const key = await backend.oaepDecrypt(jwk, encryptedKey)
  if (key !== undefined && key.length === AES_128_KEY) return { key, iv }
  throw badKey('the session key was not encrypted for this private key: pass the private key that the app held (a release of V2 looks the same: use verifyAndDecryptCapgo)')
}
