import { sizeText, timeText } from './text.js'
import type { Header } from '../index.js'

/** What a header says of the release, for programs. */
export function headerData(header: Header): Readonly<Record<string, unknown>> {
  const { app, version, sequence, channel, runtime, created, expires, meta, bundle } = header
  return { app, version, sequence, channel, runtime, created, expires, meta, size: bundle.size, type: bundle.type }
}

/** The same as rows for people; whatever a publisher wrote is still to be made printable. */
export function headerRows(header: Header): readonly (readonly [string, string])[] {
  const { app, version, sequence, channel, runtime, created, expires, meta, bundle } = header
  return [
    ['app', app],
    ['version', version],
    ['sequence', sequenceText(sequence)],
    ['channel', channel ?? '-'],
    ['runtime', runtime ?? '-'],
    ['created', timeText(created)],
    ['expires', expires === undefined ? 'never' : timeText(expires)],
    ['size', sizeText(bundle.size)],
    ['type', bundle.type],
    ...Object.entries(meta ?? {}).map(([name, value]) => [`meta ${name}`, value] as const),
  ]
}

/** Those trusted keys whose signatures counted. */
export function signerRows(signers: readonly string[]): readonly (readonly [string, string])[] {
  return signers.map((kid) => ['signed by', kid])
}

/** Sequences are a publisher's own numbers, but most are seconds; those of 2001-09-09 to 2100 are shown as such. */
export function sequenceText(sequence: number): string {
  return sequence >= 1e9 && sequence < 4_102_444_800 ? `${sequence} (${timeText(sequence)})` : String(sequence)
}
