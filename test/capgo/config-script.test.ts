import { describe, expect, test } from 'vitest'
import { readCapgoConfig } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'

const { publicKey } = cliKeyPair()
const NAME = 'capacitor.config.ts'
const read = (text: string): unknown => readCapgoConfig(text, NAME)

const badKey = (message: RegExp): object => expect.objectContaining({ name: 'EnvelopeError', code: 'bad-key', message: expect.stringMatching(message) as string }) as object

const plugins = (members: string): string => `export default { appId: 'app', plugins: { CapacitorUpdater: { ${members} } } }`

describe('capacitor.config.ts', () => {
  test('as the command line of Capacitor writes it gives the public key', () => {
    const key = publicKey.replaceAll('\n', '\\n')
    const text = `/// <reference types="@capacitor/push-notifications" />\nimport type { CapacitorConfig } from '@capacitor/cli';\n\nconst config: CapacitorConfig = {
  appId: 'com.example.app',\n  appName: "It's an app",\n  server: { url: 'https://example.com//plugins' }, // plugins: {\n  /* CapacitorUpdater: { publicKey: 'no' } */
  plugins: {\n    SplashScreen: { launchShowDuration: 0, publicKey: 'not this one' },\n    "CapacitorUpdater": {\n      autoUpdate: true,\n      'publicKey': '${key}',\n    },\n  },\n};\n\nexport default config;\n`
    expect(read(text)).toEqual({ publicKey, hasPrivateKey: false })
  })

  test.each([
    ['a double-quoted string', `"${publicKey.replaceAll('\n', '\\n')}"`],
    ['a template literal', `\`${publicKey}\``],
    ['a template literal with CRLF', `\`${publicKey.replaceAll('\n', '\r\n')}\``],
    ['lines joined by +', publicKey.split('\n').slice(0, -1).map((line) => `'${line}\\n'`).join(' + // next\n')],
    ['a string that goes on in the next line', `'${publicKey.slice(0, 90).replaceAll('\n', '\\n')}\\\n${publicKey.slice(90).replaceAll('\n', '\\n')}'`],
    ['escapes', `'${Array.from(publicKey, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}'`],
    ['other escapes', `'${Array.from(publicKey, (c, i) => (i % 2 === 0 ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\u{${c.charCodeAt(0).toString(16)}}`)).join('')}'`],
  ])('gives a public key in %s', (_, literal) => {
    expect(read(plugins(`publicKey: ${literal}`))).toEqual({ publicKey, hasPrivateKey: false })
  })

  test.each([
    [`module.exports = { plugins: { CapacitorUpdater: { publicKey: 'k' } } };`],
    [`'use strict'\nconst config = { plugins: { CapacitorUpdater: { publicKey: 'k' } } }\nmodule.exports = config`],
    [`var config = { plugins: { CapacitorUpdater: { publicKey: 'k' } } };\nmodule.exports = config;`],
    [`let url\nif (process.env.DEV) { url = \`http://\${host({ a: \`}\` })}:\${port}\` }\nconst c: Foo.Bar = { server: { url }, plugins: { CapacitorUpdater: { publicKey: 'k' } } }\nexport default c as Foo`],
    [`export default { plugins: { CapacitorUpdater: { publicKey: 'k' } } } satisfies CapacitorConfig\nconst x = 1`],
    [`export default { plugins: { CapacitorUpdater: { publicKey: 'k', a: [1, { publicKey: 'no' }], b: f('x', y), c: q ? 1 : 2, d } } }`],
    [`\uFEFFexport default { 'plugins': { "Capacitor\\u0055pdater": { publicKey: 'k' } } }`],
    [`const other = { plugins: { CapacitorUpdater: { publicKey: 'no' } } }\nexport default { plugins: { CapacitorUpdater: { publicKey: 'k' } } }`],
    [`export default { a: "\\"plugins\\": {", b: 'it\\'s // no comment', c: \`\\\`\${1}\${'}'}\`, plugins: { CapacitorUpdater: { publicKey: 'k' } } } // end`],
    [`export default { ios: { plugins: { CapacitorUpdater: { publicKey: 'no' } } }, plugins: { CapacitorUpdater: { publicKey: 'k' } } }`],
  ])('gives the public key of %s', (text) => {
    expect(read(text)).toEqual({ publicKey: 'k', hasPrivateKey: false })
  })

  test.each([
    `export default {}`, `export default { appId: 'x', plugins: {} }`, plugins('autoUpdate: true'), plugins(`publicKey: ''`),
    `export default { plugins: { Other: { publicKey: 'no' } } }`, `export default { publicKey: 'no' }`, `export default { CapacitorUpdater: { publicKey: 'no' } }`,
    plugins(`// publicKey: 'no'\n`), plugins(`/* publicKey: 'no', */`), plugins(`a: "publicKey: 'no'"`), plugins(`a: { publicKey: 'no' }`),
    plugins('a: `, publicKey: "no", ${b}`'), plugins(`url: 'https://x', // publicKey: 'no'\n`), plugins(`url: 'https://x/#publicKey: "no"'`), plugins(`publicKeys: 'no', "public key": 'no'`),
    `const a = "plugins: { CapacitorUpdater: { publicKey: 'no' } }"\nexport default { plugins: { CapacitorUpdater: {} } }`,
  ])('has no public key in %s', (text) => {
    expect(read(text)).toEqual({ hasPrivateKey: false })
  })

  test('tells of a private key of V1, however it is written', () => {
    expect(read(plugins(`privateKey: 'x', publicKey: 'k'`))).toEqual({ publicKey: 'k', hasPrivateKey: true })
    expect(read(plugins(`privateKey: readKey()`))).toEqual({ hasPrivateKey: true })
    expect(read(plugins(`privateKey: ''`))).toEqual({ hasPrivateKey: false })
  })
})

