import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { EnvelopeError, readCapgoConfig } from '../../src/capgo.js'

/** What the plugin finds when a configuration is run as Capacitor runs it; `undefined` where it does not run. */
function keyWhenRun(text: string): { readonly publicKey: unknown } | undefined {
  const { outputText, diagnostics = [] } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }, reportDiagnostics: true })
  if (diagnostics.length > 0) return undefined
  const module = { exports: {} as { default?: unknown } }
  try {
    runInNewContext(outputText, { module, exports: module.exports, require: () => ({}), process: { env: {} } }, { timeout: 100 })
    const config = (module.exports.default ?? module.exports) as { plugins?: { CapacitorUpdater?: { publicKey?: unknown } } }
    return { publicKey: config.plugins?.CapacitorUpdater?.publicKey }
  } catch {
    return undefined
  }
}

function answerOf(text: string): { readonly publicKey: unknown } | undefined {
  try {
    return { publicKey: readCapgoConfig(text, 'capacitor.config.ts').publicKey }
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'bad-key') return undefined
    throw error
  }
}

const seeds = [
  `import type { C } from 'c'\nconst other = { publicKey: 'z' }\nconst config: C = { appId: 'x', plugins: { Other: { publicKey: 'o' }, CapacitorUpdater: { a: 1, publicKey: 'k' + "l", b: [1, 2] } } }\nexport default config\n`,
  `const other = { publicKey: 'z' }\nmodule.exports = { plugins: { 'CapacitorUpdater': { publicKey: \`k\nl\`, nested: { publicKey: 'n' } } }, server: { url: \`http://\${other.publicKey}:\${1 + 1}\` } };`,
  `var config = { plugins: { CapacitorUpdater: { autoUpdate: true } } };\nvar other = config\nmodule.exports = config;`,
  `export default { plugins: { CapacitorUpdater: { "public\\x4bey": '\\u006b\\\nl' } } } as C`,
]

const snippets = [
  '{', '}', '[', ']', '(', ')', ',', ':', ';', '=', '+', '.', '...', '?', '!', '`', '${', "'", '"', '\\', '\n', '/', '//', '/*', '*/', '<', '>', '-', '<!--', '-->', '\u2028', '\u00a0', '\0', '#', 'é',
  ' publicKey ', ' plugins ', ' CapacitorUpdater ', ' config ', ' other ', " publicKey: 'p', ", " 'publicKey': 'q', ", ' ...other, ', ' ["publicKey"]: "r", ', ' __proto__: other, ', ' get publicKey() { return "g" }, ', ' publicKey() {}, ', ' plugins: {}, ',
  " plugins: { CapacitorUpdater: { publicKey: 's' } }, ", ' export default ', ' module.exports = ', ' exports.default = other\n', ' const ', ' var ', ' if (0) ', ' || other ', ' && other ', ', other', ' as any ', ' satisfies any ', '\nconfig.plugins = other;\n', '\nmodule.exports.plugins = {};\n', '\\u0070', '\\x41', '\\1', "' + other.publicKey + '", '`t`', '${other}', 'return ', '1 / 2', '/x/', ' default: other, ', ' then: other, ',
]

const edit = fc.record({ at: fc.nat(1_000_000), cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 12 })), insert: fc.oneof(fc.constantFrom(...snippets), fc.constant('')) })
const scripts = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 3 })).map(([seed, edits]) =>
  edits.reduce((text, { at, cut, insert }) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + insert + text.slice(place + cut)
  }, seed),
)

test('the answer about a script is what running it gives, or a refusal', () => {
  fc.assert(
    fc.property(scripts, (text) => {
      const answer = answerOf(text)
      if (answer === undefined) return
      const whenRun = keyWhenRun(text)
      if (whenRun !== undefined) expect(whenRun.publicKey === '' ? undefined : whenRun.publicKey).toBe(answer.publicKey)
    }),
    { numRuns: 500 },
  )
})

test.each(seeds)('the unchanged script %j runs, and all but the one with an alias is understood', (text) => {
  const whenRun = keyWhenRun(text)
  expect(whenRun).toBeDefined()
  if (text.includes('other = config')) expect(answerOf(text)).toBeUndefined()
  else expect(answerOf(text)).toEqual(whenRun)
})
