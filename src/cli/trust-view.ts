import { sequenceText } from './header-view.js'
import { printable, table, timeText } from './text.js'
import type { KeyMember, Scope, TrustStoreKey } from '../index.js'
import type { CheckedStore } from './trust-file.js'

/** A trust store for programs. */
export function storeData({ store, kids }: CheckedStore): Readonly<Record<string, unknown>> {
  const { epoch, threshold, minSequence } = store
  const keys = store.keys.map(({ key, ...entry }, i) => ({ kid: kids[i], algorithm: algorithmOf(key), ...entry }))
  return { epoch, threshold, minSequence, keys }
}

/** The same for people. */
export function storeLines({ store, kids }: CheckedStore): readonly string[] {
  const { epoch, threshold, minSequence, keys } = store
  const active = keys.filter(({ status }) => status === 'active').length
  return [
    ...table([
      ['epoch', String(epoch)],
      ['threshold', `${threshold} of ${active} active ${active === 1 ? 'key' : 'keys'}`],
      ['minSequence', sequenceText(minSequence)],
    ]),
    ...columns([
      ['KID', 'ALGORITHM', 'STATUS', 'SCOPE', 'VALIDITY', 'LAST SEQUENCE'],
      ...keys.map((entry, i) => keyRow(kids[i] ?? '', entry)),
    ]),
  ]
}

function keyRow(kid: string, entry: TrustStoreKey): readonly string[] {
  const { key, status, lastSequence } = entry
  return [kid, algorithmOf(key), status, scopeText(entry), validityText(entry), lastSequence === undefined ? '-' : sequenceText(lastSequence)]
}

/** A name as `otaseal keygen --type` has it. */
export function algorithmOf(key: KeyMember): string {
  return key.kty === 'OKP' ? key.crv : `RSA-${Buffer.from(key.n, 'base64url').length * 8}`
}

export function scopeText({ apps, channels }: Scope): string {
  const parts = [apps && `apps ${apps.join(', ')}`, channels && `channels ${channels.join(', ')}`].filter((part) => part !== undefined)
  return parts.length === 0 ? 'all' : parts.join('; ')
}

export function validityText({ notBefore, notAfter }: Scope): string {
  if (notBefore === undefined && notAfter === undefined) return 'always'
  return `${notBefore === undefined ? '' : `from ${timeText(notBefore)}`}${notAfter === undefined ? '' : ` until ${timeText(notAfter)}`}`.trim()
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => printable(cell).padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
