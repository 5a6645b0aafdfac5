import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { accept, content, hasScript, otaseal, program, release, workFolder } from './cli.js'

let folder: string

beforeAll(async () => {
  folder = await workFolder()
  await otaseal(folder, ['encrypt', 'app.bin', ...release])
})

/** What a person sees of a command whose input stops in its midst for longer than people are left in the dark. */
function onTerminal(source: string, args: readonly string[]): string {
  const feed = `{ head -c 300000 ${source}; sleep 1.2; tail -c +300001 ${source}; }`
  const line = `${feed} | '${process.execPath}' '${program}' ${args.join(' ')}`
  return execFileSync('script', ['-qec', line, '/dev/null'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

describe.runIf(hasScript())('progress', () => {
  it('is told in bytes where nobody knows how many there will be', () => {
    const shown = onTerminal('app.bin', ['encrypt', '-', ...release, '-o', 'out.otaseal'])
    expect(shown).toMatch(/encrypting \d+\.\d KiB/)
    expect(shown).not.toMatch(/NaN|Infinity|%/)
    expect(shown).toContain('signed and encrypted')
  })

  it('is told in percent where an envelope says it', () => {
    const shown = onTerminal('app.bin.otaseal', ['decrypt', '-', ...accept, '-o', 'out'])
    expect(shown).toMatch(/decrypting \[.*\] (62|100)%/)
    expect(shown).toContain(`${content.length} bytes`)
  })
})
