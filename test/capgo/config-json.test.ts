import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capgoPublicKey, EnvelopeError, readCapgoConfig, writeCapgoConfig } from '../../src/capgo.js'
import { cliKeyPair } from './helpers.js'

const { publicKey, privateKey } = cliKeyPair()
const KEY = JSON.stringify(publicKey)
const NAME = 'capacitor.config.json'

const badKey = (message: RegExp): object => expect.objectContaining({ name: 'EnvelopeError', code: 'bad-key', message: expect.stringMatching(message) as string }) as object

describe('capacitor.config.json', () => {
  test('gives the public key as it stands', () => {
    const text = JSON.stringify({ appId: 'app', plugins: { CapacitorUpdater: { autoUpdate: true, publicKey: 'as it stands' } } })
    expect(readCapgoConfig(text, NAME)).toEqual({ publicKey: 'as it stands', hasPrivateKey: false })
    expect(readCapgoConfig(`\uFEFF${text}\r\n`, '/some/where/Capacitor.Config.JSON')).toEqual({ publicKey: 'as it stands', hasPrivateKey: false })
  })

  test.each([
    '{}', '{"plugins":{}}', '{"plugins":{"CapacitorUpdater":{}}}', '{"plugins":{"CapacitorUpdater":{"publicKey":""}}}',
    '{"plugins":{"CapacitorUpdater":{"publicKey":null}}}', '{"publicKey":"x"}', '{"plugins":{"publicKey":"x"}}', '{"plugins":{"Other":{"publicKey":"x"}}}',
    '{"CapacitorUpdater":{"publicKey":"x"}}', '{"plugins":{"CapacitorUpdater":{"nested":{"publicKey":"x"}}}}', '{"ios":{"plugins":{"CapacitorUpdater":{"publicKey":"x"}}}}',
    '{"a":"\\"plugins\\":{\\"CapacitorUpdater\\":{\\"publicKey\\":\\"x\\"}}"}', '{"__proto__":{"plugins":{"CapacitorUpdater":{"publicKey":"x"}}}}',
    '{"plugins":{"__proto__":{"CapacitorUpdater":{"publicKey":"x"}}}}', '{"plugins":{"CapacitorUpdater":{"__proto__":{"publicKey":"x","privateKey":"x"}}}}',
  ])('has no public key in %s', (text) => {
    expect(readCapgoConfig(text, NAME)).toEqual({ hasPrivateKey: false })
  })

  test.each([['"-----BEGIN RSA PRIVATE KEY-----"', true], ['1', true], ['{}', true], ['""', false], ['null', false], ['false', false]])(
    'with a private key of V1, %s, is said to hold one: %s',
    (value, hasPrivateKey) => {
      expect(readCapgoConfig(`{"plugins":{"CapacitorUpdater":{"privateKey":${value}}}}`, NAME)).toEqual({ hasPrivateKey })
    },
  )

  test.each([
    ['{"plugins":[]}', /plugins is not an object in braces/], ['{"plugins":null}', /plugins is not/], ['{"plugins":{"CapacitorUpdater":"x"}}', /CapacitorUpdater is not/],
    ['{"plugins":{"CapacitorUpdater":{"publicKey":1}}}', /publicKey is not a string/], ['{"plugins":{"CapacitorUpdater":{"publicKey":["x"]}}}', /publicKey is not a string/],
    ['{"plugins":{},"plugins":{}}', /two members plugins/], ['{"plugins":{"CapacitorUpdater":{"publicKey":"a","publicKey":"b"}}}', /two members publicKey/],
    ['{"plugins":{"CapacitorUpdater":{"publicKey":"a","public\\u004bey":"b"}}}', /two members publicKey/],
    ['[]', /no object/], ['null', /no object/], ['"plugins"', /no object/], ['', /not JSON/], ['{', /not JSON/], ['{} // x', /not JSON/], ['{"a":1,}', /not JSON/],
    ['[{"plugins":{"CapacitorUpdater":{"publicKey":"x"}}}]', /no object/], ['export default {}', /not JSON/],
  ])('that reads %s is refused', (text, message) => {
    expect(() => readCapgoConfig(text, NAME)).toThrow(badKey(message))
    if (!text.includes('publicKey":1') && !text.includes('["x"]')) expect(() => writeCapgoConfig(text, publicKey)).toThrow(badKey(message))
  })

  test('is refused without a word of what it holds', () => {
    for (const read of [() => readCapgoConfig(`{"a": "secret`, NAME), () => writeCapgoConfig('secret', publicKey)]) {
      expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') as string }))
    }
  })

  test('above 262,144 characters is refused, JSON as a script', () => {
    const text = `{"a":"${'x'.repeat(262_137)}"}`
    const tooLarge = expect.objectContaining({ code: 'too-large' }) as object
    for (const name of [NAME, 'capacitor.config.js']) expect(() => readCapgoConfig(text, name)).toThrow(tooLarge)
    expect(() => writeCapgoConfig(text, publicKey)).toThrow(tooLarge)
    expect(readCapgoConfig(text.replace('x', ''), NAME)).toEqual({ hasPrivateKey: false })
    expect(readCapgoConfig(`export default {a:"${'x'.repeat(262_123)}"}`, 'capacitor.config.js')).toEqual({ hasPrivateKey: false })
  })

  test.each([undefined, null, 1, {}, Buffer.from('{}')])('as anything but text is a TypeError', (text) => {
    expect(() => readCapgoConfig(text as never, NAME)).toThrow(TypeError)
    expect(() => writeCapgoConfig(text as never, publicKey)).toThrow(TypeError)
  })

  test.each([undefined, null, 1, '', 'capacitor.config', 'capacitor.config.yaml', 'x.json5', 'x.tsx', 'ts'])('of the name %j is a TypeError', (name) => {
    expect(() => readCapgoConfig('{}', name as never)).toThrow(TypeError)
  })
})

