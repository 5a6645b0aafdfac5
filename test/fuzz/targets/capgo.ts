import { createContext, runInContext } from 'node:vm'
import { decryptCapgoV1, identifyRelease, readCapgoConfig, readCapgoUpdateRequest, verifyAndDecryptCapgo, verifyAndDecryptCapgoManifest, verifyAndDecryptCapgoStream, writeCapgoConfig } from '../../../src/capgo.js'
import { endsAsZip } from '../../../src/capgo/check-release-zip.js'
import { crc32 } from '../../../src/capgo/crc32.js'
import { capgoPrivatePem, capgoPublicPem, readCapgoPrivateKey, readCapgoPublicKey } from '../../../src/capgo/keys.js'
import { nobleCapgoBackend } from '../../../src/crypto/noble-capgo.js'
import { parsePem } from '../../../src/keys/pem.js'
import { attempt, bytesOf, codeOf, drain, must, mustAgree, partsOf, streamOf, textOf } from '../oracle.js'
import { decoded, fixtures } from '../fixtures.js'
import type { Target } from '../oracle.js'

const keyTexts = (pem: string): readonly Uint8Array[] => [bytesOf(pem), bytesOf(pem.replaceAll('\n', '')), bytesOf(Buffer.from(pem).toString('base64')), parsePem(pem, () => undefined).der]

export const capgoKeys: Target = {
  name: 'capgo-keys',
  seeds: () => [...keyTexts(fixtures.capgo.publicKey), ...keyTexts(fixtures.capgo.privateKey)],
  run: async (input) => {
    const base64 = Buffer.from(input).toString('base64')
    for (const text of [textOf(input), `-----BEGIN RSA PUBLIC KEY-----\n${base64}\n-----END RSA PUBLIC KEY-----`, `-----BEGIN RSA PRIVATE KEY-----\n${base64}\n-----END RSA PRIVATE KEY-----`]) {
      const [pub, own] = [await attempt(() => readCapgoPublicKey(text)), await attempt(() => readCapgoPrivateKey(text))]
      must(pub.code !== undefined || own.code !== undefined, 'a key is public or private')
      if (pub.code === undefined) for (const form of ['pkcs1', 'spki'] as const) mustAgree(readCapgoPublicKey(capgoPublicPem(pub.value, form)), pub.value, 'what is read can be written, and read again')
      if (own.code === undefined) for (const form of ['pkcs1', 'pkcs8'] as const) mustAgree(readCapgoPrivateKey(capgoPrivatePem(own.value, form)), own.value, 'what is read can be written, and read again')
    }
  },
}

export const capgoRelease: Target = {
  name: 'capgo-release',
  seeds: () => fixtures.capgo.releases.flatMap(({ sessionKey, checksum, payload }) => [Buffer.concat([Buffer.from(`${sessionKey}\n${checksum}\n`), decoded(payload)])]),
  run: async (input) => {
    const [sessionKey = '', checksum = '', payload = ''] = partsOf(input, 3).map((part, i) => (i < 2 ? textOf(part) : part))
    const bytes = new Uint8Array(Buffer.from(payload as Uint8Array))
    const options = { publicKey: fixtures.capgo.publicKey, sessionKey: sessionKey as string, checksum: checksum as string }
    const whole = await attempt(() => verifyAndDecryptCapgo(bytes, options))
    mustAgree((await attempt(() => verifyAndDecryptCapgo(bytes, { ...options, backend: nobleCapgoBackend }))).code, whole.code, 'both backends judge alike')
    if (whole.code === undefined) mustAgree(whole.value.bundle, decoded(fixtures.capgo.releases[0]?.bundle ?? ''), 'the bundle is what the publisher encrypted')
    const opened = await attempt(() => verifyAndDecryptCapgoStream(streamOf(bytes, [5, 99]), options))
    const code = opened.code ?? (await endOf(opened.value))
    must(code === whole.code, 'a stream is judged as the whole is')
    const identity = await identifyRelease({ payload: bytes, ...options }).catch((error: unknown) => codeOf(error))
    must(typeof identity !== 'object' || identity.kind === 'capgo-v2' || whole.code !== undefined, 'what can be read is known')
  },
}

async function endOf(stream: { readonly unverified?: unknown; readonly bundle?: unknown }): Promise<string | undefined> {
  const { error } = await drain((stream.unverified ?? stream.bundle) as ReadableStream<Uint8Array>)
  return error === undefined ? undefined : codeOf(error)
}

export const capgoV1: Target = {
  name: 'capgo-v1',
  maxSize: 1500,
  seeds: () => [Buffer.concat([Buffer.from(`${fixtures.capgo.v1.sessionKey}\n${fixtures.capgo.v1.checksum}\n`), decoded(fixtures.capgo.v1.payload)])],
  run: async (input) => {
    const [sessionKey, checksum, payload = input] = partsOf(input, 3)
    const fields = { privateKey: fixtures.capgo.privateKey, sessionKey: textOf(sessionKey ?? input), checksum: textOf(checksum ?? input) }
    const read = await attempt(() => decryptCapgoV1(payload, fields))
    if (read.code !== undefined) return
    const sum = crc32()
    sum.update(read.value.unauthenticated)
    must(fields.checksum.length === 64 || Buffer.from(sum.digest()).toString('hex') === fields.checksum.toLowerCase(), 'content has its checksum')
  },
}

