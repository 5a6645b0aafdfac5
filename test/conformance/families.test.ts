import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { json, otaseal, temporaryFolder } from '../cli/cli.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vectors = join(root, 'test/vectors')
const families = readdirSync(vectors).filter((name) => name.endsWith('.json') && name !== 'keys.json').map((name) => name.replace('.json', ''))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
let reader: string

beforeAll(async () => {
  reader = join(temporaryFolder(), 'reader.mjs')
  const entryPoints = [fileURLToPath(new URL('otaseal-reader.ts', import.meta.url))]
  await build({ entryPoints, outfile: reader, bundle: true, platform: 'node', format: 'esm', tsconfig: join(root, 'tsconfig.test.json'), logLevel: 'error' })
})

interface Passed {
  readonly passed: number
}

const rowsOf = (report: Record<string, unknown>): readonly { readonly family: string; readonly accepted: Passed; readonly refused: Passed }[] =>
  report['rows'] as never

describe('otaseal itself passes all vectors of the package', () => {
  it.each(['whole', 'stream'])('%s', async (way) => {
    const run = await otaseal(temporaryFolder(), ['conformance', '--command', `"${process.execPath}" "${reader}" ${way}`, '--json'])
    const report = json(run)
    expect(report).toMatchObject({ ok: true, version, whole: true, failed: 0, notAsked: 0, failures: [] })
    expect([run.code, run.stderr]).toEqual([0, ''])
    // Nothing that lies beside the vectors is left out.
    expect([...new Set(rowsOf(report).map(({ family }) => family))].sort()).toEqual([...families].sort())
    const count = (of: 'accepted' | 'refused'): number => rowsOf(report).reduce((sum, row) => sum + row[of].passed, 0)
    expect(count('refused')).toBeGreaterThanOrEqual(150)
    expect(count('accepted')).toBeGreaterThanOrEqual(40)
  })

  it('and says so in the words of the claim', async () => {
    const { stdout } = await otaseal(temporaryFolder(), ['conformance', '--command', `"${process.execPath}" "${reader}"`])
    expect(stdout).toMatch(new RegExp(`\\npassed: all \\d+ vectors of otaseal ${version.replaceAll('.', '\\.')}\\n$`))
  })
})
