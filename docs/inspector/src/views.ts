import { checks, stateOf } from './checks.js'
import { byId, definitionRows, definitions, make } from './dom.js'
import { numberText, shown } from './text.js'
import type { ByteRange } from 'otaseal/device'
import type { CheckState, Standing } from './checks.js'

const NAMED_CHUNKS = 20

const MARKS: Readonly<Record<CheckState, string>> = { passed: '✓ passed', refused: '✕ refused', 'left out': '– left out', 'not reached': '· not reached' }

/** A chunk that was refused, and where it lies in the payload. */
export interface RefusedChunk {
  readonly chunk: number
  readonly range?: ByteRange
}

export type Tone = '' | 'good' | 'warn' | 'bad'

/** The one sentence of what is known, and what stands behind it. */
export function showVerdict(tone: Tone, title: string, ...text: readonly (Node | string)[]): void {
  const banner = byId('verdict', HTMLElement)
  banner.className = `banner ${tone}`
  byId('verdict-title', HTMLElement).textContent = title
  byId('verdict-text', HTMLElement).replaceChildren(...text.map((part) => (typeof part === 'string' ? make('p', '', part) : part)))
  // On a small screen it lies below the form.
  if (tone !== '') banner.scrollIntoView({ block: 'nearest' })
}

/** Why it was refused, in the words of the library and of docs/errors.md. */
export function showRefusal(standing: Standing, chunks: readonly RefusedChunk[] = []): void {
  const { refused } = standing
  if (refused === undefined) return
  const row = ERROR_ROWS[refused.code]
  const title = checks.find(({ id }) => id === refused.check)?.title ?? ''
  showVerdict('bad', `Refused: ${refused.code}`, definitions([
    ['Check that failed', title],
    ['In short', shown(refused.message)],
    ...(chunks.length === 0 ? [] : [[chunks.length === 1 ? 'Refused chunk' : 'Refused chunks', chunksText(chunks)] as const]),
    ...(row === undefined ? [] : [['What this code means', row.happened], ['Who can cause it', row.who.replace('distributor', 'distributor (everyone between publisher and device)')], ['What to do', row.advice]] as const),
  ]))
}

/** Chunks are counted from 0, as in the messages of the library. */
function chunksText(chunks: readonly RefusedChunk[]): string {
  const named = chunks.slice(0, NAMED_CHUNKS).map(({ chunk, range }) => {
    const place = range === undefined ? '' : ` (bytes ${numberText(range.start)} to ${numberText(range.end - 1)} of the payload)`
    return `${numberText(chunk)}${place}`
  })
  const more = chunks.length > NAMED_CHUNKS ? `, and ${numberText(chunks.length - NAMED_CHUNKS)} more` : ''
  return `${named.join(', ')}${more}; the first is 0`
}

/** Each check with its state. */
export function showChecks(standing: Standing): void {
  byId('checks', HTMLElement).hidden = false
  byId('check-list', HTMLElement).replaceChildren(...checks.map(({ id, title }) => {
    const state = stateOf(id, standing)
    const item = make('li', state.replace(' ', '-'), make('span', 'state', MARKS[state]), make('span', '', title))
    const note = noteOf(state, standing.left.get(id), standing)
    if (note !== '') item.append(make('span', 'note', note))
    return item
  }))
}

function noteOf(state: CheckState, reason: string | undefined, { refused }: Standing): string {
  if (state === 'left out') return reason ?? ''
  return state === 'refused' && refused !== undefined ? `${refused.code}: ${shown(refused.message)}` : ''
}

export function showHeadStatus(tone: Tone, ...text: readonly (Node | string)[]): void {
  const status = byId('head-status', HTMLElement)
  status.className = `banner ${tone}`
  status.replaceChildren(...text)
}

export function showTimings(rows: readonly (readonly [string, string])[]): void {
  const list = byId('timings', HTMLElement)
  list.hidden = rows.length === 0
  list.replaceChildren(...definitionRows(rows))
}

/** What became of each file. */
export function note(text: string, isBad: boolean): void {
  byId('notes', HTMLElement).append(make('li', isBad ? 'bad' : '', text))
}