export const capgoManifest: Target = {
  name: 'capgo-manifest',
  seeds: () => fixtures.capgo.files.entries.map(({ file_name, file_hash, payload }) => Buffer.concat([Buffer.from(`${file_name}\n${file_hash}\n`), decoded(payload)])),
  run: async (input) => {
    const [name, hash, payload = input] = partsOf(input, 3)
    const entry = { file_name: textOf(name ?? input), file_hash: textOf(hash ?? input), payload }
    const options = { publicKey: fixtures.capgo.publicKey, sessionKey: fixtures.capgo.files.sessionKey, maxSize: 100_000 }
    const read = await attempt(async () => {
      const files = []
      for await (const file of verifyAndDecryptCapgoManifest([entry], options)) files.push(file)
      return files
    })
    if (read.code !== undefined) return
    must(read.value.every(({ bytes }) => fixtures.capgo.files.entries.some((honest) => Buffer.from(bytes).equals(decoded(honest.bytes)))), 'a file is what the publisher encrypted')
    must(read.value.every(({ path }) => !path.split('/').includes('..') && !path.startsWith('/') && !path.includes('\\')), 'its path stays in its folder')
  },
}

const config = (): string => JSON.stringify({ appId: 'a.b', plugins: { CapacitorUpdater: { publicKey: 'KEY', autoUpdate: true } } }, null, 2)

export const capgoConfigJson: Target = {
  name: 'capgo-config-json',
  seeds: () => [config(), '{}', '{"plugins":{}}', '{"plugins":{"CapacitorUpdater":{"privateKey":"x"}}}'].map(bytesOf),
  run: async (input) => {
    const text = textOf(input)
    const read = await attempt(() => readCapgoConfig(text, 'capacitor.config.json'))
    const written = await attempt(() => writeCapgoConfig(text, fixtures.capgo.publicKey))
    if (read.code === undefined) mustAgree(read.value.publicKey, keyIn(JSON.parse(text.replace(/^\ufeff/, ''))) || undefined, 'the key is the one that JSON.parse finds')
    if (written.code !== undefined) return
    const after = JSON.parse(written.value.replace(/^\ufeff/, '')) as unknown
    must(keyIn(after) === capgoPublicPem(readCapgoPublicKey(fixtures.capgo.publicKey)), 'the key that was written is there')
    must(writeCapgoConfig(written.value, fixtures.capgo.publicKey) === written.value, 'writing it again changes nothing')
  },
}

function keyIn(value: unknown): string | undefined {
  const { plugins } = Object(value) as { readonly plugins?: unknown }
  const { CapacitorUpdater: updater } = Object(plugins) as { readonly CapacitorUpdater?: unknown }
  return (Object(updater) as { readonly publicKey?: string }).publicKey
}

const SCRIPT = "const key = 'KEY'\nconst config = { appId: `a`, plugins: { CapacitorUpdater: { publicKey: 'K\\n\\x41\\u{41}', privateKey: '' } } }\nmodule.exports = config\n"

/** What a script says when it is run: `undefined` where that can't be told. */
function ran(text: string): { readonly config: unknown } | undefined {
  const module = { exports: {} }
  const script = text.replace(/\bexport\s+default\b/, 'module.exports =')
  try {
    runInContext(script, createContext({ module, exports: module.exports }), { timeout: 200 })
    return { config: module.exports }
  } catch {
    return undefined
  }
}

export const capgoConfigScript: Target = {
  name: 'capgo-config-script',
  maxSize: 2000,
  seeds: () => [SCRIPT, SCRIPT.replace('module.exports =', 'export default'), `export default ${config()}`, `module.exports = { ...{}, plugins: {} } // x\n/* y */`].map(bytesOf),
  run: async (input) => {
    const text = textOf(input)
    const read = await attempt(() => readCapgoConfig(text, 'capacitor.config.js'))
    const found = read.code === undefined ? ran(text) : undefined
    if (found !== undefined) mustAgree(read.value?.publicKey, keyIn(found.config) || undefined, 'the key is the one that the script has when it is run')
  },
}

export const capgoRequest: Target = {
  name: 'capgo-request',
  seeds: () => [{ platform: 'ios', device_id: 'd', app_id: 'a', version_name: 'builtin', plugin_version: '7.0.0', is_prod: true, custom_id: '' }, { platform: 'ios', extra: {} }, []].map((value) => bytesOf(JSON.stringify(value))),
  run: async (input) => {
    const body = parsed(textOf(input))
    const read = await attempt(() => readCapgoUpdateRequest(body))
    if (read.code !== undefined) { must(read.code === 'malformed-release', 'a request is refused as one'); return; }
    for (const [name, value] of Object.entries(read.value)) mustAgree(value, (body as Record<string, unknown>)[name], 'it says what was sent')
    must(Object.values(read.value).every((value) => typeof value === 'boolean' || (typeof value === 'string' && value.length <= 512)), 'it holds short texts and flags alone')
  },
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const END = Buffer.from('504b0506000000000100010030000000100000000000', 'hex')

export const zipEnd: Target = {
  name: 'zip-end',
  seeds: () => [Buffer.concat([Buffer.alloc(64), END]), Buffer.concat([Buffer.alloc(64), END, Buffer.from('PK')])],
  run: (input) => {
    const isZip = endsAsZip(input, input.length)
    must(!isZip || Buffer.from(input).includes(END.subarray(0, 4)), 'a ZIP has the record that ends it')
    must(!isZip || endsAsZip(input, input.length + 1000), 'what comes before it is longer for a longer file')
  },
}
