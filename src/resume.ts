/**
 * Going on with a download that broke off. Apart from the device door, because it encrypts in order to check.
 *
 * @module otaseal/resume
 */
export { checkChunks } from './resume/check-chunks.js'
export { planRanges } from './resume/plan-ranges.js'
export type { CheckOptions, ReadPlaintext } from './resume/check-chunks.js'
export type { OpenedEnvelope } from './device/open-envelope.js'
export type { Backend } from './crypto/backend.js'
export type { ByteRange, ChunkSpan } from './format/geometry.js'
export type { AbortSignalLike, CallOptions, Progress } from './options.js'
