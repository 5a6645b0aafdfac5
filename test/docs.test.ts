/*
 * The documentation, held against the built package: every example runs.
 *
 * - Fences tagged js, ts and sh are run; text, json and yaml are not. No other tag is allowed.
 * - The blocks of a page run in its order, in one folder. There `otaseal` is the built package, and a command.
 * - `<!-- example: needs NAME, NAME -->` on the line above a fence makes these fixtures first: files, or
 *   environment variables (in capitals).
 * - `<!-- example: needs NAME, NAME; server cuts -->`: a real HTTP server, which breaks off the first answers to requests for a
 *   part at random places. Whatever the block does about that, `bundle.zip` is to be whole in the end.
 * - `<!-- example: file NAME -->` there makes the fence a file of the folder, for the blocks after it, instead of running it.
 * - `<!-- example: adapter NAME -->` there shows the file NAME of docs/adapters, which is type-checked by tools/adapters.mjs and
 *   run by test/signers/adapters.test.ts, test/manifest/opfs-storage.test.ts, or test/testing/react-native.test.ts.
 * - `https://updates.example.com/NAME` is the file NAME of the folder, byte ranges included. Servers that an example starts itself
 *   listen on 127.0.0.1.
 * - `Worker` is that of browsers, as far as an example needs it: `onmessage`, `onerror`, `postMessage`, `terminate`.
 * - `indexedDB` is a stand-in that keeps values under names, in one example's memory.
 * - `// prints TEXT`, in sh `# prints TEXT`: TEXT is a line of what the block prints.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCodes } from '../src/index.js'
import { RUN, SHOWN, blocksOf, runBlock, setUp, tearDown } from './docs-examples.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

describe('examples', () => {
  beforeAll(setUp)
  afterAll(tearDown)

  describe.each(pages)('of %s', (page) => {
    const blocks = blocksOf(textOf(page))

    test('are all found, and tagged as what is run or as what is only shown', () => {
      expect(textOf(page).match(/^\s*(```|~~~)/gm) ?? []).toHaveLength(2 * blocks.length)
      expect(blocks.filter(({ language }) => ![...RUN, ...SHOWN].includes(language))).toEqual([])
    })

    test('that are files are used by a later one', () => {
      const unused = blocks.filter(({ file }, i) => file !== undefined && !blocks.slice(i + 1).some(({ code }) => code.includes(file)))
      expect(unused).toEqual([])
    })

    test('that are adapters are their files', () => {
      const adapters = blocks.filter(({ adapter }) => adapter !== undefined)
      expect(adapters.map(({ code }) => code)).toEqual(adapters.map(({ adapter = '' }) => textOf(`docs/adapters/${adapter}`)))
    })

    for (const block of blocks.filter(({ language, adapter }) => RUN.includes(language) && adapter === undefined)) {
      test(`line ${block.line} (${block.language}) runs`, async () => {
        const printed = await runBlock(block, page)
        const promised = [...block.code.matchAll(/(?:\/\/|#) prints (.+)$/gm)].map(([, text]) => text)
        expect(printed.split('\n')).toEqual(expect.arrayContaining(promised))
      })
    }
  })
})

describe('docs/errors.md', () => {
  const rows = [...textOf('docs/errors.md').matchAll(/^\| `([^`]+)` \|(.*)$/gm)].map(([, code = '', row = '']) => ({ code, row }))

  test('has one row for each code', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual([...errorCodes].sort())
  })

  test('says which codes this version never raises', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== 'errors.ts' && !path.startsWith('cli'))
      .map((path) => textOf(join('src', path)))
    const silent = errorCodes.filter((code) => !sources.some((source) => source.includes(`'${code}'`)))
    expect(rows.filter(({ row }) => row.includes('Not raised by this version')).map(({ code }) => code)).toEqual(silent)
  })
})

test('docs/security.md names a code of the library in each row of its attacks', () => {
  const table = textOf('docs/security.md').split('\n## What is refused\n')[1]?.split('\n### On keys and trust\n')[0] ?? ''
  const cells = [...table.matchAll(/^\|.*\| (`.*`) \|$/gm)].map(([, cell = '']) => cell)
  const codes = cells.flatMap((cell) => cell.replaceAll('`', '').split(', '))
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code) => !errorCodes.some((known) => known === code))).toEqual([])
})

test('docs/security.md has the attacks on keys and trust that are tested, with the codes of their tests', () => {
  const tests = textOf('test/trust/attacks.test.ts').split("describe('docs/security.md: attacks on keys and trust'")[1] ?? ''
  const titles = [...tests.matchAll(/^ {2}test\('([^']+)'/gm)].map(([, title]) => title)
  const table = textOf('docs/security.md').split('\n### On keys and trust\n')[1]?.split('\n## ')[0] ?? ''
  const rows = [...table.matchAll(/^\|.*\| `([a-z-]+)` \| ([^|]+) \|$/gm)].map(([, code = '', name = '']) => `${name}: ${code}`)
  expect(rows.length).toBeGreaterThan(12)
  expect(rows).toEqual(titles)
})

test('the change log begins with the version of the package', () => {
  const { version } = JSON.parse(textOf('package.json')) as { readonly version: string }
  expect(/^## \[([^\]]+)\] - \d{4}-\d\d-\d\d$/m.exec(textOf('CHANGELOG.md'))?.[1]).toBe(version)
})