describe('a public key that is written', () => {
  test.each([
    ['{}', `{\n  "plugins": {\n    "CapacitorUpdater": {\n      "publicKey": ${KEY}\n    }\n  }\n}`],
    ['{"a":1}', `{"a":1,"plugins":{"CapacitorUpdater":{"publicKey":${KEY}}}}`],
    ['{\n  "a": 1\n}\n', `{\n  "a": 1,\n  "plugins": {\n    "CapacitorUpdater": {\n      "publicKey": ${KEY}\n    }\n  }\n}\n`],
    ['{\n\t"plugins": {}\n}', `{\n\t"plugins": {\n\t\t"CapacitorUpdater": {\n\t\t\t"publicKey": ${KEY}\n\t\t}\n\t}\n}`],
    ['{\n    "plugins": {\n        "A": {}\n    }\n}\n', `{\n    "plugins": {\n        "A": {},\n        "CapacitorUpdater": {\n            "publicKey": ${KEY}\n        }\n    }\n}\n`],
    ['{\r\n  "plugins": {\r\n    "CapacitorUpdater": {\r\n    }\r\n  }\r\n}\r\n', `{\r\n  "plugins": {\r\n    "CapacitorUpdater": {\r\n      "publicKey": ${KEY}\r\n    }\r\n  }\r\n}\r\n`],
    ['{\n  "plugins": {"CapacitorUpdater": {"a": [1, 2]}}\n}', `{\n  "plugins": {"CapacitorUpdater": {"a": [1, 2],"publicKey":${KEY}}}\n}`],
    ['\uFEFF{"plugins":{"CapacitorUpdater":{"publicKey" : "old","z":1}}}', `\uFEFF{"plugins":{"CapacitorUpdater":{"publicKey" : ${KEY},"z":1}}}`],
    ['{"plugins":{"CapacitorUpdater":{"publicKey":{"a":[1,"}"]}, "b":1}}}', `{"plugins":{"CapacitorUpdater":{"publicKey":${KEY}, "b":1}}}`],
    ['{"2":1.0,"1":1e400,"__proto__":{"a":1},"b":"\\u0041"}', `{"2":1.0,"1":1e400,"__proto__":{"a":1},"b":"\\u0041","plugins":{"CapacitorUpdater":{"publicKey":${KEY}}}}`],
  ])('into %j changes nothing else', (text, expected) => {
    expect(writeCapgoConfig(text, publicKey)).toBe(expected)
    expect(writeCapgoConfig(expected, publicKey)).toBe(expected)
    expect(readCapgoConfig(expected, NAME).publicKey).toBe(publicKey)
  })

  test('is the canonical PKCS#1, with newlines, whatever came in', () => {
    for (const key of [capgoPublicKey(publicKey, 'spki'), publicKey.replaceAll('\n', '\\n'), `"${publicKey.replaceAll('\n', ' ')}"`]) {
      expect(readCapgoConfig(writeCapgoConfig('{}', key), NAME).publicKey).toBe(publicKey)
    }
  })

  test('leaves a private key of V1 where it is, and it is still told of', () => {
    const written = writeCapgoConfig('{"plugins":{"CapacitorUpdater":{"privateKey":"x"}}}', publicKey)
    expect(readCapgoConfig(written, NAME)).toEqual({ publicKey, hasPrivateKey: true })
  })

  test('must not be a private key', () => {
    expect(() => writeCapgoConfig('{}', privateKey)).toThrow(badKey(/this is a private key where the public key belongs/))
  })

  test.each(['capacitor.config.ts', 'capacitor.config.js', 'capacitor.config.mjs', 'x'])('into %s is a TypeError with the line to paste in', (name) => {
    expect(() => writeCapgoConfig('export default {}', publicKey, name)).toThrow(
      new TypeError(`only JSON can be written here: paste this into plugins.CapacitorUpdater of the configuration yourself: publicKey: ${KEY}`),
    )
  })

  test('is read back from any JSON object, and all else means what it meant', () => {
    const value = fc.oneof(fc.dictionary(fc.constantFrom('plugins', 'CapacitorUpdater', 'publicKey', '__proto__', 'constructor', '0', 'é"\\'), fc.jsonValue({ maxDepth: 2 })), fc.jsonValue())
    const updater = fc.dictionary(fc.string(), value).map((members) => ({ ...members }))
    const config = fc.oneof(
      value,
      fc.record({ plugins: updater, appId: value }),
      fc.record({ appId: value, plugins: fc.record({ Other: value, CapacitorUpdater: updater }) }),
    )
    const indent = fc.constantFrom(undefined, 1, 2, 4, '\t')
    fc.assert(
      fc.property(config, indent, (object, space) => {
        const text = JSON.stringify(object, null, space)
        let written: string
        try {
          written = writeCapgoConfig(text, publicKey)
        } catch (error) {
          if (error instanceof EnvelopeError && error.code === 'bad-key') return
          throw error
        }
        expect(readCapgoConfig(written, NAME).publicKey).toBe(publicKey)
        const expected = JSON.parse(text) as { plugins?: { CapacitorUpdater?: { publicKey?: string } } }
        if (!Object.hasOwn(expected, 'plugins')) expected.plugins = {}
        const plugins = expected.plugins as { CapacitorUpdater?: { publicKey?: string } }
        if (!Object.hasOwn(plugins, 'CapacitorUpdater')) plugins.CapacitorUpdater = {}
        ;(plugins.CapacitorUpdater as { publicKey?: string }).publicKey = publicKey
        expect(written).toBe(JSON.stringify(expected, null, text === '{}' ? 2 : space))
      }),
      { numRuns: 500 },
    )
  })
})
