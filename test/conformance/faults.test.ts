import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { json, temporaryFolder } from '../cli/cli.js'
import { isRunning } from '../signers/processes.js'
import { accepting, commandOf, conform, five, refusing, report, write } from './toy.js'
import type { Report } from './toy.js'

describe('a right program passes', () => {
  it.each(['none', 'releases less', 'CR LF'])('%s', async (fault) => {
    const { run, report: told } = await report(five, commandOf(fault))
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(told).toMatchObject({ ok: true, passed: 5, failed: 0, notAsked: 0, failures: [] })
  })
})

describe('wrong answers are told by what is wrong', () => {
  const five_ = { accepted: ['100 bytes', '0 bytes'], refused: ['bad-tag: wrong', 'truncated: wrong', 'bad-json: wrong'] }
  it.each([
    ['accepts everything', 'wrongly-accepted', five_.refused],
    ['refuses everything', 'wrongly-refused', five_.accepted],
    ['refuses everything', 'another-code', five_.refused],
    ['another code', 'another-code', five_.refused],
    ['other bytes', 'other-bytes', ['100 bytes']],
    ['a byte less', 'other-bytes', ['100 bytes']],
    ['releases one byte more', 'released-too-much', five_.refused],
    ['releases another byte', 'released-too-much', ['truncated: wrong']],
  ])('%s: %s', async (fault, verdict, names) => {
    const { run, report: told } = await report(five, commandOf(fault))
    const failures = told.failures.filter((failure) => failure.verdict === verdict)
    expect([run.code, told.ok]).toEqual([1, false])
    expect(failures.map(({ name }) => name)).toEqual(names)
    if (fault !== 'refuses everything') expect(told.failures).toEqual(failures)
    expect([told.passed, told.failed]).toEqual([5 - told.failures.length, told.failures.length])
  })

  it('the worst are told first', async () => {
    const { report: told } = await report([...five, refusing('bad-chunk', 40)], commandOf('refuses everything'))
    expect(told.failures.map(({ verdict }) => verdict)).toEqual([...Array<string>(2).fill('wrongly-refused'), ...Array<string>(3).fill('another-code')])
    const { report: mixed } = await report(five, commandOf('one behind'))
    expect(mixed.failures.map(({ verdict }) => verdict)).toEqual(['wrongly-accepted', 'wrongly-accepted', 'wrongly-refused', 'another-code'])
  })
})

describe('a program that gives no answer to the third request is told so, started again, and asked the others', () => {
  it.each([
    ['dies', 'it ended with exit code 3 before it answered'],
    ['ends with 0', 'it ended with exit code 0 before it answered'],
    ['kills itself', /^it ended with (SIGKILL|exit code 137) before it answered$/],
    ['garbage', 'its line of 26 bytes is not JSON in UTF-8'],
    ['broken UTF-8', 'its line of 3 bytes is not JSON in UTF-8'],
    ['an empty line', 'its line of 0 bytes is not JSON in UTF-8'],
    ['a list', 'its line is no JSON object'],
    ['a string', 'its line is no JSON object'],
    ['null', 'its line is no JSON object'],
    ['nothing in it', 'its answer has neither output nor code'],
    ['a code that is none', 'the code of its answer is no code of an error'],
    ['an empty code', 'the code of its answer is no code of an error'],
    ['a member too many', 'its answer has members besides output and code'],
    ['a padded output', 'the output of its answer is not base64url without padding'],
    ['an output in base64', 'the output of its answer is not base64url without padding'],
    ['trailing bits', 'the output of its answer is not base64url without padding'],
    ['an output that is no text', 'the output of its answer is not base64url without padding'],
    ['a byte order mark', 'its line begins with a byte order mark, which JSON has not'],
    ['two lines', 'it printed more than one line'],
    ['a huge line', 'it printed more than 16777216 bytes'],
  ])('%s', async (fault, reason) => {
    // A program that is started again is right until its third request again.
    const { run, report: told } = await report(five, commandOf(fault, 3))
    expect(run.code).toBe(1)
    expect(told).toMatchObject({ passed: 4, failed: 1, notAsked: 0 })
    expect(told.failures).toMatchObject([{ name: 'truncated: wrong', verdict: 'no-answer', found: { reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) as unknown } }])
  })

  // Long enough for a program to start where much else is done.
  it.concurrent.each([
    ['hangs', /^it did not answer within 5 seconds, and printed nothing: it must flush/],
    ['out of order', /^it did not answer within 5 seconds, and printed nothing/],
    ['no line feed', /^it did not answer within 5 seconds, and printed 86 bytes, but no line feed$/],
    // The shell that waits for it has its stdout too.
    ['closes stdout', /^it did not answer within 5 seconds, and printed nothing/],
  ])('%s', async (fault, reason) => {
    const { run, report: told } = await report(five, commandOf(fault, 3), ['--timeout', '5'])
    expect(run.code).toBe(1)
    expect(told).toMatchObject({ passed: 4, failed: 1, notAsked: 0 })
    expect(told.failures).toMatchObject([{ name: 'truncated: wrong', found: { reason: expect.stringMatching(reason) as unknown } }])
  })

  it.runIf(process.platform !== 'win32')('one that closes stdout in place of the shell is not waited for', async () => {
    const { report: told } = await report(five, `exec ${commandOf('closes stdout', 3)}`)
    expect(told.failures).toMatchObject([{ name: 'truncated: wrong', found: { reason: 'it closed its stdout before it answered' } }])
  })

  it('one that answers and ends has no answer to the next', async () => {
    const { report: told } = await report(five, commandOf('answers, then ends', 3))
    expect(told.failures).toMatchObject([{ name: '0 bytes', found: { reason: 'it ended with exit code 0 before it answered' } }])
  })

  it('no line too many goes unseen, whenever it comes', async () => {
    const { run: late } = await report(five, commandOf('a second line later'))
    const { run: first, report: banner } = await report(five, commandOf('a banner'))
    const { run: last, report: more } = await report(five, commandOf('more at the end'))
    expect([late.code, first.code, last.code]).toEqual([1, 1, 1])
    expect(banner.failures[0]?.verdict).toBe('no-answer')
    expect(more.failures).toMatchObject([{ name: 'bad-json: wrong', found: { reason: 'it printed more after its last answer' } }])
  })
})

