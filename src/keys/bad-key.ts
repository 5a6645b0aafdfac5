import { EnvelopeError } from '../errors.js'

/** The refusal of a key: `message` says what to do and never holds a part of the key, and there is no `cause`. */
export function badKey(message: string): EnvelopeError {
  return new EnvelopeError('bad-key', message)
}

/** Which half of a key pair a reader expects. */
export type Wanted = 'public' | 'private'

const WRONG_HALF = {
  public:
    'this is a private key where a public one belongs: never embed it in an app or pass it to a server. ' +
    'Pass the public key, which `openssl pkey -in PRIVATE.pem -pubout` prints',
  private: 'this is a public key, and its private half is needed here: pass the private key that belongs to it',
} as const

/** The refusal of the other half of a key pair than the one that was wanted. */
export function wrongHalf(wanted: Wanted): EnvelopeError {
  return badKey(WRONG_HALF[wanted])
}

/** The refusal of a private key that names another public key as its own. */
export function foreignPublicKey(): EnvelopeError {
  return badKey('the public key inside the private key belongs to another one: export or make the key pair again')
}
