import { capgoBackend } from '#capgo-backend'
import { callOption, integerOption, objectOption } from '../options.js'
import { checksumForms } from './checksum.js'
import { checkSamePair, readCapgoPrivateKey, readCapgoPublicKey } from './keys.js'
import { checksumFormOf } from './plugin-version.js'
import { valueOpener, valueSigner } from './signed-value.js'
import type { CapgoBackend } from '../crypto/capgo-backend.js'
import type { Call, CallOptions } from '../options.js'
import type { WrittenChecksumForm } from './checksum.js'
import type { CapgoKeyInput, CapgoPrivateKey, CapgoPublicKey } from './keys.js'
import type { OpenValue, SignValue } from './signed-value.js'

const METHODS = ['sha256', 'hasher', 'randomBytes', 'generateKey', 'cbc', 'rsaPublic', 'rsaPrivate', 'oaepDecrypt'] as const

/** What every call of this door takes besides. */
export interface CapgoCallOptions extends CallOptions {
  /** Left out: node:crypto on Node, WebCrypto elsewhere. */
  readonly backend?: CapgoBackend | undefined
}

/** How a release is made. One of `pluginVersion` and `checksumForm` is required. */
export interface CapgoEncryptOptions extends CapgoCallOptions {
  /** RSA-2048, as `.capgo_key_v2` holds it. */
  readonly privateKey: CapgoKeyInput
  /** Version of `@capgo/capacitor-updater` in the apps, for example `7.30.1`: it decides the form of the checksum. */
  readonly pluginVersion?: string | undefined
  /** The form itself: `V3` for plugins from 5.30, 6.30, 7.30 and 8.0 on, `V2` for older ones. */
  readonly checksumForm?: WrittenChecksumForm | undefined
  /** The public key in the app: another than the private key's own is refused. */
  readonly publicKey?: CapgoKeyInput | undefined
}

/** How a release is checked. */
export interface CapgoDecryptOptions extends CapgoCallOptions {
  /** RSA-2048, as the app holds it. */
  readonly publicKey: CapgoKeyInput
  /** `session_key` of the update endpoint, `ivSessionKey` of the Capgo CLI. */
  readonly sessionKey: string
  /** `checksum` of the update endpoint. */
  readonly checksum: string
  /** The version of the plugin that shall read it: a checksum in a form that it refuses is refused. */
  readonly pluginVersion?: string | undefined
  /** The most bytes that the bundle may have. Left out: any number. */
  readonly maxSize?: number | undefined
}

/** Options of publishers, read once. */
export interface EncryptPlan extends Call {
  readonly backend: CapgoBackend
  readonly key: CapgoPrivateKey
  readonly form: WrittenChecksumForm
  readonly sign: SignValue
}

/** @throws EnvelopeError `bad-key`, `unsupported`; TypeError, RangeError */
export async function readEncryptPlan(options: CapgoEncryptOptions): Promise<EncryptPlan> {
  const { privateKey, publicKey } = objectOption('options', options)
  const [backend, call, form] = [backendOf(options), callOption(options), formOf(options)]
  const key = readCapgoPrivateKey(required('privateKey', privateKey))
  if (publicKey !== undefined) checkSamePair(key, readCapgoPublicKey(publicKey))
  return { backend, key, form, sign: await valueSigner(key, backend), ...call }
}

/** Options of readers that every release shares, read once. */
export interface DecryptPlan extends Call {
  readonly backend: CapgoBackend
  readonly key: CapgoPublicKey
  readonly open: OpenValue
  /** The only form that is taken, where the caller named a plugin. */
  readonly form: WrittenChecksumForm | undefined
  /** Bytes. */
  readonly maxSize: number
}

/** @throws EnvelopeError `bad-key`, `unsupported`; TypeError, RangeError */
export async function readDecryptPlan(options: Omit<CapgoDecryptOptions, 'sessionKey' | 'checksum'>): Promise<DecryptPlan> {
  const { publicKey, pluginVersion, maxSize = Number.MAX_SAFE_INTEGER } = objectOption('options', options)
  const [backend, call] = [backendOf(options), callOption(options)]
  const size = integerOption('maxSize', maxSize, Number.MAX_SAFE_INTEGER)
  const form = pluginVersion === undefined ? undefined : checksumFormOf(pluginVersion)
  const key = readCapgoPublicKey(required('publicKey', publicKey))
  return { backend, key, open: await valueOpener(key, backend), form, maxSize: size, ...call }
}

/** @throws TypeError */
export function backendOf({ backend = capgoBackend }: CapgoCallOptions): CapgoBackend {
  const missing = METHODS.find((name) => typeof objectOption('backend', backend)[name] !== 'function')
  if (missing === undefined) return backend
  throw new TypeError(`backend must have the method ${missing}: nobleCapgoBackend of otaseal/noble and nodeCapgoBackend of otaseal/node have it`)
}

/** @throws TypeError */
export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new TypeError(`${name} is missing`)
  return value
}

function formOf({ pluginVersion, checksumForm }: CapgoEncryptOptions): WrittenChecksumForm {
  if (pluginVersion !== undefined && checksumForm !== undefined) throw new TypeError('pass pluginVersion or checksumForm, not both')
  if (checksumForm === undefined) return checksumFormOf(pluginVersion ?? '')
  if (checksumForms.includes(checksumForm)) return checksumForm
  throw new TypeError(`checksumForm must be ${checksumForms.join(' or ')}`)
}
