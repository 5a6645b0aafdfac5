import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { PIECE, inputPieces } from '../../src/cli/input.js'
import { accept, codeOf, ended, json, namesIn, otaseal, program, release, workFolder } from './cli.js'

let folder: string
let env: Readonly<Record<string, string>>
let before: readonly string[]

beforeAll(async () => {
  folder = await workFolder()
  mkdirSync(join(folder, 'tmp'))
  env = { TMPDIR: join(folder, 'tmp'), TEMP: join(folder, 'tmp'), TMP: join(folder, 'tmp') }
  await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', 'app.otaseal'])
  before = namesIn(folder)
})

function expectNothingLeft(): void {
  expect(namesIn(folder)).toEqual(before)
  expect(namesIn(join(folder, 'tmp'))).toEqual([])
}

describe('what the system refuses is told with the file at fault', () => {
  const long = 'x'.repeat(300)
  const cases: readonly (readonly [args: readonly string[], message: string])[] = [
    [['encrypt', 'missing', ...release], 'cannot read missing: there is no such file or folder'],
    [['encrypt', 'app.bin', ...release, '-o', `${long}.otaseal`], `cannot write ${long}.otaseal: its name is too long`],
    [['encrypt', 'app.bin', ...release, '-o', 'folder/'], 'cannot write folder/: it is a folder'],
    [['decrypt', 'missing.otaseal', ...accept], 'cannot read missing.otaseal: there is no such file or folder'],
    [['decrypt', 'tmp', ...accept, '-o', 'out'], 'cannot read tmp: it is a folder'],
    [['decrypt', 'app.otaseal', ...accept, '-o', `${long}.zip`], `cannot write ${long}.zip: its name is too long`],
    [['verify', 'missing.otaseal', ...accept], 'cannot read missing.otaseal: there is no such file or folder'],
    [['verify', 'tmp', ...accept], 'cannot read tmp: it is a folder'],
    [['inspect', 'tmp'], 'cannot read tmp: it is a folder'],
    [['inspect', 'tmp', ...accept], 'cannot read tmp: it is a folder'],
  ]

  it.each(cases)('%j', async (args, message) => {
    const run = await otaseal(folder, [...args, '--json'], { env })
    expect([run.code, codeOf(run)]).toEqual([1, 'io'])
    expect((json(run) as { readonly error: { readonly message: string } }).error.message).toBe(message)
    expectNothingLeft()
  })

  it('where temporary files lie', async () => {
    const nowhere = { TMPDIR: join(folder, 'no'), TEMP: join(folder, 'no'), TMP: join(folder, 'no') }
    const run = await otaseal(folder, ['encrypt', 'app.bin', ...release, '-o', '-'], { env: nowhere })
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining(`cannot write ${join(folder, 'no')}: there is no such`)])
  })

  it.runIf(process.platform === 'linux')('where stdin is a folder, or stdout is full', async () => {
    const runWith = async (args: readonly string[], stdin: string, stdout: string): Promise<readonly unknown[]> => {
      const [input, output] = [openSync(stdin, 'r'), openSync(stdout, 'w')]
      const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...process.env, ...env }, stdio: [input, output, 'pipe'] })
      for (const file of [input, output]) closeSync(file)
      const { code, stderr } = await ended(child)
      return [code, stderr]
    }
    const told = (message: string): readonly unknown[] => [1, expect.stringContaining(`refused (io): ${message}`)]
    expect(await runWith(['encrypt', '-', ...release, '-o', 'out'], folder, '/dev/null')).toEqual(told('cannot read the standard input: it is a folder'))
    const full = told('cannot write the standard output: no space is left on the device')
    expect(await runWith(['encrypt', 'app.bin', ...release, '-o', '-'], '/dev/null', '/dev/full')).toEqual(full)
    expect(await runWith(['decrypt', 'app.otaseal', ...accept, '-o', '-'], '/dev/null', '/dev/full')).toEqual(full)
    expectNothingLeft()
  })
})

it('a file that changes while it is read is not encrypted as something in between', async () => {
  const path = join(folder, 'changing')
  for (const change of [() => truncateSync(path, PIECE + 1), () => appendFileSync(path, 'more')]) {
    writeFileSync(path, Buffer.alloc(2 * PIECE))
    const pieces = inputPieces(path)
    expect((await pieces.next()).value).toHaveLength(PIECE)
    change()
    const rest = async (): Promise<void> => {
      for await (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(PIECE)
    }
    await expect(rest()).rejects.toThrow(`cannot read ${path}: another program uses or changes it`)
  }
  rmSync(path)
})
