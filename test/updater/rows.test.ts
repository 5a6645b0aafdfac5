import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keyAttacks } from './hostile-keys.js'
import { longerAnswers, notByServers, releaseAttacks } from './hostile-releases.js'

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

/** The cells of the rows of the table under a heading, without its first two lines. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const [, below = ''] = page.split(`\n${heading}\n`)
  const table = below.split(/\n##+ /)[0] ?? ''
  return table.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.slice(2, -2).split(' | '))
}

const codesIn = (cell: string): readonly string[] => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code)

/** What docs/security.md says is refused, and what the hostile servers of these tests do. */
describe('the hostile servers and docs/security.md', () => {
  const whole = [...rowsUnder('## What is refused'), ...rowsUnder('### In streams')].map(([attack = '', , code = '']) => ({ row: attack, code }))
  const trust = rowsUnder('### On keys and trust').map(([, , code = '', name = '']) => ({ row: name, code }))
  const attacks = [...releaseAttacks, ...longerAnswers]

  test('have the same rows of releases and streams, but those that no server can do', () => {
    expect(whole.length).toBeGreaterThan(25)
    const done = new Set([...attacks.map(({ row }) => row), ...Object.keys(notByServers)])
    expect([...done].sort()).toEqual(whole.map(({ row }) => row).sort())
    expect(attacks.filter(({ row }) => row in notByServers)).toEqual([])
    expect(Object.values(notByServers).filter((reason) => reason.length < 20)).toEqual([])
  })

  test('have the same rows of keys and trust', () => {
    expect(trust.length).toBeGreaterThan(15)
    expect([...new Set(keyAttacks.map(({ row }) => row))].sort()).toEqual(trust.map(({ row }) => row).sort())
  })

  test('end with the codes of their rows, and with all of these', () => {
    const expected = [...whole, ...trust].filter(({ row }) => !(row in notByServers)).map(({ row, code }) => {
      // Of a change of the head: those of the table above.
      return `${row}: ${code === 'as above' ? 'bad-signature' : [...codesIn(code)].sort().join(' ')}`
    })
    const all = [...attacks, ...keyAttacks]
    const found = [...new Set(all.map(({ row }) => row))].map((row) => {
      const codes = new Set<string>(all.filter((one) => one.row === row).map(({ code }) => code))
      return `${row}: ${[...codes].sort().join(' ')}`
    })
    expect(found.sort()).toEqual(expected.sort())
  })
})
