import { VERDICTS } from './conformance-verdict.js'
import { printable } from './text.js'
import type { Run } from './conformance-run.js'
import type { Choice, Vector } from './conformance-vectors.js'
import type { Fail, Found, Result } from './conformance-verdict.js'
import type { Outcome } from './terminal.js'

/** How the vectors of one family and operation went. */
interface Row {
  readonly family: string
  readonly operation: string
  readonly accepted: Count
  readonly refused: Count
}

/** Of vectors that must be accepted, or of those that must be refused. */
interface Count {
  readonly passed: number
  readonly failed: number
  readonly notAsked: number
}

interface Failed extends Result {
  readonly verdict: Fail
}

const ORDER = Object.keys(VERDICTS) as readonly Fail[]
const HEAD = ['family', 'operation', 'to accept', 'passed', 'failed', 'to refuse', 'passed', 'failed']

/** What a run tells, and the sentence that says what it comes to. */
export function outcomeOf(choice: Choice, run: Run, version: string): { readonly outcome: Outcome; readonly sentence: string; readonly isPass: boolean } {
  const failures = run.results.filter(isFailed).sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
  const notAsked = choice.vectors.length - run.results.length
  const isPass = failures.length === 0 && notAsked === 0
  const sentence = isPass ? passSentence(choice, version) : failSentence(choice, failures, notAsked)
  const rows = rowsOf(choice.vectors, run.results)
  const { gaveUp, warning } = run
  const counts = { vectors: choice.vectors.length, passed: run.results.length - failures.length, failed: failures.length, notAsked }
  return {
    ...{ isPass, sentence },
    outcome: {
      data: {
        ...{ ok: isPass, ...(!isPass && { error: { code: 'failed-vectors', message: sentence } }) },
        ...{ version, whole: choice.isWhole, ...counts, gaveUp, warning, rows, failures: failures.map(failureData) },
      },
      lines: [...tableLines(rows), '', ...failures.flatMap(failureLines), ...(gaveUp === undefined ? [] : [gaveUpLine(gaveUp)]), sentence],
    },
  }
}

function isFailed(result: Result): result is Failed {
  return result.verdict !== 'pass'
}

function passSentence({ vectors, isWhole }: Choice, version: string): string {
  const whose = isWhole ? ` of otaseal ${version}` : ' that were chosen, which are not all of otaseal'
  return `passed: all ${vectors.length} vectors${whose}`
}

function failSentence({ vectors }: Choice, failures: readonly Failed[], notAsked: number): string {
  const kinds = ORDER.flatMap((verdict) => {
    const count = failures.filter((failure) => failure.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${VERDICTS[verdict]}`]
  })
  const rest = notAsked === 0 ? [] : [`${notAsked} not asked any more`]
  return `failed: ${failures.length + notAsked} of ${vectors.length} vectors: ${[...kinds, ...rest].join(', ')}`
}

function gaveUpLine(why: string): string {
  return printable(`gave up: ${why}. Run the command by itself: for each line on its stdin it must print one line of JSON; see docs/conformance.md`)
}

function rowsOf(vectors: readonly Vector[], results: readonly Result[]): readonly Row[] {
  const verdicts = new Map(results.map(({ vector, verdict }) => [vector, verdict]))
  const groups = new Map<string, Vector[]>()
  for (const vector of vectors) {
    const name = JSON.stringify([vector.family, vector.operation])
    groups.set(name, [...(groups.get(name) ?? []), vector])
  }
  const count = (some: readonly Vector[]): Count => {
    const asked = some.flatMap((vector) => verdicts.get(vector) ?? [])
    const passed = asked.filter((verdict) => verdict === 'pass').length
    return { passed, failed: asked.length - passed, notAsked: some.length - asked.length }
  }
  return [...groups].map(([name, group]) => {
    const [family = '', operation = ''] = JSON.parse(name) as readonly string[]
    const [accepted, refused] = [false, true].map((isRefused) => count(group.filter(({ expected }) => 'code' in expected === isRefused)))
    return { family, operation, accepted: accepted as Count, refused: refused as Count }
  })
}

function tableLines(rows: readonly Row[]): readonly string[] {
  const texts = rows.map(({ family, operation, accepted, refused }) => [printable(family), printable(operation), ...cells(accepted), ...cells(refused)])
  const total = ['all', '', ...cells(sum(rows.map(({ accepted }) => accepted))), ...cells(sum(rows.map(({ refused }) => refused)))]
  const all = [HEAD, ...texts, total]
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) => `  ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`)
}

function cells({ passed, failed, notAsked }: Count): readonly string[] {
  return [passed + failed + notAsked, passed, failed].map(String)
}

function sum(counts: readonly Count[]): Count {
  const add = (name: keyof Count): number => counts.reduce((total, count) => total + count[name], 0)
  return { passed: add('passed'), failed: add('failed'), notAsked: add('notAsked') }
}

function failureData({ vector, verdict, found }: Failed): Readonly<Record<string, unknown>> {
  const { family, operation, name, expected } = vector
  return { family, operation, name, verdict, expected: 'code' in expected ? expected : { output: expected }, found }
}

function failureLines({ vector, verdict, found }: Failed): readonly string[] {
  const { family, name, expected } = vector
  const wanted = 'code' in expected ? refusedText(expected.code, `at most ${expected.released} bytes`) : outputText(expected)
  return [
    `${VERDICTS[verdict]}: ${printable(family)}: ${printable(name)}`,
    `  expected: ${printable(wanted)}`,
    `  found: ${printable(foundText(found))}`,
    '',
  ]
}

function foundText({ reason, code, output }: Found): string {
  if (reason !== undefined || output === undefined) return reason ?? ''
  return code === undefined ? outputText(output) : refusedText(code, `${output.size} bytes${output.size === 0 ? '' : `, SHA-256 ${output.sha256}`}`)
}

function refusedText(code: string, released: string): string {
  return `refused as ${code}, released ${released}`
}

function outputText({ size, sha256 }: { readonly size: number; readonly sha256: string }): string {
  return `accepted, ${size} bytes, SHA-256 ${sha256}`
}
