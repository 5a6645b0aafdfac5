import { createAlertPolicy } from '../../src/alerts.js'
import type { Alert, AlertOptions } from '../../src/alerts.js'
import type { ErrorCode } from '../../src/errors.js'
import type { EnvelopeEvent } from '../../src/events.js'

export const NOW = 1_800_000_000
export const kid = (i: number): string => `kid-${i}`.padEnd(43, '_')
export const a: string = kid(1)
export const b: string = kid(2)
export const c: string = kid(3)
export const release = (sequence = 1): { app: string; version: string; sequence: number } => ({ app: 'com.example.app', version: '1.4.0', sequence })

export const counted = (by: string, time = NOW, root = by): EnvelopeEvent => ({ event: 'signature-counted', time, ...release(), kid: by, root })
export const verified = (sequence = 1, time = NOW): EnvelopeEvent => ({ event: 'head-verified', time, ...release(sequence), signers: [a] })
export const refused = (code: ErrorCode, time = NOW, sequence = 1): EnvelopeEvent => ({ event: 'head-refused', time, ...release(sequence), code })
export const trustRefused = (code: ErrorCode, time = NOW): EnvelopeEvent => ({ event: 'trust-refused', time, code, epoch: 7 })
export const bySignature = (code: ErrorCode, by: string, sequence = 1, time = NOW): EnvelopeEvent => ({
  ...{ event: 'signature-refused', time, ...release(sequence), kid: by, code },
})
export const signed = (by: string, time = NOW): EnvelopeEvent => ({ event: 'head-signed', time, ...release(), kid: by })
export const linked = (by: string, delegate: string, time = NOW): EnvelopeEvent => ({ event: 'link-signed', time, kid: by, delegate })

export function told(events: readonly EnvelopeEvent[], options?: AlertOptions): readonly (Alert | undefined)[] {
  return events.map(createAlertPolicy(options))
}

/** Level and reason of each alert, `-` where there is none. */
export function levels(events: readonly EnvelopeEvent[], options?: AlertOptions): readonly string[] {
  return told(events, options).map((alert) => (alert === undefined ? '-' : `${alert.level} ${alert.reason}`))
}

export const times = (count: number, make: (i: number) => EnvelopeEvent): readonly EnvelopeEvent[] => Array.from({ length: count }, (_, i) => make(i))