describe('a program that never answers is given up', () => {
  const many = Array.from({ length: 20 }, (_, i) => accepting(i))

  it('after five vectors in a row', async () => {
    const { run, report: told } = await report(many, commandOf('dies'))
    expect([run.code, told.failed, told.notAsked]).toEqual([1, 5, 15])
    expect(told.gaveUp).toBe('it ended with exit code 3 before it answered')
  })

  it('not where it answers in between', async () => {
    const { report: told } = await report(many, commandOf('dies', 2))
    expect([told.passed, told.failed, told.notAsked, told.gaveUp]).toEqual([10, 10, 0, undefined])
  })

  it('at once where the shell cannot run it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'reader'), 'no program', { mode: 0o644 })
    write(folder, many)
    const absent = await conform(folder, 'otaseal-no-such-reader', ['--json'])
    const idle = await conform(folder, './reader', ['--json'])
    expect(json(absent)).toMatchObject({ failed: 1, notAsked: 19, gaveUp: expect.stringContaining('was not found (exit code 127)') as unknown })
    expect(json(idle)).toMatchObject({ failed: 1, notAsked: 19, gaveUp: expect.stringContaining('make it executable') as unknown })
    const { code, stdout } = await conform(folder, 'otaseal-no-such-reader')
    expect([code, stdout]).toEqual([1, expect.stringContaining('gave up: it was not found (exit code 127)')])
  })
})

describe('the end', () => {
  it.each([
    ['never ends', 'did not end when its stdin did, and was ended'],
    ['ends with 5', 'ended with exit code 5 when its stdin did'],
  ])('of one that %s is a warning', async (fault, warning) => {
    const { run, report: told } = await report(five, commandOf(fault), ['--timeout', '5'])
    expect([run.code, told.passed, told.warning]).toEqual([0, 5, warning])
    expect(run.stderr).toBe(`otaseal: warning: the command ${warning}\n`)
  })

  it('takes along what the program has started', async () => {
    const folder = temporaryFolder()
    write(folder, [accepting(1)])
    expect(await conform(folder, commandOf('leaves a child'))).toMatchObject({ code: 0, stderr: '' })
    const pids = JSON.parse(readFileSync(join(folder, 'pids.json'), 'utf8')) as readonly number[]
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 5000)
  })
})

it('requests and answers of any size pass each other', async () => {
  const vectors = Array.from({ length: 3 }, () => ({ ...accepting(1), input: 'A'.repeat(12_000_000) }))
  const { report: told }: { readonly report: Report } = await report(vectors, commandOf('answers before it has read'))
  expect(told.failures.map(({ verdict, found }) => [verdict, found.output?.size])).toEqual(Array(3).fill(['other-bytes', 3_000_000]))
})
