/** Every code an {@link EnvelopeError} can carry; `docs/errors.md` has a row for each. */
export const errorCodes = [
  'not-an-envelope',
  'unsupported',
  'malformed-head',
  'limit-exceeded',
  'untrusted-key',
  'revoked-key',
  'bad-signature',
  'threshold-not-met',
  'wrong-app',
  'wrong-channel',
  'rollback',
  'wrong-runtime',
  'wrong-type',
  'out-of-scope',
  'expired',
  'not-yet-valid',
  'too-large',
  'no-reader-key',
  'bad-index',
  'bad-chunk',
  'truncated',
  'trailing-data',
  'bad-checksum',
  'bad-key',
  'bad-trust-store',
  'signer-failed',
  'bad-audit-log',
  'bad-storage',
  'malformed-release',
  'bad-manifest',
  'bad-path',
  'input-changed',
  'fetch-failed',
  'backend-unavailable',
  'aborted',
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

/**
 * Why an envelope or a key was refused. `code` is stable and meant for programs, `message` says what to
 * do and is meant for people; neither ever holds key material or bundle bytes.
 */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
