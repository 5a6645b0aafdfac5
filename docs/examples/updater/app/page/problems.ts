import { EnvelopeError } from 'otaseal/device'

/** What goes wrong before there is anything to verify. */
export type ServerCode = 'no-connection' | 'no-answer-in-time' | 'bad-answer' | 'answer-too-large' | 'storage-failed'

/** A failure of the server, the network or this device's storage. */
export class ServerError extends Error {
  readonly code: ServerCode

  constructor(code: ServerCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** For the person in front of the page. */
export interface Problem {
  readonly code: string
  readonly meaning: string
}

const FORGED = 'It was not made by the publisher of this app, or was changed on its way.'
const BROKEN = 'What was downloaded is not what the publisher made. Another try may help.'
const ELSEWHERE = 'The server offered something that is not meant for this app.'
const MALFORMED = 'The server sent something that is no update of this app.'

const meanings = new Map<string, string>([
  ['no-connection', 'The update server could not be reached, or the connection broke off. The next try goes on from there.'],
  ['no-answer-in-time', 'The update server has stopped answering. The next try goes on from there.'],
  ['bad-answer', 'The update server answered with something else than was asked for.'],
  ['answer-too-large', 'The update server sent far more than was asked for.'],
  ['storage-failed', 'This device could not store the update. Is there room?'],
  ['not-an-envelope', MALFORMED],
  ['malformed-head', MALFORMED],
  ['unsupported', 'The update needs a newer app, or was changed on its way.'],
  ['limit-exceeded', MALFORMED],
  ['untrusted-key', FORGED],
  ['revoked-key', 'It was made with a key that the publisher has taken back. Please report this.'],
  ['bad-signature', FORGED],
  ['threshold-not-met', 'Fewer keys have signed than this app demands.'],
  ['wrong-app', ELSEWHERE],
  ['wrong-channel', 'The server offered a release of another channel.'],
  ['wrong-runtime', 'The server offered a release for another version of the app itself.'],
  ['wrong-type', ELSEWHERE],
  ['out-of-scope', 'It was signed with a key that is not for this.'],
  ['rollback', 'The server offered something old.'],
  ['expired', 'The server offered something whose time is over. Or the clock of this device is wrong.'],
  ['not-yet-valid', 'The time of the key that signed it has not begun. Or the clock of this device is wrong.'],
  ['too-large', 'The release is larger than this app allows.'],
  ['no-reader-key', 'The release is not encrypted for this device, or was changed on its way.'],
  ['bad-index', BROKEN],
  ['bad-chunk', BROKEN],
  ['truncated', BROKEN],
  ['trailing-data', BROKEN],
  ['bad-checksum', BROKEN],
  ['bad-key', 'A key can not be read.'],
  ['bad-trust-store', 'The list of trusted keys is broken; the one at hand stays.'],
  ['backend-unavailable', 'This browser lacks the cryptography that is needed. The page must come over HTTPS.'],
  ['aborted', 'You have stopped it. The next try goes on from there.'],
])

/** Errors that are refusals; anything else is a mistake in this program. */
export function problemOf(error: unknown): Problem {
  const code = error instanceof EnvelopeError || error instanceof ServerError ? error.code : 'internal'
  return { code, meaning: meanings.get(code) ?? 'Something unexpected happened.' }
}