describe('a public key that is not written out is refused', () => {
  test.each([
    ['an identifier', plugins('publicKey: key')], ['a shorthand', plugins('publicKey')], ['a file', plugins(`publicKey: readFileSync('k.pub', 'utf8')`)],
    ['the environment', plugins('publicKey: process.env.KEY')], ['the environment with a default', plugins(`publicKey: process.env.KEY ?? 'k'`)], ['a choice', plugins(`publicKey: prod ? 'a' : 'b'`)],
    ['a call on it', plugins(`publicKey: 'k '.trim()`)], ['lines in a list', plugins(`publicKey: ['a', 'b'].join('')`)], ['brackets', plugins(`publicKey: ('k')`)], ['a type', plugins(`publicKey: 'k' as string`)],
    ['a template with a value in it', plugins('publicKey: `a${b}`')], ['a template with values in it', plugins('publicKey: `a${b}${c}`')], ['a tagged template', plugins('publicKey: dedent`k`')],
    ['a sum with a value', plugins(`publicKey: 'a' + b`)], ['a sum that does not end', plugins(`publicKey: 'a' +`)], ['a difference', plugins(`publicKey: 'a' - 'b'`)], ['two strings', plugins(`publicKey: 'a' 'b'`)], ['a comma', plugins(`publicKey: 'a', 'b'`)],
    ['nothing', plugins('publicKey:')], ['a number', plugins('publicKey: 1')], ['undefined', plugins('publicKey: undefined')], ['a method', plugins(`publicKey() { return 'k' }`)], ['a getter', plugins(`get publicKey() { return 'k' }`)],
    ['an octal escape', plugins(`publicKey: '\\153'`)], ['an escape that does not hold', plugins(`publicKey: '\\u00g0'`)], ['an escape above Unicode', plugins(`publicKey: '\\u{110000}'`)], ['a lone \\x', plugins(`publicKey: '\\x'`)],
    ['a member that may be it', plugins(`['public' + 'Key']: 'b'`)], ['a spread', plugins(`publicKey: 'a', ...rest`)], ['a spread before', plugins(`...rest, publicKey: 'a'`)],
    ['two candidates', plugins(`publicKey: 'a', publicKey: 'b'`)], ['two spellings', plugins(`publicKey: 'a', 'public\\x4bey': 'b'`)], ['a word with an escape', plugins(`public\\u004bey: 'b'`)],
    ['two objects of the plugin', `export default { plugins: { CapacitorUpdater: { publicKey: 'a' }, CapacitorUpdater: {} } }`], ['two plugins', `export default { plugins: { CapacitorUpdater: { publicKey: 'a' } }, plugins: {} }`],
    ['a prototype', plugins(`__proto__: { publicKey: 'a' }`)], ['a quoted prototype', plugins(`'__proto_\\x5f': base`)],
    ['plugins elsewhere', `export default { plugins }`], ['plugins of a call', `export default { plugins: make({ CapacitorUpdater: { publicKey: 'a' } }) }`], ['plugins spread', `export default { plugins: { ...all } }`],
    ['a base', `export default { ...base, plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], ['plugins by choice', `export default { plugins: prod ? { CapacitorUpdater: { publicKey: 'a' } } : { } }`],
    ['plugins of a list', `export default { plugins: [{ CapacitorUpdater: { publicKey: 'a' } }] }`], ['a member of an object', `export default { plugins: { CapacitorUpdater: { publicKey: 'a' } }.x }`],
  ])('because it is in %s', (_, text) => {
    expect(() => read(text)).toThrow(badKey(/the configuration is read without running it, so pass the public key itself, for example the text of \.capgo_key_v2\.pub/))
  })

  const OBJECT = `{ plugins: { CapacitorUpdater: { publicKey: 'a' } } }`
  test.each([
    [''], [`const config = ${OBJECT}`], [`export default config`], [`export default defineConfig(${OBJECT})`], [`export default ${OBJECT}.prod`], [`export default ${OBJECT} || other`],
    [`export default ${OBJECT}, other`], [`export default ${OBJECT}\n(other)`], [`export default ${OBJECT}\n\`x\``], [`export default prod ? ${OBJECT} : other`], [`export default () => (${OBJECT})`], [`export default async function () { return ${OBJECT} }`],
    [`export default <Config>${OBJECT}`], [`export = ${OBJECT}`], [`export const config = ${OBJECT}`], [`const config = ${OBJECT}\nexport { config as default }`], [`exports.default = ${OBJECT}`], [`export { default } from './base'`],
    [`export default ${OBJECT}\nexport default ${OBJECT}`], [`module.exports = ${OBJECT}\nmodule.exports.plugins = {}`], [`module.exports = ${OBJECT}\nexports.plugins = {}`], [`foo.module.exports = ${OBJECT}`], [`module.exports == ${OBJECT}`],
    [`if (prod) module.exports = ${OBJECT}`], [`if (prod) return\nmodule.exports = ${OBJECT}`], [`if (prod) var config = ${OBJECT}\nexport default config`], [`prod && (module.exports = ${OBJECT})`],
    [`const config = ${OBJECT}\nconfig.plugins.CapacitorUpdater.publicKey = 'b'\nexport default config`], [`const config = ${OBJECT}\nexport default config\nObject.assign(config, other)`], [`let config = ${OBJECT}\nconfig = other\nexport default config`],
    [`const config = ${OBJECT}\nconst x = \`\${config.plugins = {}}\`\nexport default config`], [`const config = ${OBJECT}\nconst x = \`\${1}\${config.plugins = {}}\`\nexport default config`], [`const config = ${OBJECT}.x\nexport default config`], [`const config = make(${OBJECT})\nexport default config`], [`const { config } = all\nexport default config`],
    [`const config = ${OBJECT}, b = 2\nexport default config`], [`const a = 1, config = ${OBJECT}\nexport default config`], [`const config = ${OBJECT}\nexport default merge(config)`], [`const config = ${OBJECT}\nexport default config.x`],
    [`function f() { const config = ${OBJECT} }\nexport default config`], [`module.exports = { default: { plugins: {} }, plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], [`export default { then: f, plugins: { CapacitorUpdater: { publicKey: 'a' } } }`],
    [`export default ${OBJECT}\n/x/`], [`const a = 1 / 2\nexport default ${OBJECT}`], [`const r = /[{]/\nexport default ${OBJECT}`], [`const r = x.replace(/'/g, '')\nexport default ${OBJECT}`], [`<!-- html\nexport default ${OBJECT}`], [`--> html\nexport default ${OBJECT}`], [`#!node\nexport default ${OBJECT}`],
    [`export default { 'plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], [`export default { \`plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], [`export default { /* plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], [`export default { plugins: { CapacitorUpdater: { publicKey: 'a\nb' } } }`], [`export default { plugins: { CapacitorUpdater: { publicKey: 'a' } }`],
    [`export default { plugins: { CapacitorUpdater: { publicKey: 'a' } } })`], [`export default { plugins: { CapacitorUpdater: { publicKey: 'a' ] } } ]`], [`export default { plugins: \`\${ { CapacitorUpdater: { publicKey: 'a' } } `], [`export default { é: 1, plugins: { CapacitorUpdater: { publicKey: 'a' } } }`], [`@x\nexport default ${OBJECT}`],
  ])('because what is exported is not certain in %s', (text) => {
    expect(() => read(text)).toThrow(badKey(/the configuration is read without running it/))
  })
})

describe('a hostile script is answered within two seconds', () => {
  const size = 262_000
  test.each([
    ['brackets', '['.repeat(size)], ['closed brackets', '[]'.repeat(size / 2)], ['nested brackets', `${'{'.repeat(size / 2)}${'}'.repeat(size / 2)}`], ['quotes', `'`.repeat(size)], ['an open string', `'${'a'.repeat(size)}`], ['an open string of escapes', `'${'\\a'.repeat(size / 2)}`],
    ['a string of escapes', `export default '${'\\a'.repeat(size / 2 - 100)}'`], ['backslashes', '\\'.repeat(size)], ['open comments', '/*'.repeat(size / 2)], ['comments', '/**/'.repeat(size / 4)], ['line comments', '//\n'.repeat(size / 3)], ['spaces', ' '.repeat(size)], ['slashes', '/'.repeat(size)], ['open templates', '`${'.repeat(size / 3)], ['dollars', `\`${'$'.repeat(size)}`],
    ['commas', `export default {${','.repeat(size)}}`], ['members', `export default {${'a,'.repeat(size / 2)}}`], ['words', 'module '.repeat(size / 7)], ['exports', 'export default '.repeat(size / 15)], ['types', `export default {} ${'as x '.repeat(size / 5)}`], ['dots', `const a: b${'.c'.repeat(size / 2)} = {}`], ['sums', plugins(`publicKey: ${`'a'+`.repeat(size / 4)}'a'`)], ['substitutions', `export default {a: \`${'${a}'.repeat(size / 4)}\`}`], ['zeros', `export default '\\u{${'0'.repeat(size)}}'`],
  ])('of %s', (_, text) => {
    const start = performance.now()
    try {
      read(text)
    } catch (error) {
      expect(error).toEqual(badKey(/./))
    }
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
