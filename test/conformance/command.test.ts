import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { codeOf, ended, hasScript, json, otaseal, program, start, temporaryFolder } from '../cli/cli.js'
import { isRunning } from '../signers/processes.js'
import { accepting, commandOf, conform, five, refusing, write } from './toy.js'
import type { Run } from '../cli/cli.js'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
  write(folder, five)
})

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

describe('what the program is told', () => {
  it('is the operation, the input and the options: neither a name nor what is right', async () => {
    expect((await conform(folder, commandOf('records'))).code).toBe(0)
    const requests = read('requests.jsonl').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(requests).toEqual(five.map(({ operation, input, options }) => ({ operation, input, options })))
    expect(read('requests.jsonl')).not.toMatch(/wrong|bad-tag|sha256|\d bytes/)
  })

  it('is not what otaseal keeps in the environment', async () => {
    const env = { OTASEAL_PRIVATE_KEY: 'a', OTASEAL_PASSPHRASE: 'b', OTASEAL_READER_SECRET: 'c', OTHER: 'seen' }
    expect((await conform(folder, commandOf('records'), [], { env })).code).toBe(0)
    const seen = Object.keys(JSON.parse(read('environment.json')) as object)
    expect(seen.filter((name) => name.startsWith('OT'))).toEqual(['OTHER'])
  })

  it('what it says on stderr comes through', async () => {
    const run = await conform(folder, commandOf('records'), ['--json'])
    expect([json(run)['ok'], run.stderr]).toEqual([true, 'said on stderr\n'.repeat(5)])
  })
})

describe('the table', () => {
  it('counts what passed', async () => {
    const { code, stdout } = await conform(folder, commandOf('none'))
    expect([code, stdout.split('\n')]).toEqual([0, [
      '  family  operation  to accept  passed  failed  to refuse  passed  failed',
      '  toy     envelope           1       1       0          2       2       0',
      '  toy     object             1       1       0          0       0       0',
      '  toy     head               0       0       0          1       1       0',
      '  all                        2       2       0          3       3       0',
      '',
      'passed: all 5 vectors that were chosen, which are not all of otaseal',
      '',
    ]])
  })

  it('is followed by each failure, with what was expected and found', async () => {
    write(folder, [accepting(100), refusing('truncated', 40)])
    const { code, stdout, stderr } = await conform(folder, commandOf('accepts everything'))
    const sentence = 'failed: 1 of 2 vectors: 1 accepted what must be refused'
    const hash = /SHA-256 ([0-9a-f]{64})/.exec(stdout)?.[1] ?? ''
    expect([code, stdout.split('\n')]).toEqual([1, [
      '  family  operation  to accept  passed  failed  to refuse  passed  failed',
      '  toy     envelope           1       1       0          1       0       1',
      '  all                        1       1       0          1       0       1',
      '',
      'accepted what must be refused: toy: truncated: wrong',
      '  expected: refused as truncated, released at most 40 bytes',
      `  found: accepted, 40 bytes, SHA-256 ${hash}`,
      '',
      sentence,
      '',
    ]])
    expect(stderr).toBe(`otaseal: refused (failed-vectors): ${sentence}\n`)
  })

  it('is data for programs', async () => {
    write(folder, [accepting(100), refusing('truncated', 40), refusing('bad-tag')])
    const run = await conform(folder, commandOf('another code'), ['--json'])
    const message = 'failed: 2 of 3 vectors: 2 another code'
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
    const of = (name: string, code: string, released: number): object => ({
      ...{ family: 'toy', operation: 'envelope', name, verdict: 'another-code', expected: { code, released } },
      found: { code: 'not-a-code', output: { size: released, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown } },
    })
    expect(json(run)).toEqual({
      ...{ ok: false, error: { code: 'failed-vectors', message }, version, whole: false, vectors: 3, passed: 1, failed: 2, notAsked: 0 },
      rows: [{ family: 'toy', operation: 'envelope', accepted: { passed: 1, failed: 0, notAsked: 0 }, refused: { passed: 0, failed: 2, notAsked: 0 } }],
      failures: [of('truncated: wrong', 'truncated', 40), of('bad-tag: wrong', 'bad-tag', 0)],
    })
    expect([run.code, run.stderr]).toEqual([1, ''])
  })

  it('shows nothing that a terminal would obey', async () => {
    const evil = '\u001b]0;pwn\u0007'
    write(folder, [{ ...refusing('truncated'), name: `truncated: ${evil}` }])
    const { code, stdout, stderr } = await conform(folder, commandOf('another code'))
    expect([code, stdout]).toEqual([1, expect.stringContaining('u{1b}') as unknown])
    expect(stdout + stderr).not.toMatch(/[\u001b\u0007]/)
  })
})

