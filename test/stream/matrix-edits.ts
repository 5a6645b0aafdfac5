import { headRows } from './matrix-head-edits.js'
import { payloadRows } from './matrix-payload-edits.js'
import type { Row } from './matrix-honest.js'

/** Hostile envelopes with one failure each; the names say which. */
export const rows: readonly Row[] = [...headRows, ...payloadRows]
