import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import base from '../../vitest.config.js'
import { ROOMS } from './rooms.js'
import type { TestSpecification } from 'vitest/node'

const paths = ROOMS[process.env['MUTATION_ROOM'] ?? ''] ?? []

/** The first test that fails ends the run for a mutant. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => paths.indexOf(relative(process.cwd(), moduleId).replaceAll('\\', '/'))
    return [...files].sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  ...base,
  root: process.cwd(),
  // Without isolation modules are read once for all tests of a mutant.
  test: { ...base.test, include: [...paths], setupFiles: ['test/mutation/rsa-pairs.ts'], isolate: false, sequence: { sequencer: QuickFirst } },
})