describe('which vectors', () => {
  const asked = async (...args: readonly string[]): Promise<unknown> => {
    const { vectors, rows } = json(await otaseal(folder, ['conformance', '--command', commandOf('none'), ...args, '--json']))
    return [vectors, [...new Set((rows as readonly { readonly family: string }[]).map(({ family }) => family))]]
  }

  it('are those of files, and of folders without keys.json', async () => {
    mkdirSync(join(folder, 'more'))
    write(folder, [accepting(1)], 'more/one.json')
    write(folder, [accepting(1), accepting(2)], 'more/two.json')
    writeFileSync(join(folder, 'more/keys.json'), '{}')
    writeFileSync(join(folder, 'more/README.md'), '')
    expect(await asked('--vectors', 'more')).toEqual([3, ['one', 'two']])
    expect(await asked('--vectors', 'toy.json', '--vectors', 'more/two.json')).toEqual([7, ['toy', 'two']])
    expect(await asked('--vectors', 'toy.json', '--vectors', 'more', '--family', 'one', '--family', 'toy')).toEqual([6, ['toy', 'one']])
  })

  it.each([
    ['there is no such file', 'absent.json', undefined, 'there is no such file'],
    ['a folder without any', 'empty', undefined, 'has no files of vectors'],
    ['no JSON', 'x.json', '{', 'x.json is not JSON'],
    ['no list', 'x.json', '{}', 'x.json holds no vectors'],
    ['an empty list', 'x.json', '{"vectors":[]}', 'x.json holds no vectors'],
    ['another form', 'x.json', JSON.stringify({ vectors: [accepting(1), { name: 'x', envelope: 'AA', code: 'bad-tag' }] }), 'vector 2 of it has another form'],
    ['both verdicts', 'x.json', JSON.stringify({ vectors: [{ ...accepting(1), code: 'bad-tag' }] }), 'vector 1 of it'],
    ['no verdict', 'x.json', JSON.stringify({ vectors: [{ ...accepting(1), output: undefined }] }), 'vector 1 of it'],
    ['no hash', 'x.json', JSON.stringify({ vectors: [{ ...accepting(1), output: { size: 1, sha256: '' } }] }), 'vector 1 of it'],
    ['options nested too deep to be asked', 'x.json', JSON.stringify({ vectors: [refusing('bad-tag')] }).replace('"options":{"app":null}', `"options":${'['.repeat(1e5)}${']'.repeat(1e5)}`), 'vector 1 of it'],
    ['more released than an answer can hold', 'x.json', JSON.stringify({ vectors: [refusing('bad-tag', 2 ** 28 + 1)] }), 'vector 1 of it'],
    ['less than nothing released', 'x.json', JSON.stringify({ vectors: [refusing('bad-tag', -1)] }), 'vector 1 of it'],
    ['256 MiB and a byte', 'x.json', 2 ** 28 + 1, 'x.json is too large'],
  ])('%s: refused, and nothing is run', async (_, name, text, message) => {
    mkdirSync(join(folder, 'empty'))
    if (text !== undefined) writeFileSync(join(folder, name), typeof text === 'string' ? text : '')
    if (typeof text === 'number') truncateSync(join(folder, name), text)
    const run = await otaseal(folder, ['conformance', '--command', commandOf('records'), '--vectors', name, '--json'])
    expect([run.code, codeOf(run), (json(run)['error'] as { readonly message: string }).message]).toEqual([1, 'io', expect.stringContaining(message)])
    expect(existsSync(join(folder, 'requests.jsonl'))).toBe(false)
  })
})

describe('wrong usage', () => {
  it.each([
    ['no command', []],
    ['an empty command', ['--command', ' ']],
    ['two commands', ['--command', 'a', '--command', 'b']],
    ['an argument', ['--command', 'a', 'b']],
    ['no time', ['--command', 'a', '--timeout', '0']],
    ['no number', ['--command', 'a', '--timeout', '1.5']],
    ['more than a day', ['--command', 'a', '--timeout', '86401']],
    ['no such family', ['--command', 'a', '--vectors', 'toy.json', '--family', 'toys']],
  ])('%s', async (_, args) => {
    const run = await otaseal(folder, ['conformance', ...args, '--json'])
    expect([run.code, codeOf(run)]).toEqual([2, 'usage'])
  })
})

describe.runIf(process.platform !== 'win32')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends the program and what it has started', async (signal) => {
    const child = start(folder, ['conformance', '--command', commandOf('hangs with a child'), '--vectors', 'toy.json'])
    const run = ended(child)
    await vi.waitFor(() => expect(read('pids.json')).toMatch(/\]$/), 20_000)
    const pids = JSON.parse(read('pids.json')) as readonly number[]
    expect(pids.filter(isRunning)).toEqual(pids)
    const before = Date.now()
    child.kill(signal)
    const { signal: by, stdout } = await run
    expect([by, stdout]).toEqual([signal, ''])
    // Long before the time for an answer is over.
    expect(Date.now() - before).toBeLessThan(15_000)
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 5000)
  })
})

it.runIf(hasScript())('a person sees how far it is (skipped without util-linux)', () => {
  const line = `'${process.execPath}' '${program}' conformance --command '${commandOf('slow')}' --vectors toy.json`
  const shown = execFileSync('script', ['-qec', line, '/dev/null'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  expect(shown).toMatch(/asking \[.*\] (40|60)%/)
  expect(shown).toContain('passed: all 5 vectors')
})

it('a stdout that nobody reads any more ends it quietly', async () => {
  const child = start(folder, ['conformance', '--command', commandOf('none'), '--vectors', 'toy.json'])
  child.stdout?.destroy()
  const run: Run = await ended(child)
  expect([run.code, run.stderr]).toEqual([1, ''])
})
