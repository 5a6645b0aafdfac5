const room = process.env.MUTATION_ROOM
const reports = `reports/mutation/${room}`

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: ['@stryker-mutator/vitest-runner', new URL('messages.mjs', import.meta.url).href],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  mutate: [`src/${room}/**/*.ts`],
  ignorers: process.env.MUTATION_MESSAGES ? [] : ['messages'],
  // The sandbox holds what tests read, and nothing else.
  ignorePatterns: ['/.ci', '/bench', '/dist', '/reports', '/docs/plots', '/docs/inspector', '**/node_modules'],
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
  timeoutMS: 20_000,
  timeoutFactor: 3,
  ignoreStatic: false,
  incremental: true,
  incrementalFile: `${reports}/incremental.json`,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
  jsonReporter: { fileName: `${reports}/mutation.json` },
  htmlReporter: { fileName: `${reports}/mutation.html` },
  tempDirName: `reports/mutation/sandbox-${room}`,
  allowConsoleColors: false,
  disableTypeChecks: false,
}
