import { byId, make } from './dom.js'
import { countText, numberText } from './text.js'

const CELLS_MAX = 240
/** Milliseconds between two texts for screen readers. */
const TELL_AFTER = 2000

/** The strip of one envelope's chunks. */
export interface Strip {
  readonly verifiedUpTo: (chunk: number) => void
  readonly refused: (chunk: number) => void
  /** Shows the last state, and says it. */
  readonly end: () => void
  readonly verified: () => number
}

interface Tally {
  next: number
  verified: number
  refused: number
}

/** Shows a strip where no chunk is checked yet. */
export function makeStrip(chunks: number): Strip {
  const group = Math.ceil(chunks / CELLS_MAX)
  const cells = Array.from({ length: Math.ceil(chunks / group) }, () => ({ verified: 0, refused: 0, element: make('span', 'cell') }))
  const sizeOf = (cell: number): number => Math.min(group, chunks - cell * group)
  const tally: Tally = { next: 0, verified: 0, refused: 0 }
  const changed = new Set<number>()
  const paint = (): void => {
    for (const i of changed) {
      const cell = cells[i]
      if (cell !== undefined) cell.element.className = `cell ${stateOf(cell.verified, cell.refused, sizeOf(i))}`
    }
    changed.clear()
  }
  const show = painter(paint, () => showTally(tally, chunks))
  const count = (chunk: number, kind: 'verified' | 'refused'): void => {
    const i = Math.floor(chunk / group)
    const cell = cells[i]
    if (cell !== undefined) cell[kind]++
    tally[kind]++
    tally.next = chunk + 1
    changed.add(i)
  }
  start(cells.map(({ element }) => element), chunks, group)
  showTally(tally, chunks)
  return {
    verifiedUpTo: (chunk) => {
      while (tally.next < chunk) count(tally.next, 'verified')
      show(false)
    },
    refused: (chunk) => {
      count(chunk, 'refused')
      show(false)
    },
    end: () => show(true),
    verified: () => tally.verified,
  }
}

function stateOf(verified: number, refused: number, size: number): string {
  if (refused > 0) return 'refused'
  if (verified === size) return 'verified'
  return verified > 0 ? 'partly' : ''
}

function start(cells: readonly HTMLElement[], chunks: number, group: number): void {
  byId('chunks', HTMLElement).hidden = false
  byId('strip', HTMLElement).replaceChildren(...cells)
  const grouped = group === 1 ? 'Each cell is a chunk.' : `Each cell stands for ${numberText(group)} chunks.`
  byId('chunks-text', HTMLElement).textContent = `${countText(chunks, 'chunk')}. ${grouped}`
  byId('chunks-live', HTMLElement).textContent = ''
}

/** Paints once a frame at most, and speaks rarely; at the end both at once. */
function painter(paint: () => void, tell: () => string): (atEnd: boolean) => void {
  let waiting = false
  let told = performance.now()
  const now = (aloud: boolean): void => {
    paint()
    const text = tell()
    if (!aloud && performance.now() - told < TELL_AFTER) return
    told = performance.now()
    byId('chunks-live', HTMLElement).textContent = text
  }
  return (atEnd) => {
    if (atEnd) now(true)
    if (atEnd || waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      now(false)
    })
  }
}

function showTally({ verified, refused, next }: Tally, chunks: number): string {
  const text = `${numberText(verified)} of ${countText(chunks, 'chunk')} verified, ${numberText(refused)} refused`
  byId('strip', HTMLElement).setAttribute('aria-label', text)
  const progress = byId('progress', HTMLProgressElement)
  progress.max = chunks
  progress.value = next
  return text
}
