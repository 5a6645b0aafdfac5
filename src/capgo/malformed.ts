import { EnvelopeError } from '../errors.js'

/** The refusal of a release whose fields are missing or have another form than a publisher gives them. */
export function malformedRelease(message: string): EnvelopeError {
  return new EnvelopeError('malformed-release', message)
}
